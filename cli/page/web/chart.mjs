import { el, svg } from './dom.mjs';
import { ago, money, time } from './format.mjs';

const height = 300;
const edge = { left: 12, right: 12, top: 34, bottom: 34 };

/**
 * The price of one SKU over time. Where it was confirmed it is a line; where nobody knows it there is no line but a shaded
 * band: between two stretches, and from the last sight until now. A stretch without a price has no line either, and no band.
 */
export function priceChart(stretches, { name, now, width, more }) {
  if (stretches.length === 0) return [el('p', {}, 'No price has been seen yet.')];
  const ordered = [...stretches].sort((a, b) => Date.parse(a.from) - Date.parse(b.from));
  const [first, last] = [ordered[0], ordered.at(-1)];
  const priced = ordered.filter(({ price }) => price !== null);
  const begin = Date.parse(first.from);
  const end = Math.max(now, Date.parse(last.confirmedUntil), begin + 1000);
  // Floating point is good enough for where a pixel is; what is written beside it is the exact text.
  const by = (a, b) => Number(a.price) - Number(b.price);
  const lowest = priced.toSorted(by)[0];
  const highest = priced.toSorted(by).at(-1);
  const low = Number(lowest?.price ?? 0);
  const span = Number(highest?.price ?? 0) - low;
  const x = (at) => edge.left + ((at - begin) / (end - begin)) * (width - edge.left - edge.right);
  const y = (price) =>
    span === 0
      ? height / 2
      : height - edge.bottom - 10 - ((Number(price) - low) / span) * (height - edge.top - edge.bottom - 20);

  const band = (from, to, kind, title) =>
    svg(
      'rect',
      {
        class: kind,
        x: x(from),
        y: edge.top,
        width: Math.max(0, x(to) - x(from)),
        height: height - edge.top - edge.bottom,
      },
      svg('title', {}, title),
    );
  const gaps = ordered
    .filter(({ gapBefore }) => gapBefore !== null)
    .map(({ gapBefore: { from, to, contradicted }, archivedBefore }) => {
      const why = contradicted
        ? 'taken back by late observations'
        : archivedBefore
          ? 'archived'
          : 'not known';
      const title = `${why} from ${time(from)} to ${time(to)}`;
      return band(Date.parse(from), Date.parse(to), contradicted ? 'contradicted' : 'gap', title);
    });
  const since = `not confirmed since ${time(last.confirmedUntil)}`;
  const lines = priced.map((one) => {
    const title = `${money(one.price, one.currency)}, confirmed from ${time(one.from)} to ${time(one.confirmedUntil)}`;
    const [from, to] = [x(Date.parse(one.from)), x(Date.parse(one.confirmedUntil))];
    const at = y(one.price);
    return svg(
      'line',
      {
        class: one.suspect ? 'sure suspect' : 'sure',
        x1: from,
        x2: Math.max(to, from + 0.01),
        y1: at,
        y2: at,
      },
      svg('title', {}, title),
    );
  });
  const bottom = height - edge.bottom;
  const range =
    lowest === undefined
      ? 'no price'
      : span === 0
        ? money(lowest.price, lowest.currency)
        : `${money(lowest.price, lowest.currency)} to ${money(highest.price, highest.currency)}`;
  const told = `${name}: ${range}, ${ordered.length} confirmed stretches from ${time(first.from)} to ${time(last.confirmedUntil)} UTC`;
  return [
    svg(
      'svg',
      { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': told },
      ...gaps,
      band(Date.parse(last.confirmedUntil), end, 'gap', since),
      svg('line', { class: 'axis', x1: edge.left, x2: width - edge.right, y1: bottom, y2: bottom }),
      ...lines,
      svg('text', { x: edge.left, y: 20 }, range),
      svg('text', { x: edge.left, y: height - 12 }, time(first.from).slice(0, 16)),
      svg(
        'text',
        { x: width - edge.right, y: height - 12, 'text-anchor': 'end' },
        `now, ${time(new Date(end).toISOString()).slice(0, 16)}`,
      ),
    ),
    el(
      'figcaption',
      {},
      `A line is a price that was seen and never contradicted. In the shaded bands nobody knows the price (dashed: taken back by late observations); it was last confirmed ${ago(last.confirmedUntil, now)} ago.`,
      more ? ' The history is longer than what is drawn here.' : '',
      ordered.some(({ archivedBefore }) => archivedBefore)
        ? ' Older prices may be in the archive: npx narx archive restore puts a month back.'
        : '',
    ),
  ];
}
