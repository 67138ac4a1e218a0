import type { MarketplaceManifest } from '../../functions/contract/manifest.ts';
import type { Check } from './checks.ts';
import { type Fault, nearest } from './faults.ts';
import { rateMinutes, scheduleFault } from './schedule-expression.ts';
import type { MarketplaceSettings, PartOf, Settings } from './schema.ts';

type MarketplaceCheck = (given: {
  id: string;
  marketplace: PartOf<MarketplaceSettings>;
  manifest: MarketplaceManifest | undefined;
  settings: PartOf<Settings>;
  /** All that have a parser. */
  manifests: ReadonlyMap<string, MarketplaceManifest>;
}) => Iterable<Omit<Fault, 'path'> & { at: string[] }>;

/** F37: the budget holds over all workers together. */
const connectionBudget: MarketplaceCheck = function* ({ marketplace }) {
  const { maxConcurrency, connectionsPerWorker, connectionBudget: budget } = marketplace;
  if (maxConcurrency === undefined || connectionsPerWorker === undefined || budget === undefined) return;
  const connections = maxConcurrency * connectionsPerWorker;
  if (connections > budget)
    yield {
      at: [],
      message: `maxConcurrency ${maxConcurrency} x connectionsPerWorker ${connectionsPerWorker} = ${connections} connections exceed connectionBudget ${budget}; lower one of them to stay within the budget`,
    };
};

const manifestFits: MarketplaceCheck = function* ({ id, marketplace, manifest, settings, manifests }) {
  if (marketplace.enabled !== true) return;
  if (manifest === undefined) {
    yield {
      at: ['enabled'],
      message: `functions/marketplaces has no ${id}; ${nearest(id, [...manifests.keys()])}, or set this to false`,
    };
    return;
  }
  const schema = settings.storageDomains?.[marketplace.domain ?? '']?.schema;
  if (schema !== undefined && schema !== manifest.storageSchema)
    yield {
      at: ['domain'],
      message: `${marketplace.domain} has the ${schema} tables, but ${manifest.title} needs ${manifest.storageSchema}; choose a domain with that schema`,
    };
};

/** Without a table that names them, kept pages would be objects that nobody finds. */
const rawPayload: MarketplaceCheck = function* ({ marketplace, settings }) {
  const schema = settings.storageDomains?.[marketplace.domain ?? '']?.schema;
  if (marketplace.rawPayload === 'keep' && schema !== undefined && schema !== 'procurement')
    yield {
      at: ['rawPayload'],
      message: `keep needs a domain with the procurement tables, which record where pages are; ${marketplace.domain} has the ${schema} tables, so make it drop`,
    };
};

/** F31: refused before anything starts. */
const proxies: MarketplaceCheck = function* ({ marketplace, manifest }) {
  if (marketplace.enabled === true && manifest?.requiresProxy === true && marketplace.proxies === null)
    yield {
      at: ['proxies'],
      message: `${manifest.title} serves nobody without proxies; name the secret that lists them as in { secretName: 'narx/${manifest.id}-proxies' }, or set enabled to false`,
    };
};

const rate: MarketplaceCheck = function* ({ marketplace, settings }) {
  const { initialPerSecond, minPerSecond, maxPerSecond, nightMaxPerSecond, nightHours } =
    marketplace.rate ?? {};
  if (minPerSecond !== undefined && maxPerSecond !== undefined && initialPerSecond !== undefined)
    if (initialPerSecond < minPerSecond || initialPerSecond > maxPerSecond)
      yield {
        at: ['rate', 'initialPerSecond'],
        message: `${initialPerSecond} is not between minPerSecond ${minPerSecond} and maxPerSecond ${maxPerSecond}; choose one in between`,
      };
  if (nightMaxPerSecond !== undefined && minPerSecond !== undefined && nightMaxPerSecond < minPerSecond)
    yield {
      at: ['rate', 'nightMaxPerSecond'],
      message: `${nightMaxPerSecond} is below minPerSecond ${minPerSecond}; raise it to at least that`,
    };
  if (marketplace.rate !== undefined && (nightMaxPerSecond === undefined) !== (nightHours === undefined))
    yield {
      at: ['rate'],
      message: 'nightMaxPerSecond and nightHours go together; give both or neither',
    };
  // What a batch cannot start in time is parked and dispatched again: right now and then, wasteful as a rule.
  const limit = settings.functions?.scrape?.timeoutSeconds;
  const batch = settings.queues?.jobs?.batchSize;
  const references = marketplace.plan?.referencesPerJob;
  if (
    limit === undefined ||
    batch === undefined ||
    references === undefined ||
    initialPerSecond === undefined
  )
    return;
  const seconds = (references * batch) / initialPerSecond;
  if (seconds > limit)
    yield {
      at: ['rate', 'initialPerSecond'],
      message: `${initialPerSecond} takes ${Math.ceil(seconds)} s for a batch of ${batch} jobs with ${references} references, more than the ${limit} s that scrape has; raise it, or lower plan.referencesPerJob`,
    };
};

const schedules: MarketplaceCheck = function* ({ marketplace, manifest }) {
  const given = Object.entries(marketplace.schedules ?? {});
  for (const [mode, expression] of given) {
    const fault = expression === undefined ? null : scheduleFault(expression);
    if (fault !== null) yield { at: ['schedules', mode], message: fault };
  }
  if (marketplace.schedules !== undefined && marketplace.enabled === true && given.length === 0)
    yield {
      at: ['schedules'],
      message: 'is empty, so nothing would start; give refresh or sweep a schedule',
    };
  const { discover, refresh } = marketplace.schedules ?? {};
  if (discover !== undefined && refresh === undefined)
    yield {
      at: ['schedules', 'discover'],
      message:
        'finds references that nothing would visit, because schedules.refresh is missing; give it a schedule',
    };
  if (marketplace.plan?.seeds !== undefined && marketplace.schedules !== undefined && discover === undefined)
    yield {
      at: ['plan', 'seeds'],
      message: 'names listings, but schedules.discover is missing; give it a schedule or take this out',
    };

  const sweep = marketplace.plan?.sweep;
  const scheduled = marketplace.schedules?.sweep !== undefined;
  if (sweep === null && scheduled)
    yield { at: ['schedules', 'sweep'], message: 'plan.sweep is null; give it an id range or take this out' };
  if (sweep !== null && sweep !== undefined && marketplace.schedules !== undefined && !scheduled)
    yield {
      at: ['plan', 'sweep'],
      message: 'has an id range, but schedules.sweep is missing; give it a schedule or set the range to null',
    };
  if (sweep !== null && sweep !== undefined && manifest?.sweepKind === null)
    yield {
      at: ['plan', 'sweep'],
      message: `ids of ${manifest.title} cannot be walked through; set it to null`,
    };
};

const sweepRange: MarketplaceCheck = function* ({ marketplace }) {
  const { plan } = marketplace;
  const first = plan?.sweep?.first;
  const last = plan?.sweep?.last;
  if (first === undefined || last === undefined) return;
  if (first > last) {
    yield {
      at: ['plan', 'sweep'],
      message: `first ${first} is greater than last ${last}; exchange or mend them`,
    };
    return;
  }
  const minutes = rateMinutes(marketplace.schedules?.sweep ?? '');
  const deadline = plan?.sweepDeadlineHours;
  if (minutes === null || deadline === undefined || plan?.window === undefined) return;
  const hours = (Math.ceil((last - first + 1) / plan.window) * minutes) / 60;
  if (hours > deadline)
    yield {
      at: ['plan', 'sweepDeadlineHours'],
      message: `the sweep of ${last - first + 1} ids takes at least ${Math.ceil(hours)} h in windows of ${plan.window}, more than ${deadline} h; raise it, plan.window or the schedule's rate`,
    };
};

/** F26: a call gives up before its caller does. */
const requestTimeout: MarketplaceCheck = function* ({ marketplace, settings }) {
  const limit = settings.functions?.scrape?.timeoutSeconds;
  const timeout = marketplace.requestTimeoutSeconds;
  // Half of the function's time, so that a job that meets one hanging request still sends what it has.
  if (limit !== undefined && timeout !== undefined && timeout * 2 > limit)
    yield {
      at: ['requestTimeoutSeconds'],
      message: `${timeout} s is more than half of the ${limit} s that scrape has; lower it or raise functions.scrape.timeoutSeconds`,
    };
};

/** Without this the backlog alarm would be the plan's normal state. */
const backlogLimit: MarketplaceCheck = function* ({ marketplace, settings }) {
  const limit = marketplace.plan?.maxBacklogMessages;
  const critical = settings.alarms?.backlogCritical;
  if (limit !== undefined && critical !== undefined && limit >= critical)
    yield {
      at: ['plan', 'maxBacklogMessages'],
      message: `${limit} lets dispatch add to a backlog that is critical at ${critical}; lower it below alarms.backlogCritical`,
    };
};

/** Targets that a range of fixed length cannot hold would be alarms that never go out (F33). */
const dailyTargets: MarketplaceCheck = function* ({ marketplace }) {
  const { plan, schedules: modes } = marketplace;
  const { first, last, beyond } = plan?.sweep ?? {};
  // A range that is looked beyond grows, and listings lead out of it.
  if (first === undefined || last === undefined || beyond !== 0 || modes?.discover !== undefined) return;
  const products = last - first + 1;
  for (const target of ['confirmedPerDay', 'priceChangesPerDay'] as const) {
    const wanted = marketplace[target];
    if (wanted !== undefined && wanted > products)
      yield {
        at: [target],
        message: `${wanted} is more than the ${products} ids of plan.sweep, so that its alarm would never go out; lower it`,
      };
  }
};

function overEach(check: MarketplaceCheck): Check {
  return function* (settings, manifests) {
    for (const [id, marketplace] of Object.entries(settings.marketplaces ?? {}))
      for (const { at, message } of check({
        id,
        marketplace,
        manifest: manifests.get(id),
        settings,
        manifests,
      }))
        yield { path: ['marketplaces', id, ...at], message };
  };
}

/** The checks of each marketplace, each run over all of them. */
export const marketplaceChecks: readonly Check[] = [
  manifestFits,
  rawPayload,
  proxies,
  rate,
  connectionBudget,
  schedules,
  sweepRange,
  requestTimeout,
  backlogLimit,
  dailyTargets,
].map(overEach);
