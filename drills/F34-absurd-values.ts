import { Client } from 'pg';
import { superuser } from '../local/postgres/server.ts';
import type { Drill } from './drill.ts';

export const drill: Drill = {
  id: 'F34',
  failure: 'a third of the pages state prices that are zero, negative, enormous or missing',
  mutation: {
    file: 'functions/marketplaces/uzum/product.ts',
    find: "  if ('fault' in price) return { refusal: rejected(price.fault) };\n",
    replace: "  if ('fault' in price) return { price: '0', oldPrice: null };\n",
    removes: 'the refusal of a price that nobody can be asked to pay: it becomes 0',
    failsWith: /^absurd prices in the database: /,
  },
  async run(world) {
    const { alarms, passes, stack } = world;
    await world.inject('prices become absurd', () => world.knobs('uzum', { absurdShare: 0.34 }));
    const { sweeps } = await passes.sweep().done;
    const quarantined = sweeps.reduce((sum, { books }) => sum + books.quarantined, 0);
    world.checkThat('pages are quarantined', quarantined > 50, `${quarantined} are`);
    const client = new Client({ ...stack.endpoints.postgres['ecommerce'], user: superuser });
    await client.connect();
    const { rows } = await client
      .query<{ count: number }>(
        'select count(*)::int as count from price_point where price is null or price <= 0 or price > 1e12',
      )
      .finally(() => client.end());
    world.check('absurd prices in the database', rows[0]?.count, 0);
    // One pass may be over within a single period of the alarm, which wants two.
    await passes.repeat('refresh', alarms.fires('rejected-share'));
    await world.knobs('uzum', { absurdShare: null });
    await passes.newPrices();
    await passes.refresh().done;
    world.recovered();
  },
};
