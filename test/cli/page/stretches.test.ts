import { describe, expect, it } from 'vitest';
import type { Stretch } from '../../../functions/contract/api/responses.ts';

interface Chart {
  points: [number[], (number | null)[], (number | null)[]];
  bands: { from: number; to: number; contradicted: boolean; why: string }[];
}
/** What the page's own modules are to a browser. */
const page = new URL('../../../cli/page/web/stretches.mjs', import.meta.url).href;
const { plotted, knownAt } = (await import(page)) as {
  plotted(stretches: Stretch[], now: number): Chart;
  knownAt(chart: Chart, at: number): string;
};

const hour = (number: number) => new Date(number * 3_600_000);
function stretch(from: number, until: number, more: Partial<Stretch> = {}): Stretch {
  return {
    sku: 'k',
    skuTitle: null,
    from: hour(from).toISOString(),
    confirmedUntil: hour(until).toISOString(),
    open: false,
    price: '12000.50',
    oldPrice: null,
    currency: 'UZS',
    availability: 'in_stock',
    suspect: false,
    gapBefore: null,
    archivedBefore: false,
    ...more,
  };
}
const gap = (from: number, to: number, contradicted = false) => ({
  gapBefore: { from: hour(from).toISOString(), to: hour(to).toISOString(), contradicted },
});
const inHours = ({ points: [at, seen, suspect] }: Chart) =>
  at.map((when, i) => [when / 3_600_000, seen[i], suspect[i]]);

describe('what a price chart draws', () => {
  it('interrupts the line after each stretch, in whatever order they come, and has no line until now', () => {
    const chart = plotted([stretch(4, 6, { price: '9', ...gap(2, 4) }), stretch(0, 2)], hour(9).getTime());
    expect(inHours(chart)).toEqual([
      [0, 12000.5, null],
      [2, 12000.5, null],
      [2, null, null],
      [4, 9, null],
      [6, 9, null],
      [6, null, null],
      [9, null, null],
    ]);
    const bands = chart.bands.map(({ from, to }) => [from / 3_600_000, to / 3_600_000]);
    expect(bands).toEqual([
      [2, 4],
      [6, 9],
    ]);
  });

  it('makes one point of what was seen once, and a line of its own of what is suspect', () => {
    const chart = plotted(
      [stretch(0, 0), stretch(1, 2, { suspect: true, price: '7', ...gap(0, 1) })],
      hour(2).getTime(),
    );
    expect(inHours(chart)).toEqual([
      [0, 12000.5, null],
      [0, null, null],
      [1, null, 7],
      [2, null, 7],
      [2, null, null],
      [2, null, null],
    ]);
  });

  it('has neither line nor band where there was no price', () => {
    const chart = plotted([stretch(0, 2, { price: null })], hour(2).getTime());
    expect(inHours(chart).every(([, seen, suspect]) => seen === null && suspect === null)).toBe(true);
    expect(chart.bands.every(({ from, to }) => from === to)).toBe(true);
  });

  it('says in words what was known at an instant', () => {
    const chart = plotted(
      [
        stretch(0, 2),
        stretch(4, 6, { suspect: true, price: '7', ...gap(2, 4, true) }),
        stretch(8, 9, { price: null, archivedBefore: true, ...gap(6, 8) }),
        stretch(10, 11, gap(9, 10)),
      ],
      hour(20).getTime(),
    );
    const at = (number: number) => knownAt(chart, hour(number).getTime());
    expect(at(1)).toBe(
      '1970-01-01 01:00:00: 12\u202f000.50 UZS, confirmed from 1970-01-01 00:00:00 to 1970-01-01 02:00:00',
    );
    expect(at(3)).toBe('1970-01-01 03:00:00: taken back by late observations since 1970-01-01 02:00:00');
    expect(at(5)).toContain(': 7 UZS (suspect), confirmed from');
    expect(at(7)).toBe('1970-01-01 07:00:00: in the archive or not known since 1970-01-01 06:00:00');
    expect(at(8.5)).toContain(': no price, confirmed from');
    expect(at(9.5)).toContain(': not known since 1970-01-01 09:00:00');
    expect(at(15)).toBe('1970-01-01 15:00:00: not confirmed since 1970-01-01 11:00:00');
    expect(at(-1)).toContain(': nothing was seen yet');
  });
});
