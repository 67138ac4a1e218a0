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

/**
 * Whether trouble of `cause` can be why `symptom` suffers: its own, that of the storage domain which it is stored in, that
 * of the whole stage. What serves the whole stage suffers from anything.
 */
export function isRelated(symptom: Owner, cause: Owner, { marketplaces }: Config): boolean {
  if (symptom === 'stage' || cause === 'stage') return true;
  if ('domain' in symptom) return 'domain' in cause && cause.domain === symptom.domain;
  if ('marketplace' in cause) return cause.marketplace === symptom.marketplace;
  return marketplaces[symptom.marketplace]?.domain === cause.domain;
}
