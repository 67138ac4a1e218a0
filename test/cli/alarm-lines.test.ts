import { describe, expect, it } from 'vitest';
import { AlarmLines } from '../../cli/start/alarm-lines.ts';
import type { AlarmTransition } from '../../local/metrics/alarms.ts';

function setUp(columns: number) {
  const lines: string[] = [];
  const told = new AlarmLines(
    'local',
    (line) => lines.push(line),
    () => columns,
  );
  const change = (
    name: string,
    from: AlarmTransition['from'],
    state: AlarmTransition['state'],
    reason = 'The rule is true',
  ) => told.change({ name: `narx-local-${name}`, from, state, at: new Date('2026-03-01T03:04:05Z'), reason });
  return { lines, change };
}
const breach = '2 of the last 3 datapoints [12.345678, 0, 7] greater than 0, 2 of 3 to alarm';
const silence = '0 of the last 0 datapoints [] less than 1, 1 of 1 to alarm; 1 missing, treated as breaching';

describe('a change of an alarm', () => {
  it('is a line with why it is on, and where to read on', () => {
    const { lines, change } = setUp(160);
    change('store-failing-ecommerce', 'OK', 'ALARM', breach);
    change('store-failing-ecommerce', 'ALARM', 'OK');
    expect(lines).toEqual([
      '03:04:05 ALARM  store-failing-ecommerce: 12.35, 0, 7, alarms > 0  critical; docs/runbook/store-failing.md',
      '03:04:05 OK     store-failing-ecommerce',
    ]);
  });

  it('stays within 80 columns', () => {
    const { lines, change } = setUp(80);
    change('backlog-critical-ecommerce-snapshots', 'OK', 'ALARM', breach);
    expect(lines).toEqual([
      '03:04:05 ALARM  backlog-critical-ecommerce-snapshots: 12.35, 0, 7, alarms > 0',
      '                critical; docs/runbook/backlog.md',
    ]);
    lines.length = 0;
    change('schedule-stopped-uzum-with-a-long-name', 'OK', 'ALARM', breach.replace(' 7]', ' 7.001, 8.001]'));
    expect(lines).toEqual([
      '03:04:05 ALARM  schedule-stopped-uzum-with-a-long-name',
      '                12.35, 0, 7.001, 8.001, alarms > 0',
      '                critical; docs/runbook/schedule-stopped.md',
    ]);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('names the level of an alarm that has two', () => {
    const { lines, change } = setUp(160);
    change('backlog-warning-uzum-jobs', 'OK', 'ALARM', breach);
    expect(lines[0]).toContain('warning; docs/runbook/backlog.md');
  });

  it('is not told of composites, nor of an alarm that begins well', () => {
    const { lines, change } = setUp(160);
    change('page-ecommerce', 'OK', 'ALARM');
    change('cause-above-ecommerce', 'OK', 'ALARM');
    change('store-failing-ecommerce', 'INSUFFICIENT_DATA', 'OK');
    expect(lines).toEqual([]);
  });

  it('for want of any data is one line together, and one when all have had it', async () => {
    const { lines, change } = setUp(160);
    change('schedule-stopped-uzum', 'INSUFFICIENT_DATA', 'ALARM', silence);
    change('schedule-stopped-olx', 'INSUFFICIENT_DATA', 'ALARM', silence);
    await Promise.resolve();
    change('schedule-stopped-uzum', 'ALARM', 'OK');
    change('schedule-stopped-olx', 'ALARM', 'OK');
    change('schedule-stopped-uzum', 'OK', 'ALARM', silence);
    expect(lines).toEqual([
      '2 alarms have had no data yet; they are on until it comes.',
      '03:04:05 OK     all 2 alarms have had data',
      '03:04:05 ALARM  schedule-stopped-uzum: no data, alarms < 1  critical; docs/runbook/schedule-stopped.md',
    ]);
  });
});
