const CYRILLIC: Record<string, string> = Object.fromEntries(
  [...'абвгдежзийклмнопрстуфхцчшщъыьэюя'].map((letter, i) => [
    letter,
    'a b v g d e zh z i y k l m n o p r s t u f h ts ch sh sch  y  e yu ya'.split(' ')[i] ?? '',
  ]),
);

/** A title as the path of an address has it: lower case, Latin, hyphens. */
export function slug(title: string): string {
  return [...title.toLowerCase()]
    .map((letter) => CYRILLIC[letter] ?? letter)
    .join('')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
}

/** Digits in groups of three, as display texts have them. */
export function grouped(amount: number): string {
  return String(amount).replace(/\B(?=(\d{3})+$)/g, ' ');
}

/** Text inside an HTML attribute in double quotes. */
export function attribute(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

/** An instant as Tashkent's clocks show it (UTC+5, no daylight saving), without a zone. */
export function tashkentTime(instant: number): string {
  return new Date(instant + 5 * 3_600_000).toISOString().slice(0, 19);
}

/** A number that JSON.stringify writes exactly as given, such as `3.0`. */
export function rawNumber(text: string): unknown {
  // In V8 since Node 21; the language library of TypeScript does not know it yet.
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(text);
}
