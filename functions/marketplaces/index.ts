import type { Marketplace } from '../core/marketplace.ts';
import type { manifests } from './manifests.ts';
import { olx } from './olx/index.ts';
import { uzex } from './uzex/index.ts';
import { uzum } from './uzum/index.ts';
import { yandex } from './yandex/index.ts';

/** Ids of the marketplaces that `manifests.ts` lists. */
export type MarketplaceId = (typeof manifests)[number]['id'];

/** Every marketplace by its id. */
export const marketplaces: Readonly<Record<MarketplaceId, Marketplace>> = { uzum, olx, uzex, yandex };

/** The marketplace with this id, or null: ids come from messages, environments and command lines. */
export function findMarketplace(id: string): Marketplace | null {
  return Object.hasOwn(marketplaces, id) ? marketplaces[id as MarketplaceId] : null;
}
