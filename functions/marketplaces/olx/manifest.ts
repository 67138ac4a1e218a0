import type { MarketplaceManifest } from '../../contract/manifest.ts';

/** `id` is a literal type: the registry's keys are made of it. */
export const olxManifest = {
  id: 'olx' as const,
  title: 'OLX.uz',
  storageSchema: 'retail',
  hosts: ['www.olx.uz'],
  // Ids grow with time and most of them are long gone: ads are found through lists.
  sweepKind: null,
  requiresProxy: false,
  // Lists of 50 and more ads are 0.3 to 0.6 MB, pages with their state up to 2 MB.
  maxBodyBytes: 6 * 1024 * 1024,
} satisfies MarketplaceManifest;
