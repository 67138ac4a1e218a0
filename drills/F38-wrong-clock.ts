import { Client } from 'pg';
import { superuser } from '../local/postgres/server.ts';
import type { Drill } from './drill.ts';
import type { World } from './harness/world.ts';

/** By function, in milliseconds; read whenever a process starts. */
const clocks: Record<string, number> = {};

export const drill: Drill = {
  id: 'F38',
  failure: "the scraper's clock is an hour ahead",
  stack: { clockSkewMs: clocks },
  mutation: {
    file: 'functions/adapters/postgres/visit-store.ts',
    find: 'const futureToleranceMs = 5 * 60_000;',
    replace: 'const futureToleranceMs = 5 * 3600_000;',
    removes: 'the refusal of observations from the future',
    failsWith: /^products confirmed in the future: /,
  },
  async run(world) {
    await world.passes.sweep().done;
    await world.inject('the clock is set an hour ahead', () => setClock(world, 3600_000));
    await world.passes.refresh().done;
    world.check('products confirmed in the future', await inTheFuture(world), 0);
    await world.alarms.fires('rows-quarantined');
    await setClock(world, 0);
    await world.passes.newPrices();
    await world.passes.refresh().done;
    await world.passes.settle();
    world.recovered();
    world.check('products confirmed in the future, afterwards', await inTheFuture(world), 0);
  },
};

/** Processes have the new clock from their start on. */
async function setClock(world: World, ms: number): Promise<void> {
  clocks['scrape'] = ms;
  world.processes.signal('SIGKILL', world.processes.pids('scrape', 'uzum'));
  await world.until(
    'no process has the old clock',
    () => world.processes.pids('scrape', 'uzum').length === 0,
  );
}

async function inTheFuture({ stack }: World): Promise<number> {
  const client = new Client({ ...stack.endpoints.postgres['ecommerce'], user: superuser });
  await client.connect();
  try {
    const { rows } = await client.query<{ count: string }>(
      "select count(*) from product_schedule where last_seen_at > now() + interval '1 minute'",
    );
    return Number(rows[0]?.count);
  } finally {
    await client.end();
  }
}
