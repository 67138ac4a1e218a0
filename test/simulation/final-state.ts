import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import type { VisitsMessage } from '../../functions/contract/messages.ts';
import type { Observation, Run } from '../../functions/core/history/runs.ts';
import { sameValue } from '../../functions/core/history/value.ts';
import { canonicalFold, fold, withoutHidden } from '../core/history/observations.ts';
import { noFaults } from './faults.ts';
import { LARGEST_SKEW_MS } from './process.ts';
import { runsOf, type StoredProduct } from './services/database.ts';
import { limits, type World } from './world.ts';

/** What does not hold once everything is drained; null: all does. */
export async function finalFaults(world: World, healedAt: number): Promise<string | null> {
  // A worker that slept all the while may wake during the accounts and send once more: that is on its way, not redriven.
  const accepted = [...world.witness.accepted];
  return (
    nothingLost(world, healedAt) ??
    (await booksBalance(world)) ??
    historyIsRight(world) ??
    redriveChangesNothing(world, accepted)
  );
}

function nothingLost({ market, database, witness, table, sweep }: World, healedAt: number): string | null {
  for (const id of reachedIds(market.ids, sweep)) {
    const seen = database.products.get(id)?.sighting.lastSeenAt ?? 0;
    if (seen < healedAt - LARGEST_SKEW_MS) return `The product ${id} was not seen since the faults stopped`;
  }
  for (const pk of table.partitions.filter((name) => name.startsWith('SWEEP#'))) {
    for (const item of table.partition(pk)) {
      const number = Number(item['sk']?.S?.replace('JOB#', ''));
      const job = `${pk.slice('SWEEP#'.length)}#${number}`;
      if (!witness.enqueued.has(job)) return `The job ${job} was planned and never enqueued`;
    }
  }
  return null;
}

/** Those of the range, and beyond it those that no wider gap lies before than a sweep crosses. */
function reachedIds(ids: readonly string[], { last, beyond }: World['sweep']): string[] {
  const reached: string[] = [];
  for (const id of ids)
    if (Number(id) <= last || Number(id) - Number(reached.at(-1) ?? Number.NEGATIVE_INFINITY) <= beyond)
      reached.push(id);
  return reached;
}

async function booksBalance(world: World): Promise<string | null> {
  world.plan = noFaults;
  const ledger = new DynamoLedger(world.table.client(world.start('audit')), 'coordination');
  for (const item of world.table.partition(`SWEEPS#${limits.marketplace}`)) {
    const sweepId = item['sk']?.S ?? '';
    const asked = ledger.books(sweepId);
    await world.scheduler.runUntil(world.scheduler.now + 10_000, () => false);
    const { dispatched, inFlight, ...outcomes } = await asked;
    const settled = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
    if (settled + inFlight !== dispatched) return `The books of ${sweepId} do not balance`;
    if (inFlight > 0 && !world.met.some(({ place }) => /UpdateItem SWEEP$/.test(place))) {
      return `${inFlight} references of ${sweepId} are in flight for ever`;
    }
    if (item['planned']?.BOOL !== true) return `The sweep ${sweepId} was never planned to its end`;
  }
  return null;
}

/** Design section 7, clause by clause, against what transactions delivered, in the order in which they did. */
function historyIsRight({ database, market }: World): string | null {
  for (const [id, product] of database.products) {
    for (const [name, sku] of product.skus) {
      const observations = observationsOf(database.deliveries, id, name);
      const runs = runsOf(sku, product.sighting.lastSeenAt);
      const fault = skuFault(observations, runs);
      if (fault) return `SKU ${id}/${name}: ${fault}`;
      for (const { at, value } of observations) {
        const shown = market.shown.get(id)?.get(at) ?? [];
        const offers = shown.flatMap((snapshot) =>
          snapshot.offers.filter(({ externalId }) => externalId === name),
        );
        if (!offers.some(({ price }) => price === value.price))
          return `SKU ${id}/${name}: never was ${value.price}`;
      }
    }
  }
  return null;
}

function skuFault(observations: readonly Observation[], runs: readonly Run[]): string | null {
  const newest = Math.max(...observations.map(({ at }) => at));
  const last = runs.at(-1);
  const isObserved = (at: number, value: Run['value']): boolean =>
    observations.some((o) => o.at === at && sameValue(o.value, value));
  if (!last || last.last !== newest || !isObserved(newest, last.value))
    return 'the newest observation is not the state';
  for (const [index, run] of runs.entries()) {
    if (!isObserved(run.first, run.value) || !isObserved(run.last, run.value)) {
      return 'a price point begins or ends where nothing was observed';
    }
    const next = runs[index + 1];
    if (!next) continue;
    if (sameValue(run.value, next.value)) return 'two neighbouring price points are equal';
    if (run.last >= next.first) return 'two price points overlap';
  }
  for (const { at } of observations) {
    const run = runs.find(({ first, last: end }) => first <= at && at <= end);
    if (run && !isObserved(at, run.value)) return 'history contradicts an observation';
  }
  const canonical = canonicalFold(observations);
  const inOrder = observations.every(({ at }, i) => i === 0 || at >= (observations[i - 1]?.at ?? at));
  if (inOrder && JSON.stringify(withoutHidden(runs)) !== JSON.stringify(canonical)) {
    return 'observations arrived in order, and history is not their fold';
  }
  for (const run of runs) {
    const cover = canonical.find(({ first, last: end }) => first <= run.first && run.last <= end);
    if (!cover || !sameValue(cover.value, run.value)) return 'a price point is wider than what was observed';
  }
  const expected = withoutHidden(fold(observations).runs);
  if (JSON.stringify(withoutHidden(runs)) !== JSON.stringify(expected))
    return 'history is not the fold of what arrived';
  return null;
}

function observationsOf(deliveries: World['database']['deliveries'], id: string, sku: string): Observation[] {
  return deliveries
    .filter(({ product }) => product === id)
    .flatMap(({ visits }) => visits)
    .flatMap((visit) => {
      const offer =
        visit.outcome === 'ok' ? visit.offers.find(({ externalId }) => externalId === sku) : undefined;
      return offer ? [{ at: visit.at, value: offer.value }] : [];
    });
}

/**
 * Every message that ever was is delivered once more. The state stays; so does history where it was exact, and elsewhere it
 * may only come nearer to what was observed.
 */
function redriveChangesNothing(world: World, accepted: readonly VisitsMessage[]): string | null {
  const { database, witness, scheduler } = world;
  const before = new Map([...database.products].map(([id, product]) => [id, stateOf(product)]));
  const exact = new Map(
    [...database.products].flatMap(([id, product]) =>
      [...product.skus].flatMap(([name, sku]): [string, string][] => {
        const canonical = JSON.stringify(canonicalFold(observationsOf(database.deliveries, id, name)));
        const runs = JSON.stringify(withoutHidden(runsOf(sku, product.sighting.lastSeenAt)));
        return runs === canonical ? [[`${id}/${name}`, runs]] : [];
      }),
    ),
  );
  const messages = accepted.map((message, n) => ({
    message,
    place: world.chance.draw('redrive', n),
  }));
  messages.sort((a, b) => a.place - b.place);
  for (const { message } of messages) world.commit([message], scheduler.now);
  if (witness.broken) return witness.broken;
  for (const [id, product] of database.products) {
    if (before.get(id) !== stateOf(product)) return `A redrive changed the state of the product ${id}`;
    for (const [name, sku] of product.skus) {
      const runs = JSON.stringify(withoutHidden(runsOf(sku, product.sighting.lastSeenAt)));
      const known = exact.get(`${id}/${name}`);
      if (known !== undefined && known !== runs) return `A redrive changed the history of ${id}/${name}`;
    }
  }
  return historyIsRight(world);
}

function stateOf({ sighting, skus }: StoredProduct): string {
  const { lastSeenAt, missingChecks, missingSince } = sighting;
  const values = [...skus].map(([name, { value, listed }]) => [name, value, listed]);
  return JSON.stringify([lastSeenAt, missingChecks, missingSince, values]);
}
