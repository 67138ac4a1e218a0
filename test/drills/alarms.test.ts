import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { DrillId } from '../../drills/drill.ts';
import { drillFiles, loadDrills } from '../../drills/harness/registry.ts';
import { type AlarmId, catalogue } from '../../lib/alarms/catalogue.ts';
import type { Settings } from '../../lib/config/schema.ts';
import { undrilled } from './undrilled-alarms.ts';

/** Ids of the alarms that some drill waits for, or declares: the harness holds it to their return to OK. */
const waitedFor = drillFiles().flatMap(({ file }) => [
  ...readFileSync(`drills/${file}`, 'utf8').matchAll(/alarms\s*\.fires\(\s*'([a-z-]+)'/g),
]);
const declared = (await loadDrills()).flatMap(({ alarms = [] }) => alarms);
const drilled = new Set([...waitedFor.map(([, id = '']) => id), ...declared]);
const excused = new Set(Object.keys(undrilled));

it('every alarm goes to ALARM and back in a drill, but for those that are listed', () => {
  const without = Object.keys(catalogue).filter((id) => !drilled.has(id) && !excused.has(id));
  expect(without, 'alarms without a drill').toEqual([]);
});

it('every alarm without a drill has the reason, and the test that holds it instead', () => {
  for (const [id, reason] of Object.entries(undrilled)) {
    const test = /test\/[\w/-]+\.test\.ts/.exec(reason)?.[0];
    expect(test, id).toBeDefined();
    expect(readFileSync(test ?? '', 'utf8'), id).toContain(id);
    expect(reason.length, id).toBeGreaterThan(80);
  }
});

it('no alarm is listed as undrilled that has a drill', () => {
  expect([...excused].filter((id) => drilled.has(id))).toEqual([]);
});

it('drills wait only for alarms of the catalogue', () => {
  expect([...drilled].filter((id) => !(id in catalogue))).toEqual([]);
});

/** What says that a function is silent, and the drill that silences it. */
const silences: Record<keyof Settings['functions'], { drill: DrillId; alarms: AlarmId[] } | null> = {
  dispatch: { drill: 'F50', alarms: ['dispatch-not-running', 'schedule-stopped'] },
  due: { drill: 'F50', alarms: ['dispatch-failing'] },
  scrape: { drill: 'F50', alarms: ['worker-silent'] },
  store: { drill: 'F50', alarms: ['worker-silent'] },
  gatekeeper: { drill: 'F50', alarms: ['gatekeeper-not-running'] },
  replay: { drill: 'F50', alarms: ['replay-not-running'] },
  audit: { drill: 'F50', alarms: ['audit-not-running'] },
  archive: { drill: 'F01c', alarms: ['archive-run-missed'] },
  migrate: { drill: 'F01c', alarms: ['migrate-not-running'] },
  // It speaks only when it is asked, and whoever asks is told.
  api: null,
};

it('the silence of every function is an alarm in a drill, and docs/failure-modes.md says which', () => {
  const [, told = ''] =
    /\n### F50 ([\s\S]*?)\n### /.exec(readFileSync('docs/failure-modes.md', 'utf8')) ?? [];
  for (const [name, silence] of Object.entries(silences)) {
    expect(told).toContain(`\`${name}\``);
    if (silence === null) continue;
    const file = drillFiles().find(({ id }) => id === silence.drill)?.file;
    const source = readFileSync(`drills/${file}`, 'utf8');
    const row = told.split('\n').find((line) => line.startsWith('|') && line.includes(`\`${name}\``));
    expect(row, name).toContain(`| ${silence.drill} |`);
    for (const alarm of silence.alarms) {
      expect(source, `${name} in ${file}`).toContain(`'${alarm}'`);
      expect(row, name).toContain(`\`${alarm}\``);
    }
  }
});
