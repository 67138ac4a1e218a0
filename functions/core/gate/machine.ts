import type { ProbeResult } from '../../contract/messages.ts';
import type { Gate, Trouble } from '../model/gate.ts';
import type { Reference } from '../model/reference.ts';

/**
 * The gate as a state machine. Every function returns the next state, or the very same object when nothing changes:
 * several workers report the same trouble, and gatekeepers run twice.
 */
export interface GateSettings {
  /** Length of the first cool-down after a block; doubled by each closing in a row, up to `maxCoolDownMs`. */
  coolDownMs: number;
  maxCoolDownMs: number;
  /** Pause after a probe that told nothing. */
  retryMs: number;
}

/** What went wrong, as one worker saw it. `askedAt` is when the request was sent whose answer told, `at` when it was sure. */
export interface TroubleReport {
  trouble: Trouble;
  exit: string;
  reason: string;
  probes: readonly Reference[];
  askedAt: Date;
  at: Date;
}

/** A marketplace that is down is asked sooner than one that refuses us: a twelfth of the time, 5 minutes for an hour. */
const OUTAGE_SHARE = 1 / 12;

/** How long the `times`-th cool-down in a row lasts. */
export function coolDown(
  trouble: Trouble,
  times: number,
  { coolDownMs, maxCoolDownMs }: GateSettings,
): number {
  const first = trouble === 'blocked' ? coolDownMs : coolDownMs * OUTAGE_SHARE;
  const longest = trouble === 'blocked' ? maxCoolDownMs : coolDownMs;
  return Math.min(longest, first * 2 ** Math.min(times - 1, 40));
}

/**
 * Benches the exit that met the trouble; when no exit of `exits` is left, closes the gate. Reports about requests from
 * before the gate opened, or from before the exit was benched, are old news.
 */
export function troubled(
  gate: Gate,
  report: TroubleReport,
  exits: readonly string[],
  settings: GateSettings,
): Gate {
  const { trouble, exit, reason, askedAt, at } = report;
  if (gate.state !== 'open' || askedAt < gate.since) return gate;
  const known = recent(gate, at, settings);
  const before = known[exit];
  if (before && askedAt < before.until) return gate;
  const times = (before?.times ?? 0) + 1;
  const until = after(at, coolDown(trouble, times, settings));
  const benched = { ...known, [exit]: { until, times } };
  if (exits.some((other) => isFree({ benched }, other, at))) return { ...gate, benched };
  const closings = gate.closings + 1;
  const coolDownMs = coolDown(trouble, closings, settings);
  return {
    state: 'cooling',
    since: at,
    closings,
    coolDownMs,
    benched,
    trouble,
    reason,
    until: after(at, coolDownMs),
    probes: [...report.probes],
    lease: null,
  };
}

/** A page was understood: when the gate has been open for as long as it was closed before, the past is forgotten. */
export function succeeded(gate: Gate, at: Date): Gate {
  if (gate.state !== 'open' || gate.closings === 0) return gate;
  return at.getTime() - gate.since.getTime() < gate.coolDownMs
    ? gate
    : { ...gate, closings: 0, coolDownMs: 0 };
}

/** Takes the right to probe, once the cool-down is over and unless somebody else is probing. */
export function leased(gate: Gate, owner: string, at: Date, leaseMs: number): Gate {
  if (gate.state !== 'cooling' || at < gate.until || (gate.lease && at < gate.lease.expiresAt)) return gate;
  return { ...gate, lease: { owner, expiresAt: after(at, leaseMs) } };
}

/** The reference to probe with: another one each time, so that a page that is walled off by itself cannot decide alone. */
export function probeReference(gate: Extract<Gate, { state: 'cooling' }>): Reference | null {
  return gate.probes[(gate.closings - 1) % Math.max(1, gate.probes.length)] ?? null;
}

/** What the holder of the lease found. Anybody else's result changes nothing. */
export function probed(
  gate: Gate,
  owner: string,
  result: ProbeResult,
  at: Date,
  settings: GateSettings,
): Gate {
  if (gate.state !== 'cooling' || gate.lease?.owner !== owner) return gate;
  switch (result.outcome) {
    case 'ok': {
      const { [result.exit]: _, ...benched } = gate.benched;
      const { closings, coolDownMs } = gate;
      return { state: 'open', since: at, closings, coolDownMs, benched };
    }
    case 'blocked': {
      const closings = gate.closings + 1;
      const coolDownMs = coolDown('blocked', closings, settings);
      const until = after(at, coolDownMs);
      const times = (gate.benched[result.exit]?.times ?? 0) + 1;
      const benched = { ...gate.benched, [result.exit]: { until, times } };
      const reason = result.detail;
      return { ...gate, trouble: 'blocked', reason, closings, coolDownMs, until, benched, lease: null };
    }
    case 'failed': {
      const waitMs = Math.min(settings.maxCoolDownMs, Math.max(settings.retryMs, result.retryAfterMs ?? 0));
      return { ...gate, reason: result.detail, until: after(at, waitMs), lease: null };
    }
  }
}

/** An operator closes the gate, whatever it was. */
export function closedByOperator(gate: Gate, reason: string, at: Date): Gate {
  const { closings, coolDownMs, benched } = gate;
  if (gate.state === 'closed' && gate.reason === reason) return gate;
  return { state: 'closed', since: at, closings, coolDownMs, benched, reason };
}

/** An operator opens the gate: nothing of what was before counts any more. */
export function openedByOperator(gate: Gate, at: Date): Gate {
  if (gate.state === 'open' && gate.closings === 0 && Object.keys(gate.benched).length === 0) return gate;
  return { state: 'open', since: at, closings: 0, coolDownMs: 0, benched: {} };
}

export function isFree({ benched }: Pick<Gate, 'benched'>, exit: string, at: Date): boolean {
  const bench = benched[exit];
  return !bench || bench.until <= at;
}

/** Without the exits that have been in use again for as long as they had been benched. */
function recent({ benched }: Gate, at: Date, settings: GateSettings): Gate['benched'] {
  return Object.fromEntries(
    Object.entries(benched).filter(
      ([, { until, times }]) => at.getTime() - until.getTime() < coolDown('blocked', times, settings),
    ),
  );
}

function after(at: Date, ms: number): Date {
  return new Date(at.getTime() + ms);
}
