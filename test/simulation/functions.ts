import { DynamoBreakers } from '../../functions/adapters/dynamodb/breakers.ts';
import { DynamoCheckpoints } from '../../functions/adapters/dynamodb/checkpoints.ts';
import { DynamoClearances } from '../../functions/adapters/dynamodb/clearances.ts';
import { DynamoGates } from '../../functions/adapters/dynamodb/gates.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import { DynamoParkedReferences } from '../../functions/adapters/dynamodb/parked.ts';
import { DynamoPauses } from '../../functions/adapters/dynamodb/pauses.ts';
import { DynamoStorages } from '../../functions/adapters/dynamodb/storages.ts';
import type { DispatchEvent } from '../../functions/contract/messages.ts';
import { type DispatchSummary, dispatch } from '../../functions/core/dispatch.ts';
import { dispatchGaps } from '../../functions/core/gaps.ts';
import { keepGate } from '../../functions/core/gatekeeper.ts';
import { keepDomain } from '../../functions/core/gatekeeper-domain.ts';
import type { Probe } from '../../functions/core/ports/fetching.ts';
import type { QueueConsumers } from '../../functions/core/ports/queues.ts';
import type { StorageProbe } from '../../functions/core/ports/storage.ts';
import { replaySpill } from '../../functions/core/replay-spill.ts';
import type { Process } from './process.ts';
import { quiet } from './quiet.ts';
import { limits, table, type World } from './world.ts';

/** Single runs of the functions that schedules call, put together as their handlers do it. */

/** One run of dispatch, in an environment of its own. */
export async function runDispatch(
  world: World,
  process: Process,
  event: DispatchEvent,
  requestId: string,
  remainingMs: () => number,
): Promise<DispatchSummary> {
  const client = world.client(process);
  const ports = world.parts.dispatchPorts({
    checkpoints: new DynamoCheckpoints(client, table, process),
    jobs: world.jobsQueue(process),
    ledger: new DynamoLedger(client, table),
    parked: new DynamoParkedReferences(client, table),
    due: {
      claim: (_, limit) => process.call('claim', () => world.claim(limit)),
    },
    gates: new DynamoGates(client, table),
    breakers: new DynamoBreakers(client, table),
    clock: process,
    log: quiet,
    metrics: quiet,
  });
  const plans = { [limits.marketplace]: { ...limits.plan, sweep: world.sweep } };
  return await dispatch(ports, { ...limits.dispatch, plans }, event, { requestId, remainingMs });
}

/** A look for gaps. There is no audit here, so that it finds none, but says what is under way no more. */
export async function runGaps(world: World, process: Process, remainingMs: () => number): Promise<void> {
  const client = world.client(process);
  const ports = world.parts.gapPorts({
    ledger: new DynamoLedger(client, table),
    checkpoints: new DynamoCheckpoints(client, table, process),
    jobs: world.jobsQueue(process),
    snapshots: world.snapshotsDepth(process),
    spill: world.spill(process),
    gates: new DynamoGates(client, table),
    clearances: new DynamoClearances(client, table),
    clock: process,
    log: quiet,
    metrics: quiet,
  });
  const plan = { ...limits.plan, sweep: world.sweep };
  const settings = {
    ...limits.gaps,
    plan,
    sweepKind: 'product' as const,
    mayGoOn: () => remainingMs() > 30_000,
  };
  await dispatchGaps(ports, settings, limits.marketplace);
}

/** What the gatekeeper asks the functions and Lambda for. */
export interface Kept {
  consumers: QueueConsumers;
  scrape: Probe;
  store: StorageProbe;
}

export async function runGatekeeper(
  world: World,
  process: Process,
  { consumers, scrape, store }: Kept,
  owner: string,
): Promise<void> {
  const client = world.client(process);
  const ports = { consumers, clock: process, log: quiet, metrics: quiet };
  const gates = new DynamoGates(client, table);
  const breakers = new DynamoBreakers(client, table);
  const pauses = new DynamoPauses(client, table);
  const storages = new DynamoStorages(client, table);
  const { gate, breaker, marketplace, domain } = limits;
  const leaseMs = 60_000;
  const runs = await Promise.allSettled([
    keepGate(
      { ...ports, gates, probe: scrape },
      { gate, leaseMs },
      { marketplace, functionName: 'scrape', mapping: 'jobs' },
      owner,
    ),
    keepDomain(
      { ...ports, breakers, pauses, storages, freeStorage: unmeasured, backups: null, probe: store },
      { breaker, leaseMs, timeScale: 1 },
      { domain, functionName: 'store', mapping: 'snapshots', ...disk },
      owner,
    ),
  ]);
  for (const run of runs) if (run.status === 'rejected') throw run.reason;
}

/** Disks and backups are not part of the simulation: nobody measures them. */
const unmeasured = { read: async () => [] };
const disk = { instance: 'database', holdBytes: 7e9, resumeBytes: 9e9 };

export async function runReplay(world: World, process: Process, remainingMs: () => number): Promise<void> {
  const ports = { spilled: world.spill(process), visits: world.visitsQueue(process) };
  const budget = { mayGoOn: () => remainingMs() > 30_000, sendMs: 10_000 };
  await replaySpill(limits.domain, { ...world.parts.replayPorts(ports), clock: process, log: quiet }, budget);
}
