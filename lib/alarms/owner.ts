import type { StageConfig } from '../config/schema.ts';

/** What an alarm speaks for: a marketplace, a storage domain, or the whole stage. */
export type Owner = { marketplace: string } | { domain: string } | 'stage';

type Config = Pick<StageConfig, 'marketplaces' | 'storageDomains'>;

/** The owner that an alarm's dimension names: `uzum-jobs` is Uzum's, `ecommerce-snapshots` the domain's. */
export function ownerOf(dimension: string | null, { marketplaces, storageDomains }: Config): Owner {
  if (dimension === null) return 'stage';
  // The longest name that fits: one may be part of another.
  const named = (ids: Record<string, unknown>) =>
    Object.keys(ids)
      .filter((id) => `-${dimension}-`.includes(`-${id}-`))
      .toSorted((a, b) => b.length - a.length)[0];
  const marketplace = named(marketplaces);
  if (marketplace !== undefined) return { marketplace };
  const domain = named(storageDomains);
  return domain === undefined ? 'stage' : { domain };
}

/** Whether what stops `wide` stops `owner` too: all of a stage, and the marketplaces that a storage domain keeps. */
export function dependsOn(owner: Owner, wide: Owner, { marketplaces }: Config): boolean {
  if (owner === 'stage') return false;
  if (wide === 'stage') return true;
  if ('domain' in owner || 'marketplace' in wide) return false;
  return marketplaces[owner.marketplace]?.domain === wide.domain;
}

/** `uzum`, `ecommerce`, `stage`. */
export function nameOf(owner: Owner): string {
  if (owner === 'stage') return owner;
  return 'marketplace' in owner ? owner.marketplace : owner.domain;
}
