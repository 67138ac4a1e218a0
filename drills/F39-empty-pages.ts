import { Client } from 'pg';
import { superuser } from '../local/postgres/server.ts';
import type { Drill } from './drill.ts';
import type { World } from './harness/world.ts';

export const drill: Drill = {
  id: 'F39',
  failure: 'every page of UZEX is answered with 200 and nothing in it',
  mutation: {
    file: 'functions/core/pages.ts',
    find: "      return park(result.outcome, result.detail);\n    case 'format-changed':",
    replace:
      "      return { ...missing(reference, index, response), isEmpty: true };\n    case 'format-changed':",
    removes: 'what tells an empty page from one that says that there is no such lot',
    failsWith: /^lots that count as missing: /,
  },
  stack: { stage: 'drillall' },
  async run(world) {
    const { alarms, passes } = world;
    await passes.discover('uzex').done;
    await passes.walk('uzex');
    const before = await lotsOf(world);
    world.checkThat('lots are stored', before.lots > 50, `${before.lots} are`);
    await world.inject('every page is empty', () => world.knobs('uzex', { emptyShare: 1 }));
    await passes.repeat('refresh', alarms.fires('empty-share'), 'uzex');
    const during = await lotsOf(world);
    world.check('lots that count as missing', during.missing, before.missing);
    world.check('price points', during.points, before.points);

    await world.knobs('uzex', { emptyShare: null });
    await passes.settle();
    await alarms.clears('empty-share', { withinS: 60 });
    world.recovered();
  },
};

/** What the database holds of UZEX. */
async function lotsOf(world: World): Promise<{ lots: number; missing: number; points: number }> {
  const client = new Client({ ...world.stack.endpoints.postgres['procurement'], user: superuser });
  await client.connect();
  try {
    const { rows } = await client.query<{ lots: number; missing: number; points: number }>(
      `select count(*)::int as lots, (count(*) filter (where s.missing_checks > 0))::int as missing,
         (select count(*)::int from price_point) as points
       from product p join product_schedule s on s.product_id = p.id where p.kind = 'l'`,
    );
    return rows[0] ?? { lots: 0, missing: 0, points: 0 };
  } finally {
    await client.end();
  }
}
