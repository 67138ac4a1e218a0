import { money, time } from './format.mjs';

/**
 * What a chart draws of the confirmed stretches of one SKU, on a scale of milliseconds that ends at `now` or later: points
 * `[at, seen, suspect]` for a line of each kind, with null where it is interrupted, and bands where nobody knows the price:
 * between two stretches, and from the last sight until the end. A stretch without a price has neither line nor band.
 */
export function plotted(stretches, now) {
  const ordered = stretches
    .map((one) => ({ ...one, begin: Date.parse(one.from), until: Date.parse(one.confirmedUntil) }))
    .sort((a, b) => a.begin - b.begin);
  const last = ordered.at(-1).until;
  const end = Math.max(now, last, ordered[0].begin + 1000);
  const at = [];
  const seen = [];
  const suspect = [];
  const add = (when, price, isSuspect) => {
    at.push(when);
    seen.push(isSuspect ? null : price);
    suspect.push(isSuspect ? price : null);
  };
  for (const { begin, until, price, suspect: isSuspect } of ordered) {
    // Floating point is good enough for where a pixel is; what is written beside it is the exact text.
    const value = price === null ? null : Number(price);
    add(begin, value, isSuspect);
    // Seen once it is one point: a dot.
    if (until > begin) add(until, value, isSuspect);
    add(until, null, false);
  }
  add(end, null, false);
  const gaps = ordered.filter(({ gapBefore }) => gapBefore !== null);
  const bands = [
    ...gaps.map(({ gapBefore: { from, to, contradicted }, archivedBefore }) => ({
      from: Date.parse(from),
      to: Date.parse(to),
      contradicted,
      why: contradicted
        ? 'taken back by late observations'
        : archivedBefore
          ? 'in the archive or not known'
          : 'not known',
    })),
    { from: last, to: end, contradicted: false, why: 'not confirmed' },
  ];
  return { points: [at, seen, suspect], bands, ordered };
}

/** What was known at an instant in milliseconds, in words. */
export function knownAt({ ordered, bands }, at) {
  const when = time(new Date(at).toISOString());
  const one = ordered.find(({ begin, until }) => begin <= at && at <= until);
  if (one) {
    const price = `${money(one.price, one.currency)}${one.suspect ? ' (suspect)' : ''}`;
    return `${when}: ${price}, confirmed from ${time(one.from)} to ${time(one.confirmedUntil)}`;
  }
  const band = bands.find(({ from, to }) => from <= at && at <= to);
  if (!band) return `${when}: nothing was seen yet`;
  return `${when}: ${band.why} since ${time(new Date(band.from).toISOString())}`;
}
