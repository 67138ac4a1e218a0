import { Client } from 'pg';
import { superuser } from '../local/postgres/server.ts';
import type { Drill } from './drill.ts';
import type { World } from './harness/world.ts';

export const drill: Drill = {
  id: 'F40',
  failure: 'products are deleted, and some of them come back',
  mutation: {
    file: 'functions/core/history/sighting.ts',
    find: 'missingChecks: Math.min(missingChecks + 1, mostChecks),',
    replace: 'missingChecks: Math.min(missingChecks, mostChecks),',
    removes: 'the end of what is missing three times',
    failsWith: /^deleted products without an end: /,
  },
  async run(world) {
    await world.passes.sweep().done;
    await world.inject('products vanish', () => world.passes.newPrices());
    for (let epoch = 1; ; epoch += 1) {
      const pass = world.passes.refresh();
      await pass.done;
      if (epoch === 1 && pass.books().gone > 0) world.seenThrough('the books');
      if (epoch === 4) break;
      await world.passes.newPrices();
    }
    world.recovered();
    const { lived, dead } = await everThere(world);
    const stored = await storedOf(world, dead);
    world.checkThat('products vanished', dead.length > 0, `${dead.length} of ${lived}`);
    world.check('deleted products without an end', stored.filter(({ gone }) => !gone).length, 0);
    world.check('deleted products without a history', stored.filter(({ points }) => points === 0).length, 0);
  },
};

/** Products that were there in the first epoch, and those of them that were in none since. */
async function everThere({ session }: World): Promise<{ lived: number; dead: string[] }> {
  const first = new Set<string>();
  for await (const { externalId } of session.simulator.truth('uzum', 0)) first.add(externalId);
  const dead = new Set(first);
  for (const epoch of [1, 2, 3, 4].slice(0, (await session.simulator.state()).epoch))
    for await (const { externalId } of session.simulator.truth('uzum', epoch)) dead.delete(externalId);
  return { lived: first.size, dead: [...dead] };
}

async function storedOf(world: World, ids: string[]): Promise<{ gone: boolean; points: number }[]> {
  const client = new Client({ ...world.stack.endpoints.postgres['ecommerce'], user: superuser });
  await client.connect();
  try {
    const { rows } = await client.query<{ gone: boolean; points: number }>(
      `select s.missing_checks >= 3 as gone,
         (select count(*)::int from price_point h join sku k on k.id = h.sku_id where k.product_id = p.id) as points
       from product p join product_schedule s on s.product_id = p.id where p.external_id = any ($1)`,
      [ids],
    );
    return rows;
  } finally {
    await client.end();
  }
}
