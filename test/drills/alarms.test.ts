import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { drillFiles, loadDrills } from '../../drills/harness/registry.ts';
import { catalogue } from '../../lib/alarms/catalogue.ts';
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
