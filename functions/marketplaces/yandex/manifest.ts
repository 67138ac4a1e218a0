import type { MarketplaceManifest } from '../../contract/manifest.ts';

/** `id` is a literal type: the registry's keys are made of it. */
export const yandexManifest = {
  id: 'yandex' as const,
  title: 'Yandex Market',
  storageSchema: 'retail',
  // Not market.yandex.ru: a redirect to it would show other prices, in another currency, for the same address.
  hosts: ['market.yandex.uz'],
  // Ids are not sequential: products are found through category and search pages.
  sweepKind: null,
  requiresProxy: true,
  // Pages are 1.4 to 2.2 MB.
  maxBodyBytes: 8 * 1024 * 1024,
} satisfies MarketplaceManifest;
