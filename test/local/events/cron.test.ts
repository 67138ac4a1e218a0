import { describe, expect, it } from 'vitest';
import { nextCron, parseCron } from '../../../local/events/cron.ts';

/** The next `count` times after an instant, as ISO without milliseconds. */
function times(expression: string, after: string, count: number, zone = 'UTC'): string[] {
  const cron = parseCron(expression);
  const found: string[] = [];
  let at: number | null = Date.parse(after);
  while (found.length < count) {
    at = nextCron(cron, at, zone);
    if (at === null) break;
    found.push(`${new Date(at).toISOString().slice(0, 16)}Z`);
  }
  return found;
}

describe('the next time of a cron expression', () => {
  it.each([
    ['0 10 * * ? *', '2026-03-01T10:00:00Z', ['2026-03-02T10:00Z', '2026-03-03T10:00Z']],
    [
      '0/15 * * * ? *',
      '2026-03-01T10:01:00Z',
      ['2026-03-01T10:15Z', '2026-03-01T10:30Z', '2026-03-01T10:45Z', '2026-03-01T11:00Z'],
    ],
    ['*/20 9-10 ? * MON-FRI *', '2026-02-27T10:30:00Z', ['2026-02-27T10:40Z', '2026-03-02T09:00Z']],
    [
      '5,35 14 1 JAN,JUL ? *',
      '2026-03-01T00:00:00Z',
      ['2026-07-01T14:05Z', '2026-07-01T14:35Z', '2027-01-01T14:05Z'],
    ],
    ['0 0 ? * 1 *', '2026-03-02T00:00:00Z', ['2026-03-08T00:00Z']],
    ['30 8 * * ? 2027', '2026-03-01T00:00:00Z', ['2027-01-01T08:30Z']],
  ])('%s after %s', (expression, after, expected) => {
    expect(times(expression, after, expected.length)).toEqual(expected);
  });

  it.each([
    [
      'the last day of each month, leap years included',
      '0 12 L * ? *',
      '2028-01-31T12:00:00Z',
      ['2028-02-29T12:00Z', '2028-03-31T12:00Z', '2028-04-30T12:00Z'],
    ],
    [
      'day 31 only where there is one',
      '0 0 31 * ? *',
      '2026-03-31T00:00:00Z',
      ['2026-05-31T00:00Z', '2026-07-31T00:00Z', '2026-08-31T00:00Z', '2026-10-31T00:00Z'],
    ],
    [
      '29 February only in leap years',
      '0 0 29 2 ? *',
      '2026-01-01T00:00:00Z',
      ['2028-02-29T00:00Z', '2032-02-29T00:00Z'],
    ],
    [
      'the last Friday of each month',
      '15 10 ? * 6L *',
      '2026-01-01T00:00:00Z',
      ['2026-01-30T10:15Z', '2026-02-27T10:15Z', '2026-03-27T10:15Z'],
    ],
    [
      'the third Tuesday of each month',
      '0 9 ? * TUE#3 *',
      '2026-02-01T00:00:00Z',
      ['2026-02-17T09:00Z', '2026-03-17T09:00Z'],
    ],
    [
      'a fifth Monday only where there is one',
      '0 9 ? * 2#5 *',
      '2026-01-01T00:00:00Z',
      ['2026-03-30T09:00Z', '2026-06-29T09:00Z'],
    ],
    ['the weekday nearest to a Sunday', '0 9 15W * ? *', '2026-02-01T00:00:00Z', ['2026-02-16T09:00Z']],
    [
      'the weekday nearest to Saturday the first, within its month',
      '0 9 1W 8 ? *',
      '2026-01-01T00:00:00Z',
      ['2026-08-03T09:00Z'],
    ],
    [
      'the weekday nearest to Sunday the last, within its month',
      '0 9 31W 5 ? *',
      '2026-01-01T00:00:00Z',
      ['2026-05-29T09:00Z'],
    ],
    ['year ends', '59 23 31 12 ? *', '2026-12-31T23:59:00Z', ['2027-12-31T23:59Z']],
  ])('falls on %s', (_, expression, after, expected) => {
    expect(times(expression, after, expected.length)).toEqual(expected);
  });

  it('is skipped where clocks are put forward over it', () => {
    expect(times('30 2 * * ? *', '2026-03-28T00:00:00Z', 3, 'Europe/Berlin')).toEqual([
      '2026-03-28T01:30Z',
      '2026-03-30T00:30Z',
      '2026-03-31T00:30Z',
    ]);
  });

  it('fires once where clocks are put back over it', () => {
    expect(times('30 2 * * ? *', '2026-10-24T12:00:00Z', 2, 'Europe/Berlin')).toEqual([
      '2026-10-25T00:30Z',
      '2026-10-26T01:30Z',
    ]);
  });

  it('keeps its wall-clock time when the offset changes', () => {
    expect(times('0 9 * * ? *', '2026-03-07T00:00:00Z', 3, 'America/New_York')).toEqual([
      '2026-03-07T14:00Z',
      '2026-03-08T13:00Z',
      '2026-03-09T13:00Z',
    ]);
  });

  it('knows zones of half hours and the date line', () => {
    expect(times('0 0 1 * ? *', '2026-02-28T00:00:00Z', 1, 'Asia/Kolkata')).toEqual(['2026-02-28T18:30Z']);
    expect(times('0 0 1 * ? *', '2026-02-27T00:00:00Z', 1, 'Pacific/Kiritimati')).toEqual([
      '2026-02-28T10:00Z',
    ]);
  });

  it('is null when there is none', () => {
    expect(nextCron(parseCron('0 0 31 2 ? *'), Date.parse('2026-01-01T00:00:00Z'), 'UTC')).toBeNull();
    expect(nextCron(parseCron('0 0 1 1 ? 2020'), Date.parse('2026-01-01T00:00:00Z'), 'UTC')).toBeNull();
  });
});

describe('a cron expression that AWS refuses', () => {
  it.each([
    ['0 10 * * *', /5 fields/],
    ['0 10 * * * *', /exactly one/],
    ['0 10 ? * ? *', /exactly one/],
    ['60 10 * * ? *', /field 60/],
    ['0 24 * * ? *', /field 24/],
    ['0 10 0 * ? *', /field 0/],
    ['0 10 * 13 ? *', /field 13/],
    ['0 10 ? * 8 *', /field 8/],
    ['0 10 ? * FUN *', /field FUN/],
    ['0 10 ? * MON#6 *', /MON#6/],
    ['30-10 10 * * ? *', /30-10/],
    ['0/0 10 * * ? *', /0\/0/],
    ['a 10 * * ? *', /field a/],
  ])('%s is refused', (expression, message) => {
    expect(() => parseCron(expression)).toThrow(message);
  });
});
