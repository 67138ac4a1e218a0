import type { MarketplaceManifest } from '../../contract/manifest.ts';

/** `id` is a literal type: the registry's keys are made of it. */
export const uzexManifest = {
  id: 'uzex' as const,
  title: 'UZEX',
  storageSchema: 'procurement',
  hosts: [
    'xarid-api-auction.uzex.uz',
    'xarid-api-shop.uzex.uz',
    'xarid-api-trade.uzex.uz',
    'apietender.uzex.uz',
  ],
  // Ids of the systems overlap and have gaps: lots are found through lists of rows.
  sweepKind: null,
  requiresProxy: false,
  // A window of 500 rows is half a megabyte, a trade 30 to 40 KB.
  maxBodyBytes: 6 * 1024 * 1024,
} satisfies MarketplaceManifest;
