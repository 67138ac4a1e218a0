import type { AlarmId } from '../lib/alarms/catalogue.ts';
import type { World } from './harness/world.ts';

/** What the failure analysis lists (docs/failure-modes.md). */
export const failures = {
  F01: 'the database fills up',
  F02: 'the database is down or restarts',
  F03: 'a transaction is aborted, deadlocks, or has a bad row',
  F04: 'the database has no connection left',
  F05: 'duplicates and bloat',
  F06: 'a query without an index',
  F07: 'a query for each row of a list',
  F08: 'backups are missing, or cannot be restored',
  F09: 'ledger and database disagree',
  F10: 'a checkpoint is torn, or written by two',
  F11: 'the queue is unavailable after a state change',
  F12: 'the queue is unavailable for hours while results are ready',
  F13: 'retention runs out during a long outage',
  F14: 'one marketplace takes the others down',
  F15: 'the coordination store is down or throttles',
  F16: 'a backlog builds up',
  F17: 'a worker is killed',
  F18: 'a worker runs out of memory',
  F19: 'a worker runs out of time',
  F20: 'a poison message',
  F21: 'deliveries are repeated and out of order',
  F22: 'everything restarts at once',
  F23: 'two dispatchers at once',
  F24: 'a job vanishes',
  F25: 'a cursor is rolled back, or jumps',
  F26: 'a dependency hangs',
  F27: 'sockets or file descriptors run out',
  F30: 'the marketplace blocks us',
  F31: 'a marketplace that needs proxies has none',
  F32: 'the marketplace changes its format',
  F33: 'old prices look like fresh ones',
  F34: 'absurd values',
  F35: 'the marketplace asks us to slow down',
  F36: 'the marketplace is down for hours',
  F37: 'too many connections to a marketplace',
  F38: 'clocks and time zones are wrong',
  F39: 'pages are empty',
  F40: 'products are deleted',
  F50: 'nobody watches',
  F51: 'a credential in the code',
  F52: 'logs fill up, or leak',
  F53: 'a bad deployment',
  F54: 'an attacker',
  F55: 'cost runs away',
} as const;
export type FailureId = keyof typeof failures;
/** One failure may need several drills: `F02`, `F02b`. */
export type DrillId = FailureId | `${FailureId}${'b' | 'c' | 'd' | 'e'}`;

/** The protection switched off, as a change of one place of the sources: product code has no switch for it. */
export interface Mutation {
  /** From the root of the project. */
  file: string;
  /** Stands in the file exactly once. */
  find: string;
  replace: string;
  /** What is then not there any more. */
  removes: string;
  /** What a failed check of the drill says without the protection; a drill that fails for another reason proves nothing. */
  failsWith: RegExp;
}

/** One failure, executable: it is injected into the running stack, which must recover, and is then held to the truth. */
export interface Drill {
  id: DrillId;
  /** One sentence, without a full stop: what is done to the system. */
  failure: string;
  mutation: Mutation;
  /** Alarms that the failure sets off on its way, besides those that `run` waits for: each goes to ALARM and back to OK. */
  alarms?: readonly AlarmId[];
  /** How the stack is started for it; everything has a default. */
  stack?: StackSettings;
  /** About how many seconds it takes, where that is more than 30: the longest begin first, so that all end together. */
  takes?: number;
  /** When to give up, in seconds (120). */
  limitSeconds?: number;
  /** Injects, waits for the recovery, and checks what only this drill knows to check. What every drill must hold follows by itself. */
  run(world: World): Promise<void>;
  /** What is allowed to be otherwise than nothing at the end. */
  expect?: { deadLettered?: number; fetchedTwice?: number };
}

export interface StackSettings {
  /** Stage of narx.config.ts: `drill` has Uzum alone over 400 ids, `drillall` every marketplace, `drillqueue` little room in queues, `drillhours` patient workers, `drillcost` such that are dear soon. */
  stage?: 'drill' | 'drillall' | 'drillqueue' | 'drillhours' | 'drillcost';
  /** Factor on everything the cloud waits for (0.01: a minute takes 0.6 s, an hour 36 s). */
  timeScale?: number;
  seed?: number;
  /**
   * Which schedules of the template run by themselves. `care` (the default): all but dispatch's, which the drill delivers;
   * `all`; `none`.
   */
  schedules?: 'care' | 'all' | 'none';
}

/** A check that did not hold, or something that was waited for and did not come. */
export class DrillFailure extends Error {}
