import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Plan } from '../../functions/contract/env.ts';
import type { Job, VisitsMessage } from '../../functions/contract/messages.ts';
import type { Reference } from '../../functions/core/model/reference.ts';
import type { StoredBatch } from '../../functions/core/ports/database.ts';
import type { Quarantine } from '../../functions/core/ports/objects.ts';
import type {
  JobsQueue,
  QueueDepth,
  Sent,
  Spill,
  SpilledObjects,
  SpillLook,
  VisitsQueue,
} from '../../functions/core/ports/queues.ts';
import { MemorySpill } from '../core/memory-spill.ts';
import { Chance } from './chance.ts';
import { type FaultPlan, noFaults } from './faults.ts';
import type { Parts } from './parts.ts';
import { Process, SimulatedFailure, type Surroundings } from './process.ts';
import { Scheduler } from './scheduler.ts';
import { SimulatedDatabase } from './services/database.ts';
import { SimulatedMarket } from './services/market.ts';
import { SimulatedQueue } from './services/queue.ts';
import { SimulatedTable } from './services/table.ts';
import { Witness } from './witness.ts';

const MINUTE_MS = 60_000;
const lastProduct = 7;

export const table = 'coordination';

/** How large everything is: small, so that thousands of runs are a matter of seconds, with times as they are deployed. */
export const limits = {
  marketplace: 'market',
  domain: 'shops',
  start: new Date('2031-02-03T00:00:00.000Z'),
  slotMs: 5 * MINUTE_MS,
  faultyMs: 20 * MINUTE_MS,
  revisitMs: 8 * MINUTE_MS,
  gate: { coolDownMs: 6 * MINUTE_MS, maxCoolDownMs: 24 * MINUTE_MS, retryMs: MINUTE_MS },
  breaker: {
    failures: 5,
    probeMs: MINUTE_MS,
    maxProbeMs: 5 * MINUTE_MS,
    drainSpacingMs: 500,
    drainDoublingMs: MINUTE_MS,
    drainMs: 3 * MINUTE_MS,
  },
  plan: { referencesPerJob: 2, window: 6, maxBacklogMessages: 20, sweepDeadlineHours: 12 },
  sweep: { first: 1, last: lastProduct, everyHours: 1 / 3, beyond: 0 },
  /** Of a configuration that does not know of the last products; to find them a sweep takes more slots. */
  growingSweep: { first: 1, last: lastProduct - 3, everyHours: 2 / 3, beyond: 3 },
  dispatch: {
    sweepKinds: { market: 'product' as const },
    seeds: {},
    domains: { market: 'shops' },
    timeScale: 1,
  },
  /** A job is through both queues within a quarter of an hour, or has died on its way. */
  gaps: { silenceMs: 3 * MINUTE_MS, overtakenMs: 2 * 60 * MINUTE_MS, mostRepeats: 5 },
  jobs: { visibilityMs: 6 * MINUTE_MS, maxReceives: 5 },
  snapshots: { visibilityMs: 3 * MINUTE_MS, maxReceives: 5 },
};

/** Everything outside the functions. */
export class World implements Surroundings {
  readonly chance: Chance;
  readonly parts: Parts;
  readonly scheduler = new Scheduler(limits.start);
  readonly calls = new Map<string, number>();
  readonly met: Surroundings['met'] = [];
  plan: FaultPlan;
  readonly table = new SimulatedTable();
  readonly jobs: SimulatedQueue<Job>;
  readonly snapshots: SimulatedQueue<VisitsMessage>;
  readonly spilled = new MemorySpill();
  readonly market: SimulatedMarket;
  readonly database: SimulatedDatabase;
  readonly witness: Witness;
  readonly sweep: NonNullable<Plan['sweep']>;
  #processes = 0;

  constructor(seed: number, plan: FaultPlan, parts: Parts) {
    this.chance = new Chance(seed);
    this.plan = plan;
    this.parts = parts;
    this.sweep = this.chance.happens('growing', 0, 0.25) ? limits.growingSweep : limits.sweep;
    this.jobs = new SimulatedQueue('jobs', this.scheduler, this.chance, limits.jobs);
    this.snapshots = new SimulatedQueue('snapshots', this.scheduler, this.chance, limits.snapshots);
    this.market = new SimulatedMarket(this.chance, lastProduct, limits.start);
    this.database = new SimulatedDatabase(parts.fold, limits.revisitMs);
    this.witness = new Witness(() => this.scheduler.now);
    this.#watch();
  }

  start(name: string): Process {
    return new Process(name, this.#processes++, this);
  }

  client(process: Process): DynamoDBClient {
    return this.parts.client(this.table.client(process));
  }

  /** Throws while the database is down, which it is for a while in some seeds. */
  touchDatabase(): void {
    const { chance, scheduler } = this;
    if (this.plan === noFaults || !chance.happens('outage', 0, 0.3)) return;
    const from = limits.start.getTime() + (chance.draw('outage from', 0) * limits.faultyMs) / 2;
    const until = from + chance.draw('outage for', 0) * 25 * MINUTE_MS;
    if (scheduler.now >= from && scheduler.now < until) throw new SimulatedFailure('ECONNREFUSED');
  }

  /** Throws while the snapshots queue takes nothing, though it can be asked how much is in it. */
  #touchSnapshots(): void {
    const { chance, scheduler } = this;
    if (this.plan === noFaults || !chance.happens('refusing', 0, 0.2)) return;
    const from = limits.start.getTime() + (chance.draw('refusing from', 0) * limits.faultyMs) / 4;
    if (scheduler.now >= from) throw new SimulatedFailure('ThrottlingException');
  }

  claim(limit: number): Reference[] {
    this.touchDatabase();
    return this.database.claim(limit, this.scheduler.now);
  }

  commit(messages: readonly VisitsMessage[], now: number): StoredBatch {
    this.touchDatabase();
    try {
      const stored = this.database.commit(messages, now);
      for (const message of messages) this.witness.messageCommitted(message);
      return stored;
    } catch (error) {
      this.witness.break(`The database refused a transaction: ${String(error)}`);
      throw error;
    }
  }

  jobsQueue(process: Process): JobsQueue {
    return {
      backlog: () => process.call('backlog', () => this.jobs.size),
      send: (_, jobs) => send(process, 'send jobs', jobs, (job) => this.jobs.add(job)),
    };
  }

  visitsQueue(process: Process): VisitsQueue {
    return {
      send: async (message) => {
        if (message.visits.length + message.discovered.length === 0) return { accepted: [], refused: [] };
        return await send(process, 'send visits', [message], (one) => {
          this.#touchSnapshots();
          this.snapshots.add(one);
        });
      },
    };
  }

  snapshotsDepth(process: Process): QueueDepth {
    return { depth: () => process.call('depth', () => this.snapshots.size) };
  }

  spill(process: Process): Spill & SpilledObjects & SpillLook {
    const { spilled, witness } = this;
    return {
      put: async (object, withinMs) =>
        await process.call('spill', () => {
          if (withinMs <= 0) throw new RangeError('no time left');
          for (const message of object.messages) witness.visitsSpilled(message);
          return spilled.put(object);
        }),
      waits: async () => await process.call('look into the spill', () => spilled.waits()),
      list: async (domain, limit) => await process.call('list spilled', () => spilled.list(domain, limit)),
      get: async (key) => await process.call('get spilled', () => spilled.get(key)),
      remove: async (key) =>
        await process.call('remove spilled', () => {
          witness.spillRemoved(key, spilled.objects.get(key)?.messages ?? []);
          return spilled.remove(key);
        }),
    };
  }

  quarantine(process: Process): Quarantine {
    return {
      put: ({ job, reference }) =>
        process.call('quarantine', () => {
          this.witness.quarantined(job, reference);
          return 'key';
        }),
      putRow: async () => {
        throw new Error('No row is refused here.');
      },
    };
  }

  #watch(): void {
    const { table, jobs, snapshots, database, witness } = this;
    table.onWrite = (key, before, after, by) => witness.tableWritten(key, before, after, by);
    jobs.onAdd = (job) => witness.jobEnqueued(job);
    jobs.onDelete = (job) => witness.jobDeleted(job);
    jobs.onDeath = (job) => witness.died(job);
    snapshots.onAdd = (message) => witness.visitsEnqueued(message);
    snapshots.onDelete = (message) => witness.visitsDeleted(message);
    snapshots.onDeath = (message) => witness.died(message);
    database.onCommit = (visit) => witness.visitCommitted(visit);
  }
}

/** A batch of which some entries may be refused. */
async function send<T>(
  process: Process,
  action: string,
  messages: readonly T[],
  add: (message: T) => void,
): Promise<Sent<T>> {
  const all = (): Sent<T> => {
    for (const message of messages) add(message);
    return { accepted: [...messages], refused: [] };
  };
  const everyOther = (): Sent<T> => {
    const accepted = messages.filter((_, i) => i % 2 === 1);
    for (const message of accepted) add(message);
    const refused = messages.filter((_, i) => i % 2 === 0);
    return { accepted, refused: refused.map((message) => ({ message, detail: 'InternalError' })) };
  };
  return await process.call(action, all, everyOther);
}
