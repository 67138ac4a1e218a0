/**
 * How many database connections a storage domain needs and may have. All numbers are per storage domain.
 */

/** Share of `max_connections` that may be planned for: the alarm `database-connections` warns above it. */
export const plannedShare = 0.8;

/** audit runs alone, so do migrate and archive, and one session for an operator. */
const singleConnections = 4;

/** A marketplace's dispatch may ask for due references twice at once: its schedule is delivered at least once. */
const duePerMarketplace = 2;

/** Connections in use when everything of the domain runs at the same time. */
export function connectionsNeeded(domain: {
  storeConcurrency: number;
  connectionsPerStore: number;
  enabledMarketplaces: number;
  apiConcurrency: number;
}): number {
  return (
    domain.storeConcurrency * domain.connectionsPerStore +
    domain.enabledMarketplaces * duePerMarketplace +
    domain.apiConcurrency +
    singleConnections
  );
}

/** GiB of memory of the smallest two sizes of the memory-per-size families; larger sizes double. */
const sizes = ['micro', 'small', 'medium', 'large', 'xlarge', '2xlarge'];
const burstable: Record<string, number> = {
  micro: 1,
  small: 2,
  medium: 4,
  large: 8,
  xlarge: 16,
  '2xlarge': 32,
};
const gibPerXlarge: Record<string, number> = { m: 16, r: 32 };

export const knownInstanceTypes = `t4g.${sizes.join('/')}, and the m and r families from large upwards, as in m7g.large`;

/**
 * What RDS would set as `max_connections` by itself: memory / 9531392, at most 5,000 (RDS user guide, "Quotas and
 * constraints", maximum number of database connections). Null for a type that is not known here.
 */
export function instanceMaxConnections(instanceType: string): number | null {
  const gib = memoryGib(instanceType);
  return gib === null ? null : Math.min(5_000, Math.floor((gib * 1024 ** 3) / 9_531_392));
}

/** Memory of an instance type in bytes, or null. */
function memoryGib(instanceType: string): number | null {
  const match = /^(t|m|r)(\d)[a-z]{0,3}\.(micro|small|medium|large|(\d*)xlarge)$/.exec(instanceType);
  if (match === null) return null;
  const [, family = '', , size = '', times] = match;
  if (family === 't') return burstable[size] ?? null;
  const perXlarge = gibPerXlarge[family] ?? 0;
  if (size === 'large') return perXlarge / 2;
  return times === undefined ? null : perXlarge * Number(times === '' ? 1 : times);
}
