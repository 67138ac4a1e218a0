import type { AlarmId } from '../../lib/alarms/catalogue.ts';
import type { Drill } from '../drill.ts';
import type { Check, Tally } from './checks.ts';
import type { World } from './world.ts';

/** One row of the table, and one entry of `.narx/drills.json`. Seconds since the fault was injected. */
export interface DrillRow {
  id: string;
  name: string;
  pass: boolean;
  detectedBy: string | null;
  detectedAfterS: number | null;
  recoveredAfterS: number | null;
  lost: number;
  duplicated: number;
  deadLettered: number;
  operatorSteps: string[];
  /** Pages of the runbook with an alarm that went to ALARM because of it and is back at OK. */
  alarms: AlarmId[];
}

export interface DrillResult {
  row: DrillRow;
  /** What did not hold: `lost: expected 0, saw 3 (…)`. */
  failed: string[];
  /** The stack never came up: says nothing about what is drilled. */
  broken: boolean;
  seconds: number;
}

const tenth = (seconds: number): number => Math.round(seconds * 10) / 10;

/** The checks that every drill must pass. */
export function commonChecks(
  drill: Drill,
  tally: Tally,
  stillOn: readonly string[],
  pinning: readonly string[],
): Check[] {
  const { deadLettered = 0, fetchedTwice = 0 } = drill.expect ?? {};
  const because = tally.examples.length > 0 ? ` (${tally.examples.slice(0, 3).join('; ')})` : '';
  const count = (what: string, seen: number, expected: number, more = ''): Check => ({
    what,
    pass: seen === expected,
    detail: `expected ${expected}, saw ${seen}${more}`,
  });
  return [
    count('lost', tally.lost, 0, because),
    count('duplicated', tally.duplicated, 0, because),
    count('dead-lettered', tally.deadLettered, deadLettered),
    {
      what: 'fetched twice',
      pass: tally.fetchedTwice <= fetchedTwice,
      detail: `expected at most ${fetchedTwice}, saw ${tally.fetchedTwice}`,
    },
    {
      what: 'the books balance',
      pass: tally.unbalanced.length === 0,
      detail: `these do not: ${tally.unbalanced.join('; ')}`,
    },
    {
      what: 'alarms go to ALARM and back to OK',
      pass: stillOn.length === 0,
      detail: stillOn.join('; '),
    },
    {
      what: 'nothing that RDS Proxy would pin a session for',
      pass: pinning.length === 0,
      detail: pinning.join('; '),
    },
  ];
}

export function rowOf(drill: Drill, world: World | null, tally: Tally | null, pass: boolean): DrillRow {
  const detected = world?.stopwatch.detected ?? null;
  const recoveredAfterS = world?.stopwatch.recoveredAfterS ?? null;
  return {
    id: drill.id,
    name: drill.failure,
    pass,
    detectedBy: detected?.by ?? null,
    detectedAfterS: detected && tenth(detected.afterS),
    recoveredAfterS: recoveredAfterS === null ? null : tenth(recoveredAfterS),
    lost: tally?.lost ?? 0,
    duplicated: tally?.duplicated ?? 0,
    deadLettered: tally?.deadLettered ?? 0,
    operatorSteps: world?.operator.steps ?? [],
    alarms: world?.alarms.recovered() ?? [],
  };
}
