import type { Plan } from '../contract/env.ts';
import {
  type DispatchEvent,
  dispatchEventSchema,
  type GapsEvent,
  gapsEventSchema,
} from '../contract/messages.ts';
import { metric } from '../contract/metrics.ts';
import { dispatchDiscover } from './dispatch-discover.ts';
import { dispatchRefresh } from './dispatch-refresh.ts';
import { dispatchSweep } from './dispatch-sweep.ts';
import { type DispatchPorts, Turn } from './dispatch-turn.ts';
import { ConfigurationError, PoisonMessage, StaleOwner, StopMarketplace } from './model/errors.ts';
import type { Reference } from './model/reference.ts';

export interface DispatchSettings {
  plans: Readonly<Record<string, Plan>>;
  /** What a marketplace's id range holds; null where ids cannot be swept. */
  sweepKinds: Readonly<Record<string, Reference['kind'] | null>>;
  /** The listings that discovery begins with, unless the plan names others. */
  seeds: Readonly<Record<string, readonly Reference[]>>;
  /** Marketplace to its storage domain. */
  domains: Readonly<Record<string, string>>;
  /** Factor on waiting times: leases, sweep intervals and deadlines. */
  timeScale: number;
}

/** One invocation: who holds the lease, and how long it may go on. */
export interface DispatchRun {
  requestId: string;
  remainingMs: () => number;
}

export interface DispatchSummary {
  marketplace: string;
  mode: DispatchEvent['mode'];
  slot: string;
  outcome:
    | 'dispatched'
    | 'waiting'
    | 'nothing-due'
    | 'due-unavailable'
    | 'collapsed'
    | 'backlog'
    | 'gate-closed'
    | 'stale';
  jobs: number;
  references: number;
}

/** Longer than the function may run, so that a live run is not overtaken; a dead one blocks its marketplace this long. */
const LEASE_MS = 150_000;
/** Kept for finishing a chunk: two dozen ledger writes in a row, a batch to the queue, the cursor. */
const RESERVE_MS = 20_000;
const HOUR_MS = 3600_000;

/** Reads what a schedule sent; `now` is the slot of an event by hand. Throws PoisonMessage for anything else. */
export function decodeScheduleEvent(raw: unknown, now: Date): DispatchEvent | GapsEvent {
  const result = gapsEventSchema.safeParse(raw).success
    ? gapsEventSchema.safeParse(raw)
    : dispatchEventSchema.safeParse(raw);
  if (!result.success) {
    const issues = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new PoisonMessage(`Not an event of a schedule (${issues.join('; ')}).`);
  }
  const event = result.data;
  // One spelling of each instant: slots are compared, and sweep ids sort by them.
  const slot = event.scheduledTime === 'now' ? now : new Date(event.scheduledTime);
  return { ...event, scheduledTime: slot.toISOString() };
}

/**
 * Dispatches one slot. Repeating it, at the same time or later, adds nothing but work that is idempotent. Throws
 * StopMarketplace for an unreadable checkpoint, RetryLater when the queue refused jobs, ConfigurationError when the
 * schedule asks for what the configuration does not have; any other error is an adapter's, and the next slot goes on.
 */
export async function dispatch(
  ports: DispatchPorts,
  settings: DispatchSettings,
  event: DispatchEvent,
  run: DispatchRun,
): Promise<DispatchSummary> {
  const { marketplace, mode, scheduledTime: slot } = event;
  const plan = settings.plans[marketplace];
  if (!plan) throw new ConfigurationError([`PLANS has no entry for the marketplace "${marketplace}".`]);
  const summary = { marketplace, mode, slot, jobs: 0, references: 0 };
  try {
    const lease = await ports.checkpoints.acquire(
      { marketplace, mode },
      slot,
      run.requestId,
      LEASE_MS * settings.timeScale,
    );
    if ('collapsed' in lease) {
      ports.metrics.count(metric.dispatchCollapsed, 1);
      ports.log.info('Slot collapsed', { marketplace, mode, slot, because: lease.collapsed });
      return { ...summary, outcome: 'collapsed' };
    }
    const reserveMs = Math.min(RESERVE_MS, run.remainingMs() / 3);
    const turn = new Turn(ports, event, lease.cursor, {
      sweepDeadlineMs: plan.sweepDeadlineHours * HOUR_MS * settings.timeScale,
      mayGoOn: () => run.remainingMs() >= reserveMs,
    });
    const outcome = await take(turn, plan, settings);
    const { jobs, references } = turn;
    ports.log.info('Slot dispatched', { marketplace, mode, slot, outcome, jobs, references });
    return { ...summary, outcome, jobs, references };
  } catch (error) {
    if (error instanceof StaleOwner) {
      ports.metrics.count(metric.checkpointConflict, 1);
      ports.log.warn('Replaced by another run', { marketplace, mode, slot, error });
      return { ...summary, outcome: 'stale' };
    }
    if (error instanceof StopMarketplace) ports.metrics.count(metric.checkpointInvalid, 1);
    throw error;
  }
}

async function take(turn: Turn, plan: Plan, settings: DispatchSettings): Promise<DispatchSummary['outcome']> {
  const gate = await turn.ports.gates.read(turn.marketplace);
  if (gate.state !== 'open') {
    // Jobs would grow old in a queue that nobody reads; what is due stays due, and is caught up in order afterwards.
    turn.ports.metrics.count(metric.dispatchSkippedGate, 1);
    await turn.end({ whole: true });
    return 'gate-closed';
  }
  const backlog = await turn.ports.jobs.backlog(turn.marketplace);
  const room = plan.maxBacklogMessages - backlog;
  if (room <= 0) {
    turn.ports.metrics.count(metric.dispatchSkippedBacklog, 1);
    await turn.end({ whole: true });
    return 'backlog';
  }
  if (turn.mode === 'refresh') {
    const domain = settings.domains[turn.marketplace];
    if (domain === undefined)
      throw new ConfigurationError([
        `STORAGE_DOMAINS has no entry for the marketplace "${turn.marketplace}".`,
      ]);
    return await dispatchRefresh(turn, plan, domain, room);
  }
  if (turn.mode === 'discover')
    return await dispatchDiscover(turn, plan, seedsOf(turn, plan, settings), room);
  const kind = settings.sweepKinds[turn.marketplace];
  if (!kind || !plan.sweep) {
    throw new ConfigurationError([
      `A schedule sweeps ${turn.marketplace}, but its ${kind ? 'plan has no range' : 'ids cannot be swept'}.`,
    ]);
  }
  const { first, last, everyHours, beyond } = plan.sweep;
  const everyMs = everyHours * HOUR_MS * settings.timeScale;
  return await dispatchSweep(turn, plan, { kind, first, last, everyMs, beyond }, room);
}

function seedsOf({ marketplace }: Turn, plan: Plan, settings: DispatchSettings): readonly Reference[] {
  const seeds =
    plan.seeds?.map((externalId): Reference => ({ kind: 'listing', externalId })) ??
    settings.seeds[marketplace] ??
    [];
  if (seeds.length > 0) return seeds;
  throw new ConfigurationError([
    `A schedule discovers ${marketplace}, which has no listings to begin with: name some in plan.seeds, or take schedules.discover out.`,
  ]);
}
