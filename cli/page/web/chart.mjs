/* global uPlot */
import { el } from './dom.mjs';
import { ago, count, money, time } from './format.mjs';
import { knownAt, plotted } from './stretches.mjs';

const height = 300;
const dayMs = 86_400_000;

/** Colours of the stylesheet, so that the chart is light or dark with the page. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`);
const dark = matchMedia('(prefers-color-scheme: dark)');

/**
 * Fills `place`, which must be on the page, with the price of one SKU over time: a line where it was confirmed, a shaded band
 * where nobody knows it, and in words what was known where the pointer is. Returns what takes it away.
 */
export function priceChart(place, stretches, { name, now, more }) {
  if (stretches.length === 0) {
    place.replaceChildren(el('p', {}, 'No price has been seen yet.'));
    return () => undefined;
  }
  const chart = plotted(stretches, now);
  const all = inWords(name, chart.ordered);
  const canvas = el('div', { class: 'chart', role: 'img', 'aria-label': all });
  const pointed = el('p', { class: 'soft pointed', 'aria-hidden': true }, all);
  place.replaceChildren(canvas, pointed, el('figcaption', {}, ...caption(chart.ordered, now, more)));

  const plot = new uPlot(
    {
      width: place.clientWidth,
      height,
      ms: 1,
      legend: { show: false },
      cursor: { y: false, points: { show: false } },
      scales: { price: { range: around } },
      axes: [
        { ...axis(), values: moments, space: 90 },
        { ...axis(), scale: 'price', values: (_, splits) => splits.map(amount), size: widthOf },
      ],
      series: [{}, line('price'), line('bad')],
      hooks: {
        drawClear: [(drawn) => drawBands(drawn, chart.bands)],
        setCursor: [
          ({ cursor, posToVal }) => {
            const isOutside = (cursor.left ?? -1) < 0;
            pointed.textContent = isOutside ? all : knownAt(chart, posToVal(cursor.left, 'x'));
          },
        ],
      },
    },
    chart.points,
    canvas,
  );
  const fit = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height }));
  fit.observe(place);
  const repaint = () => plot.redraw();
  dark.addEventListener('change', repaint);
  return () => {
    fit.disconnect();
    dark.removeEventListener('change', repaint);
    plot.destroy();
  };
}

const line = (name) => ({
  scale: 'price',
  stroke: () => colour(name),
  width: 3,
  cap: 'round',
  // What leads from one stretch to the next is cut off; at the very edge a trace of it would show.
  gaps: (_, __, ___, ____, between) => between.map(([from, to]) => [from - 1, to + 1]),
  points: { size: 6, fill: () => colour(name) },
});

const axis = () => ({
  stroke: () => colour('soft'),
  grid: { stroke: () => colour('line'), width: 1 },
  ticks: { show: false },
  font: '12px system-ui, sans-serif',
});

/** A price that never moved is a line in the middle. */
function around(_, lowest, highest) {
  if (lowest === null) return [0, 1];
  const margin = (highest - lowest) / 10 || Math.abs(lowest) / 10 || 1;
  return [lowest - margin, highest + margin];
}

/** Grouped like all amounts, to the hundredth. */
function amount(value) {
  return count(Math.round(value * 100) / 100);
}

function widthOf(_, labels) {
  return 14 + 7 * Math.max(2, ...(labels ?? []).map(({ length }) => length));
}

/** The date where it changes, the time of day where it matters; UTC. */
function moments(_, splits, __, ___, step) {
  return splits.map((at, i) => {
    const text = new Date(at).toISOString();
    if (step >= dayMs) return step >= 28 * dayMs ? text.slice(0, 7) : text.slice(0, 10);
    const isNewDay = i === 0 || text.slice(0, 10) !== new Date(splits[i - 1]).toISOString().slice(0, 10);
    return `${text.slice(11, step >= 60_000 ? 16 : 19)}${isNewDay ? `\n${text.slice(0, 10)}` : ''}`;
  });
}

function drawBands({ ctx, bbox, valToPos }, bands) {
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { from, to, contradicted } of bands) {
    const [left, right] = [from, to].map((at) => Math.round(valToPos(at, 'x', true)));
    ctx.fillStyle = colour('gap');
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    if (!contradicted) continue;
    ctx.strokeStyle = colour('bad');
    ctx.setLineDash([4, 3]);
    ctx.strokeRect(left + 0.5, bbox.top + 0.5, right - left - 1, bbox.height - 1);
  }
  ctx.restore();
}

function inWords(name, ordered) {
  const priced = ordered
    .filter(({ price }) => price !== null)
    .sort((a, b) => Number(a.price) - Number(b.price));
  const [lowest, highest] = [priced[0], priced.at(-1)].map((one) => one && money(one.price, one.currency));
  const range = lowest === undefined ? 'no price' : lowest === highest ? lowest : `${lowest} to ${highest}`;
  return `${name}: ${range}, ${ordered.length} confirmed stretches from ${time(ordered[0].from)} to ${time(ordered.at(-1).confirmedUntil)} UTC`;
}

function caption(ordered, now, more) {
  return [
    `A line is a price that was seen and never contradicted. In the shaded bands nobody knows the price (dashed: taken back by late observations); it was last confirmed ${ago(ordered.at(-1).confirmedUntil, now)} ago. Times are in UTC. Drag to look closer, double-click to see all.`,
    more ? ' The history is longer than what is drawn here.' : '',
    ordered.some(({ archivedBefore }) => archivedBefore)
      ? ' Older prices may be in the archive: npx narx archive restore puts a month back.'
      : '',
  ];
}
