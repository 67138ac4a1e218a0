/** A sweep's id begins with its start slot, so that a marketplace's sweeps sort by time. `slot` is in ISO form, with milliseconds. */
export function sweepIdOf(slot: string, marketplace: string, mode: 'sweep' | 'refresh' | 'discover'): string {
  return `${slot}.${marketplace}.${mode}`;
}

export function slotOf(sweepId: string): string {
  return sweepId.slice(0, new Date(0).toISOString().length);
}
