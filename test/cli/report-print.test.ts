import { describe, expect, it } from 'vitest';
import { drawHistory, groupDigits, type PriceHistory } from '../../cli/report/chart.ts';
import { addBooks, isBalanced, type PrintedReport } from '../../cli/report/model.ts';
import { printReport } from '../../cli/report/print.ts';
import { table } from '../../cli/table.ts';
import { emptyBooks } from '../../functions/core/model/outcome.ts';

const at = (minute: number) => new Date(Date.UTC(2031, 0, 1, 0, minute));
function history(...points: [price: string | null, first: number, confirmed: number][]): PriceHistory {
  return {
    title: 'Choynak',
    sku: '9000001',
    currency: 'UZS',
    points: points.map(([price, first, confirmed]) => ({
      price,
      firstObservedAt: at(first),
      confirmedAt: at(confirmed),
    })),
  };
}

describe('a chart', () => {
  it('has a block where a visit confirmed the price and a dot where nobody knows', () => {
    expect(drawHistory(history(['100', 0, 3], ['200', 6, 9]), 10)).toBe('▁▁▁▁··████');
  });

  it('has the height of the price among the lowest and the highest', () => {
    expect(drawHistory(history(['100', 0, 1], ['150', 2, 3], ['200', 4, 5]), 6)).toBe('▁▁▅▅██');
  });

  it('is flat for one price, whether it was seen once or often', () => {
    expect(drawHistory(history(['100', 0, 9]), 10)).toBe('▄▄▄▄▄▄▄▄▄▄');
    expect(drawHistory(history(['100', 4, 4]), 10)).toBe('▄·········');
  });

  it('has no block where there was no price', () => {
    expect(drawHistory(history(['100', 0, 2], [null, 3, 6], ['100', 7, 9]), 10)).toBe('▄▄▄····▄▄▄');
    expect(drawHistory(history([null, 0, 9]), 10)).toBe('··········');
    expect(drawHistory(history(), 10)).toBe('··········');
  });
});

it.each([
  ['0', '0'],
  ['999', '999'],
  ['405000', '405 000'],
  ['1234567.89', '1 234 567.89'],
])('%s is shown as %s', (amount, shown) => {
  expect(groupDigits(amount)).toBe(shown);
});

it('a table is as wide as its widest cells, names to the left and numbers to the right', () => {
  expect(
    table(
      ['name', 'n'],
      [
        ['a', '10'],
        ['longer', '5'],
      ],
    ).split('\n'),
  ).toEqual(['name     n', '------  --', 'a       10', 'longer   5']);
});

describe('books', () => {
  const whole = {
    ...emptyBooks(),
    dispatched: 21,
    stored: 1,
    unchanged: 2,
    gone: 3,
    quarantined: 4,
    parked: 5,
    deadLettered: 6,
  };

  it('balance when every reference has one outcome and none is in flight', () => {
    expect(isBalanced(whole)).toBe(true);
    expect(isBalanced({ ...whole, dispatched: 22 })).toBe(false);
    expect(isBalanced({ ...whole, stored: 2 })).toBe(false);
    expect(isBalanced({ ...whole, dispatched: 22, inFlight: 1 })).toBe(false);
  });

  it('add up in every column', () => {
    expect(addBooks(whole, { ...whole, inFlight: 7 })).toEqual({
      dispatched: 42,
      stored: 2,
      unchanged: 4,
      gone: 6,
      quarantined: 8,
      parked: 10,
      deadLettered: 12,
      inFlight: 7,
    });
  });
});

describe('the printed report', () => {
  const books = { ...emptyBooks(), dispatched: 8_000, stored: 6_227, gone: 1_773 };
  const report: PrintedReport = {
    durationMs: 23_400,
    balanced: true,
    truth: { checked: 26_608, wrong: 0, missing: 0, extra: 0, examples: [] },
    marketplaces: { uzum: { ...books, perSecond: 1_000, pricePoints: 26_608, oldestConfirmedSeconds: null } },
    alarms: { alarm: [] },
    sweeps: [{ sweepId: 'slot.uzum.sweep', mode: 'sweep', books }],
    histories: [history(['100', 0, 3], ['200', 6, 9])],
    phases: [{ name: 'sweep', seconds: 8.04 }],
    alarmReasons: {},
  };

  it('says that all is well in words', () => {
    const text = printReport(report);
    expect(text).toContain('Books    balanced');
    expect(text).toContain('26 608 price points compared with the simulator: 0 wrong, 0 missing, 0 extra\n');
    expect(text).toContain('Alarms   none in ALARM');
    expect(text).toContain('100 → 200 UZS');
    expect(text).toMatch(/^uzum +8 000 +6 227 +0 +1 773 .* never$/m);
    expect(text).not.toContain('look here');
  });

  it.each([80, 160])('fits into %i columns, with nothing left out of the table', (width) => {
    const one = { ...books, perSecond: 1_000, pricePoints: 26_608, oldestConfirmedSeconds: 3 };
    const text = printReport(
      {
        ...report,
        marketplaces: { uzum: one, uzex: one, olx: one, yandex: one },
        alarmReasons: {
          'narx-local-observations-stopped-uzum': `0 of the last 3 ${'datapoints '.repeat(9)}`,
        },
      },
      width,
    );
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
    for (const word of ['uzum', 'uzex', 'olx', 'yandex', 'quarantined', 'price points', 'oldest confirmed'])
      expect(text).toContain(word);
  });

  it('points at what is wrong, with examples and reasons', () => {
    const text = printReport({
      ...report,
      balanced: false,
      truth: { ...report.truth, missing: 2, examples: ['missing: product:1 was served, but is not stored'] },
      alarms: { alarm: ['narx-local-dlq'] },
      alarmReasons: { 'narx-local-dlq': 'threshold crossed' },
    });
    expect(text.match(/<-- look here/g)).toHaveLength(2);
    expect(text).toContain('missing: product:1 was served, but is not stored');
    expect(text).toContain('Alarms   1 in ALARM\n         narx-local-dlq: threshold crossed');
  });
});
