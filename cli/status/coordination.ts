import { DynamoBreakers } from '../../functions/adapters/dynamodb/breakers.ts';
import { DynamoGates } from '../../functions/adapters/dynamodb/gates.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import { DynamoMeasurements } from '../../functions/adapters/dynamodb/measurements.ts';
import { DynamoPaces } from '../../functions/adapters/dynamodb/paces.ts';
import { DynamoPauses } from '../../functions/adapters/dynamodb/pauses.ts';
import { DynamoStorages } from '../../functions/adapters/dynamodb/storages.ts';
import type { Breaker } from '../../functions/core/model/breaker.ts';
import type { Gate } from '../../functions/core/model/gate.ts';
import { newStorage } from '../../functions/core/model/storage.ts';
import { type Pause, pausesOfDomain, pausesOfMarketplace } from '../../functions/core/pauses.ts';
import type { Sweep } from '../../functions/core/ports/ledger.ts';
import type { Measurement } from '../../functions/core/ports/shared.ts';
import type { Stage } from '../stage/connect.ts';
import { inTime } from './deadline.ts';
import type { StatusPause, SweepStatus } from './model.ts';

/** What the coordination table says of a stage. */
export interface Coordination {
  gates: Map<string, Gate>;
  breakers: Map<string, Breaker>;
  perSecond: Map<string, number>;
  measured: Map<string, Measurement>;
  pauses: StatusPause[];
  sweeps: Sweep[];
}

/** Of each marketplace and mode the newest: those before it are in the books of the audit. */
const recentSweeps = 12;

export async function readCoordination(
  { clients, names, settings }: Stage,
  of: { marketplaces: string[]; domains: string[] },
): Promise<Coordination> {
  const { dynamodb } = clients;
  const gates = new DynamoGates(dynamodb, names.table);
  const breakers = new DynamoBreakers(dynamodb, names.table);
  const orders = new DynamoPauses(dynamodb, names.table);
  const disks = new DynamoStorages(dynamodb, names.table);
  const ledger = new DynamoLedger(dynamodb, names.table);
  const rate = async (id: string) => {
    const initial = settings.marketplaces[id]?.rate.initialPerSecond ?? 1;
    return (await new DynamoPaces(dynamodb, names.table, initial).read(id)).rate;
  };
  const [gateOf, breakerOf, operators, storages, rates, measured, sweeps] = await Promise.all([
    each(of.marketplaces, (id) => gates.read(id)),
    each(of.domains, (id) => breakers.read(id)),
    each(of.domains, (id) => orders.read(id)),
    each(of.domains, (id) => disks.read(id)),
    each(of.marketplaces, rate),
    new DynamoMeasurements(dynamodb, names.table).read(of.marketplaces),
    Promise.all(of.marketplaces.map(async (id) => newest(await ledger.sweeps(id, recentSweeps)))),
  ]);
  const pauses = [
    ...[...gateOf].flatMap(([id, gate]) => named(id, pausesOfMarketplace(gate))),
    ...[...breakerOf].flatMap(([id, breaker]) =>
      named(
        id,
        pausesOfDomain({
          breaker,
          operator: operators.get(id) ?? null,
          storage: storages.get(id) ?? newStorage(),
        }),
      ),
    ),
  ];
  return { gates: gateOf, breakers: breakerOf, perSecond: rates, measured, pauses, sweeps: sweeps.flat() };
}

/** The books of each sweep, counted side by side; those that take too long are left uncounted. */
export async function countBooks(
  { clients, names }: Stage,
  sweeps: readonly Sweep[],
  withinMs: number,
): Promise<SweepStatus[]> {
  const ledger = new DynamoLedger(clients.dynamodb, names.table);
  return await Promise.all(
    sweeps.map(async (sweep) => ({
      sweepId: sweep.sweepId,
      marketplace: sweep.marketplace,
      mode: sweep.mode,
      startedAt: sweep.startedAt.toISOString(),
      deadline: sweep.deadline.toISOString(),
      planned: sweep.planned,
      books: await inTime(withinMs, () => ledger.books(sweep.sweepId)),
    })),
  );
}

async function each<T>(ids: readonly string[], read: (id: string) => Promise<T>): Promise<Map<string, T>> {
  return new Map(await Promise.all(ids.map(async (id): Promise<[string, T]> => [id, await read(id)])));
}

function newest(sweeps: readonly Sweep[]): Sweep[] {
  const byMode = new Map<string, Sweep>();
  for (const sweep of sweeps) if (!byMode.has(sweep.mode)) byMode.set(sweep.mode, sweep);
  return [...byMode.values()];
}

function named(owner: string, pauses: readonly Pause[]): StatusPause[] {
  return pauses.map(({ by, reason, since, nextProbe }) => ({
    owner,
    by,
    reason,
    since: since.toISOString(),
    nextProbe: nextProbe?.toISOString() ?? null,
  }));
}
