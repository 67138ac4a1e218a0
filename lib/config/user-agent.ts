/** Who we say we are: a marketplace that is bothered must be able to write to someone. */
export function userAgent(contact: string): string {
  return `narx/0.1 (price history; ${contact})`;
}
