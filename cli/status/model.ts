import type { Books } from '../../functions/core/model/outcome.ts';
import type { Pause } from '../../functions/core/pauses.ts';

/** What a stage depends on, and whether it answered. */
export interface DependencyStatus {
  name: string;
  status: 'UP' | 'DOWN' | 'UNKNOWN';
  latencyMs: number;
  detail: string | null;
}

export interface MarketplaceStatus {
  id: string;
  domain: string;
  /** Null: the coordination table did not answer. */
  gate: 'open' | 'cooling' | 'closed' | null;
  perSecond: number | null;
  freshness: {
    measuredAt: string | null;
    newestObservationAt: string | null;
    oldestConfirmationAt: string | null;
    confirmedLastDay: number | null;
    targetHours: number;
    fresh: boolean | null;
  } | null;
  robotsOverrides: { path: string; reason: string }[];
}

export interface QueueStatus {
  name: string;
  waiting: number | null;
  inFlight: number | null;
  delayed: number | null;
  dead: number | null;
  /** `Enabled`, `Disabled` or a transition; null: Lambda did not answer. */
  consumer: string | null;
}

export interface SweepStatus {
  sweepId: string;
  marketplace: string;
  mode: string;
  startedAt: string;
  deadline: string;
  planned: boolean;
  /** Null: not counted within the time. */
  books: Books | null;
}

export interface StatusPause {
  /** `uzum` or `ecommerce`. */
  owner: string;
  by: Pause['by'];
  reason: string;
  since: string;
  nextProbe: string | null;
}

export interface AlarmLine {
  name: string;
  since: string;
  reason: string;
}

/** `npx narx status --json`. Null stands for what did not answer in time, never for nothing. */
export interface StatusReport {
  stage: string;
  local: boolean;
  at: string;
  /** `degraded`: a dependency is down, a queue paused or an alarm on. `stale`: prices are older than they may be. */
  status: 'healthy' | 'degraded' | 'stale';
  dependencies: DependencyStatus[];
  marketplaces: MarketplaceStatus[];
  domains: { id: string; breaker: 'closed' | 'open' | 'half-open' | null }[];
  pauses: StatusPause[] | null;
  queues: QueueStatus[];
  spilled: { batches: number; more: boolean } | null;
  sweeps: SweepStatus[] | null;
  /** Those in ALARM. */
  alarms: AlarmLine[] | null;
}
