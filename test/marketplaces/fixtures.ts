import { type MarketplaceId, marketplaces } from '../../functions/marketplaces/index.ts';
import type { Fixtures } from '../../functions/marketplaces/shared/fixture-cases.ts';

const ids = Object.keys(marketplaces) as MarketplaceId[];

/** Every registered marketplace with the fixtures of its folder; one without fixtures fails to load. */
export const registered = await Promise.all(
  ids.map(async (id) => {
    const { fixtures }: { fixtures: Fixtures } = await import(
      `../../functions/marketplaces/${id}/fixtures/cases.ts`
    );
    return { id, marketplace: marketplaces[id], fixtures };
  }),
);
