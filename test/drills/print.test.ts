import { describe, expect, it } from 'vitest';
import { printDrills, printProofs, printRows } from '../../drills/harness/print.ts';
import { loadDrills } from '../../drills/harness/registry.ts';
import type { DrillRow } from '../../drills/harness/result.ts';

const drills = (await loadDrills()).map(({ id, failure, mutation }) => ({
  id,
  failure,
  without: mutation.removes,
}));
const rows = drills.map(
  ({ id, failure }): DrillRow => ({
    id,
    name: failure,
    pass: true,
    detectedBy: 'alarm gatekeeper-not-running',
    detectedAfterS: 112.3,
    recoveredAfterS: 140.8,
    lost: 0,
    duplicated: 0,
    deadLettered: 0,
    operatorSteps: [],
    alarms: ['gatekeeper-not-running', 'observations-stopped'],
  }),
);
const proofs = drills.map(({ id, without }) => ({
  ...{ id, removed: without, proven: true, seconds: 1 },
  because: 'alarm observations-stopped goes to ALARM: expected within 60 s, did not come; saw nothing at all',
}));

describe.each([80, 160])('in %i columns', (width) => {
  it.each([
    ['the table of the drills', printRows(rows, width)],
    ['the proofs', printProofs(proofs, width)],
    ['the list', printDrills(drills, width)],
  ])('%s has no longer line, and every drill', (_, text) => {
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(width);
    for (const { id } of drills) expect(text).toMatch(new RegExp(`^${id} `, 'm'));
  });
});

it('the alarms of all drills are told once each, in order', () => {
  expect(printRows(rows, 80)).toContain(
    'Alarms that went to ALARM and back to OK (2):\n  gatekeeper-not-running, observations-stopped',
  );
});
