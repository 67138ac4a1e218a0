import type { MarketplaceManifest } from '../contract/manifest.ts';
import { olxManifest } from './olx/manifest.ts';
import { uzexManifest } from './uzex/manifest.ts';
import { uzumManifest } from './uzum/manifest.ts';
import { yandexManifest } from './yandex/manifest.ts';

/** Every marketplace, as data: what `lib/` and the tools read without loading a parser. Order is the display order. */
export const manifests = [
  uzumManifest,
  olxManifest,
  uzexManifest,
  yandexManifest,
] as const satisfies readonly MarketplaceManifest[];
