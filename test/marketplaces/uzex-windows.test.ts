import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  nextWindow,
  type RowWindow,
  readWindow,
  statedTotal,
} from '../../functions/marketplaces/uzex/windows.ts';

/** The rows that a list answers a window with; the lists do not agree about `to`. */
function answer({ from, to }: RowWindow, total: number, toIncluded: boolean): number[] {
  const last = Math.min(total, toIncluded ? to : to - 1);
  return Array.from({ length: Math.max(0, last - from + 1) }, (_, at) => from + at);
}

describe('windows of rows', () => {
  it('reach every row and end, whether or not the list includes `to`', () => {
    const list = fc.record({
      total: fc.integer({ min: 1, max: 400 }),
      size: fc.integer({ min: 1, max: 60 }),
      toIncluded: fc.boolean(),
    });
    fc.assert(
      fc.property(list, ({ total, size, toIncluded }) => {
        const seen = new Set<number>();
        let asked = 0;
        for (
          let window: RowWindow | null = { from: 1, to: 1 + size };
          window;
          window = nextWindow(window, total)
        ) {
          asked += 1;
          expect(asked).toBeLessThanOrEqual(total + 1);
          for (const row of answer(window, total, toIncluded)) seen.add(row);
        }
        expect(seen.size).toBe(total);
      }),
    );
  });

  it('begin at the previous `to` and keep their size', () => {
    expect(nextWindow({ from: 1, to: 101 }, 250)).toEqual({ from: 101, to: 201 });
    expect(nextWindow({ from: 101, to: 201 }, 201)).toEqual({ from: 201, to: 301 });
    expect(nextWindow({ from: 101, to: 201 }, 200)).toBeNull();
  });

  it('go on where no total is stated, but not for ever', () => {
    expect(nextWindow({ from: 1, to: 101 }, null)).toEqual({ from: 101, to: 201 });
    expect(nextWindow({ from: 9_999_950, to: 10_000_050 }, null)).toBeNull();
  });

  it('take the largest total, because rows are added while the list is read', () => {
    expect(statedTotal([{ total_count: 200 }, { total_count: 201.0 }, { total_count: null }])).toBe(201);
    expect(statedTotal([{ total_count: '7' }, { total_count: -1 }, {}])).toBeNull();
  });

  it.each(['1/1', '2/1', '0/5', '1/502', '1/x', '1/', '-1/5', '1/5/9'])('are not read from "%s"', (text) => {
    expect(readWindow(text)).toBeNull();
  });
});
