import type { Breaker } from '../model/breaker.ts';

/**
 * The breaker as a state machine. Every function returns the next state, or the very same object when nothing changes:
 * several workers meet the same outage, and gatekeepers run twice.
 */
export interface BreakerSettings {
  /** Failures in a row that open a closed breaker. While it drains, one is enough. */
  failures: number;
  /** Time between an opening and the first probe, and between two probes; doubled by each opening in a row. */
  probeMs: number;
  maxProbeMs: number;
  /** Least time between the starts of two batches right after a reopening. It halves every `drainDoublingMs`. */
  drainSpacingMs: number;
  drainDoublingMs: number;
  /** How long after a reopening starts are spaced at all. */
  drainMs: number;
}

/** What one worker met: when it began to write, and when it knew how that ended. */
export interface Attempt {
  owner: string;
  startedAt: Date;
  at: Date;
}

export interface Failure {
  reason: string;
  weight: number;
}

export interface Probed {
  owner: string;
  /** Null when the probe was written; otherwise why not. */
  failure: string | null;
  at: Date;
}

/**
 * A batch failed in a way that means that nobody can be served; `weight` is how many failures that is worth. One that began
 * before this state did is old news.
 */
export function failed(
  breaker: Breaker,
  attempt: Attempt,
  { reason, weight }: Failure,
  settings: BreakerSettings,
): Breaker {
  const { owner, startedAt, at } = attempt;
  switch (breaker.state) {
    case 'closed': {
      if (startedAt < breaker.since) return breaker;
      const failures = breaker.failures + weight;
      if (failures < settings.failures && !isDraining(breaker, at, settings)) return { ...breaker, failures };
      return opened(at, breaker.openings + 1, reason, at, settings);
    }
    case 'open':
      return breaker;
    case 'half-open':
      if (breaker.trial?.owner !== owner) return breaker;
      return opened(breaker.since, breaker.openings + 1, reason, at, settings);
  }
}

/** A batch was stored. */
export function succeeded(breaker: Breaker, attempt: Attempt, settings: BreakerSettings): Breaker {
  const { owner, at } = attempt;
  switch (breaker.state) {
    case 'closed': {
      const held = breaker.drain !== null && !isDraining(breaker, at, settings);
      if (breaker.failures === 0 && !held) return breaker;
      return { ...breaker, failures: 0, ...(held && { openings: 0, drain: null }) };
    }
    case 'open':
      // It had begun before. The probe decides.
      return breaker;
    case 'half-open':
      return breaker.trial?.owner === owner ? closed(breaker.openings, at) : breaker;
  }
}

/** The trial ended without saying anything about the database: the next batch is the trial. */
export function released(breaker: Breaker, owner: string): Breaker {
  if (breaker.state !== 'half-open' || breaker.trial?.owner !== owner) return breaker;
  return { ...breaker, trial: null };
}

/**
 * Lets a batch in, as far as it can be. `startAt` null: not now. A trial that has not ended after `trialMs` is taken for
 * dead.
 */
export function admitted(
  breaker: Breaker,
  owner: string,
  at: Date,
  trialMs: number,
  settings: BreakerSettings,
): { breaker: Breaker; startAt: Date | null } {
  switch (breaker.state) {
    case 'closed': {
      if (breaker.drain === null || !isDraining(breaker, at, settings)) return { breaker, startAt: at };
      const { startedAt, nextAt } = breaker.drain;
      const startAt = nextAt > at ? nextAt : at;
      const doublings = (startAt.getTime() - startedAt.getTime()) / settings.drainDoublingMs;
      const next = after(startAt, settings.drainSpacingMs / 2 ** Math.floor(doublings));
      return { breaker: { ...breaker, drain: { startedAt, nextAt: next } }, startAt };
    }
    case 'open':
      return { breaker, startAt: null };
    case 'half-open': {
      if (isHeld(breaker.trial, at)) return { breaker, startAt: null };
      return { breaker: { ...breaker, trial: { owner, expiresAt: after(at, trialMs) } }, startAt: at };
    }
  }
}

/** Takes the right to probe, once it is time and unless somebody else is probing. */
export function leased(breaker: Breaker, owner: string, at: Date, leaseMs: number): Breaker {
  if (breaker.state === 'closed' || at < breaker.probeAt || isHeld(breaker.lease, at)) return breaker;
  return { ...breaker, lease: { owner, expiresAt: after(at, leaseMs) } };
}

/**
 * What the holder of the lease found; anybody else's result changes nothing. An open breaker whose database can be
 * written to is half-open. A half-open one to which no batch came, because none was waiting, closes on a second probe.
 */
export function probed(breaker: Breaker, { owner, failure, at }: Probed, settings: BreakerSettings): Breaker {
  if (breaker.state === 'closed' || breaker.lease?.owner !== owner) return breaker;
  const { since, openings, reason } = breaker;
  if (failure !== null) return opened(since, openings, failure, at, settings);
  const probeAt = after(at, settings.probeMs);
  if (breaker.state === 'open')
    return { state: 'half-open', since, openings, reason, probeAt, lease: null, trial: null };
  return isHeld(breaker.trial, at) ? { ...breaker, probeAt, lease: null } : closed(openings, at);
}

function isDraining(
  { drain }: Extract<Breaker, { state: 'closed' }>,
  at: Date,
  { drainMs }: BreakerSettings,
): boolean {
  return drain !== null && at.getTime() - drain.startedAt.getTime() < drainMs;
}

function opened(
  since: Date,
  openings: number,
  reason: string,
  at: Date,
  { probeMs, maxProbeMs }: BreakerSettings,
): Breaker {
  const waitMs = Math.min(maxProbeMs, probeMs * 2 ** Math.min(openings - 1, 40));
  return { state: 'open', since, openings, reason, probeAt: after(at, waitMs), lease: null };
}

function closed(openings: number, at: Date): Breaker {
  return { state: 'closed', since: at, openings, failures: 0, drain: { startedAt: at, nextAt: at } };
}

function isHeld(lease: { expiresAt: Date } | null, at: Date): boolean {
  return lease !== null && at < lease.expiresAt;
}

function after(at: Date, ms: number): Date {
  return new Date(at.getTime() + ms);
}
