import type { MarketplaceManifest } from '../../contract/manifest.ts';

/** `id` is a literal type: the registry's keys are made of it. */
export const uzumManifest = {
  id: 'uzum' as const,
  title: 'Uzum',
  storageSchema: 'retail',
  hosts: ['api.uzum.uz', 'graphql.uzum.uz'],
  sweepKind: 'product',
  requiresProxy: false,
  // Products are 8 to 150 KB, the whole category tree 0.4 MB.
  maxBodyBytes: 6 * 1024 * 1024,
} satisfies MarketplaceManifest;
