import { describe, expect, it } from 'vitest';
import { rateMinutes, scheduleFault } from '../../../lib/config/schedule-expression.ts';

describe('schedule expressions', () => {
  it.each([
    'rate(1 minute)',
    'rate(5 minutes)',
    'rate(12 hours)',
    'rate(1 day)',
    'cron(0 3 * * ? *)',
    'cron(0/15 * ? * MON-FRI *)',
    'cron(30 2 L * ? 2026-2030)',
    'cron(0 9 ? * 2#1 *)',
    'cron(0 3 1,15 JAN,JUL ? *)',
  ])('accept %s', (expression) => {
    expect(scheduleFault(expression)).toBeNull();
  });

  it.each([
    ['5 minutes', 'is not a schedule'],
    ['at(2026-01-01T00:00:00)', 'is not a schedule'],
    ['rate(0 minutes)', 'is not a rate'],
    ['rate(5 seconds)', 'is not a rate'],
    ['rate(1.5 hours)', 'is not a rate'],
    ['cron(0 3 * * *)', 'has 5 fields'],
    ['cron(60 3 * * ? *)', '"60" for minutes'],
    ['cron(0 24 * * ? *)', '"24" for hours'],
    ['cron(0 3 * FOO ? *)', '"FOO" for month'],
    ['cron(0 3 * * ? 1969)', '"1969" for year'],
    ['cron(0/0 3 * * ? *)', '"0/0" for minutes'],
    ['cron(0 3 * * * *)', '? for exactly one'],
    ['cron(0 3 ? * ? *)', '? for exactly one'],
  ])('refuse %s', (expression, reason) => {
    expect(scheduleFault(expression)).toContain(reason);
  });

  it('tell how far apart the runs of a rate are', () => {
    expect(rateMinutes('rate(5 minutes)')).toBe(5);
    expect(rateMinutes('rate(2 hours)')).toBe(120);
    expect(rateMinutes('rate(1 day)')).toBe(1_440);
    expect(rateMinutes('cron(0 3 * * ? *)')).toBeNull();
  });
});
