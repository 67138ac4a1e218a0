import type { MarketplaceManifest } from '../../functions/contract/manifest.ts';
import { connectionsNeeded, instanceMaxConnections, knownInstanceTypes, plannedShare } from './capacity.ts';
import { type Fault, nearest } from './faults.ts';
import { marketplaceChecks } from './marketplace-checks.ts';
import type { PartOf, Settings } from './schema.ts';

/** A check over two or more values. A value that is missing here has a fault of its own: the check leaves it out. */
export type Check = (
  settings: PartOf<Settings>,
  manifests: ReadonlyMap<string, MarketplaceManifest>,
) => Iterable<Fault>;

const databaseConnections: Check = function* ({ storageDomains = {}, marketplaces = {}, api }) {
  for (const [id, domain] of Object.entries(storageDomains)) {
    const { maxConnections, storeConcurrency, connectionsPerStore, instanceType } = domain;
    if (maxConnections !== undefined && instanceType !== undefined) {
      const possible = instanceMaxConnections(instanceType);
      if (possible === null)
        yield {
          path: ['storageDomains', id, 'instanceType'],
          message: `${instanceType} is not an instance type whose memory is known here; use one of ${knownInstanceTypes}`,
        };
      else if (maxConnections > possible)
        yield {
          path: ['storageDomains', id, 'maxConnections'],
          message: `${maxConnections} connections exceed the ${possible} that the memory of ${instanceType} allows; lower it, or choose a larger instanceType`,
        };
    }
    if (maxConnections === undefined || storeConcurrency === undefined || connectionsPerStore === undefined)
      continue;
    const enabledMarketplaces = Object.values(marketplaces).filter(
      (marketplace) => marketplace.enabled === true && marketplace.domain === id,
    ).length;
    const needed = connectionsNeeded({
      storeConcurrency,
      connectionsPerStore,
      enabledMarketplaces,
      apiConcurrency: api?.concurrency ?? 0,
    });
    const planned = Math.floor(maxConnections * plannedShare);
    if (needed > planned)
      yield {
        path: ['storageDomains', id],
        message: `storeConcurrency ${storeConcurrency} x connectionsPerStore ${connectionsPerStore} and the other functions (api.concurrency among them) need ${needed} connections, more than the ${planned} (${plannedShare * 100} %) of maxConnections ${maxConnections} that may be planned for; lower one of them or raise maxConnections`,
      };
  }
};

const storage: Check = function* ({ storageDomains = {}, queues }) {
  const longest = queues?.deadLetterRetentionDays;
  for (const [id, { allocatedStorageGb, maxStorageGb, historyRetentionDays }] of Object.entries(
    storageDomains,
  )) {
    // RDS wants the maximum at least 10 % above what is allocated, or autoscaling cannot begin.
    const least = allocatedStorageGb === undefined ? 0 : Math.ceil((allocatedStorageGb * 11) / 10);
    if (maxStorageGb !== undefined && maxStorageGb < least)
      yield {
        path: ['storageDomains', id, 'maxStorageGb'],
        message: `${maxStorageGb} leaves storage no room to grow above allocatedStorageGb ${allocatedStorageGb}; make it at least ${least}`,
      };
    // A message that is redriven on its last day is that old, and still needs its month's partition.
    if (longest !== undefined && historyRetentionDays !== undefined && historyRetentionDays <= longest + 31)
      yield {
        path: ['storageDomains', id, 'historyRetentionDays'],
        message: `${historyRetentionDays} days could drop the month that a dead letter of ${longest} days still belongs to; make it more than ${longest + 31}`,
      };
  }
};

const rawRetention: Check = function* ({ rawRetentionDays, queues }) {
  const longest = queues?.deadLetterRetentionDays;
  // As above: the months of the rows that point to raw pages are dropped after this time.
  if (longest !== undefined && rawRetentionDays !== undefined && rawRetentionDays <= longest + 31)
    yield {
      path: ['rawRetentionDays'],
      message: `${rawRetentionDays} days could drop the month that a dead letter of ${longest} days still belongs to; make it more than ${longest + 31}`,
    };
};

const queueRetention: Check = function* ({ queues }) {
  const deadLetters = queues?.deadLetterRetentionDays;
  if (deadLetters === undefined) return;
  for (const name of ['jobs', 'snapshots'] as const) {
    const retention = queues?.[name]?.retentionDays;
    // A standard dead-letter queue counts from the first enqueue: with equal retention a late dead letter is gone at once.
    if (retention !== undefined && deadLetters <= retention)
      yield {
        path: ['queues', name, 'retentionDays'],
        message: `${retention} days are not shorter than deadLetterRetentionDays ${deadLetters}, which counts from the same moment; lower it below ${deadLetters}`,
      };
  }
};

/** A probe is one request of scrape, and a cold start before it. */
const probeSeconds = 40;

const functionTimeouts: Check = function* ({ functions }) {
  const gatekeeper = functions?.gatekeeper?.timeoutSeconds;
  if (gatekeeper !== undefined && gatekeeper < probeSeconds)
    yield {
      path: ['functions', 'gatekeeper', 'timeoutSeconds'],
      message: `${gatekeeper} s may be too short for a probe, which it waits for; make it at least ${probeSeconds}`,
    };

  const dispatch = functions?.dispatch?.timeoutSeconds;
  const due = functions?.due?.timeoutSeconds;
  if (dispatch !== undefined && due !== undefined && due >= dispatch)
    yield {
      path: ['functions', 'due', 'timeoutSeconds'],
      message: `${due} s is not shorter than the ${dispatch} s of dispatch, which waits for it; lower it or raise functions.dispatch.timeoutSeconds`,
    };
};

const alarmLevels: Check = function* ({ alarms, queues }) {
  for (const [warning, critical] of [
    ['backlogWarning', 'backlogCritical'],
    ['queueAgeWarningHours', 'queueAgeCriticalHours'],
  ] as const) {
    const low = alarms?.[warning];
    const high = alarms?.[critical];
    if (low !== undefined && high !== undefined && low >= high)
      yield {
        path: ['alarms', warning],
        message: `${low} is not below ${critical} ${high}; the warning must come first`,
      };
  }
  const age = alarms?.queueAgeCriticalHours;
  for (const name of ['jobs', 'snapshots'] as const) {
    const days = queues?.[name]?.retentionDays;
    if (age !== undefined && days !== undefined && age >= days * 24)
      yield {
        path: ['alarms', 'queueAgeCriticalHours'],
        message: `${age} h is not before the ${name} queue drops its messages (retentionDays ${days}); lower it below ${days * 24}`,
      };
  }
};

const coolDowns: Check = function* ({ gate }) {
  const first = gate?.cooldownHours;
  const longest = gate?.maxCooldownHours;
  if (first !== undefined && longest !== undefined && longest < first)
    yield {
      path: ['gate', 'maxCooldownHours'],
      message: `${longest} is below cooldownHours ${first}; raise it to at least that`,
    };
};

const breaker: Check = function* ({ breaker: settings, storageDomains = {}, functions }) {
  const { probeSeconds: first, maxProbeMinutes: longest, drainBatchesPerSecond: rate } = settings ?? {};
  if (first !== undefined && longest !== undefined && longest * 60 < first)
    yield {
      path: ['breaker', 'maxProbeMinutes'],
      message: `${longest} min are below probeSeconds ${first}; raise it to at least that`,
    };
  const timeout = functions?.store?.timeoutSeconds;
  for (const [id, { storeConcurrency }] of Object.entries(storageDomains)) {
    if (rate === undefined || timeout === undefined || storeConcurrency === undefined) continue;
    // A batch that waits for its turn keeps half of its invocation for storing, and must not be returned.
    const waitSeconds = storeConcurrency / rate;
    if (waitSeconds > timeout / 4)
      yield {
        path: ['breaker', 'drainBatchesPerSecond'],
        message: `at ${rate} per second, ${storeConcurrency} batches of ${id} at a time (storeConcurrency) wait ${Math.ceil(waitSeconds)} s for their turn, more than a quarter of the ${timeout} s that store has; raise it to at least ${Math.ceil((4 * storeConcurrency) / timeout)}`,
      };
  }
};

/** RDS lets storage grow when no more than this is free, for five minutes. */
const growsAtPercent = 10;

const storageMarks: Check = function* ({ storage: marks = {} }) {
  const order = ['warnBelowPercent', 'criticalBelowPercent', 'holdBelowPercent'] as const;
  for (const [index, name] of order.entries()) {
    const lower = order[index + 1];
    const [high, low] = [marks[name], lower && marks[lower]];
    if (lower && high !== undefined && low !== undefined && low >= high)
      yield {
        path: ['storage', lower],
        message: `${low} is not below ${name} ${high}; the alarms must come before the hold`,
      };
  }
  const { holdBelowPercent: hold, resumeAtPercent: resume } = marks;
  if (hold !== undefined && hold >= growsAtPercent)
    yield {
      path: ['storage', 'holdBelowPercent'],
      message: `${hold} would stop writing before RDS lets the storage grow, at ${growsAtPercent} % free, and then it never would; lower it`,
    };
  if (hold !== undefined && resume !== undefined && resume <= hold)
    yield {
      path: ['storage', 'resumeAtPercent'],
      message: `${resume} is not above holdBelowPercent ${hold}: writing would go on and off with every megabyte; raise it`,
    };
};

/**
 * A message that failed must stay invisible until the gatekeeper, which runs every minute, has paused its queue, or an
 * outage would spend its receives. It does for six timeouts of store.
 */
const pausedInTime: Check = function* ({ functions }) {
  const timeout = functions?.store?.timeoutSeconds;
  const least = 25;
  if (timeout !== undefined && timeout < least)
    yield {
      path: ['functions', 'store', 'timeoutSeconds'],
      message: `${timeout} s hide a failed message for ${6 * timeout} s, which may be over before the gatekeeper has paused the queue; make it at least ${least}`,
    };
};

const atLeastOneMarketplace: Check = function* ({ marketplaces }) {
  if (marketplaces === undefined) return;
  if (!Object.values(marketplaces).some((marketplace) => marketplace.enabled !== false))
    yield { path: ['marketplaces'], message: 'none is enabled, so nothing would run; enable one' };
};

const domainExists: Check = function* ({ marketplaces = {}, storageDomains = {} }) {
  for (const [id, { domain }] of Object.entries(marketplaces))
    if (domain !== undefined && !Object.hasOwn(storageDomains, domain))
      yield {
        path: ['marketplaces', id, 'domain'],
        message: `${domain} is not a storage domain; ${nearest(domain, Object.keys(storageDomains))}`,
      };
};

/** In the order in which their faults are printed. */
export const checks: readonly Check[] = [
  databaseConnections,
  storage,
  rawRetention,
  atLeastOneMarketplace,
  domainExists,
  ...marketplaceChecks,
  coolDowns,
  breaker,
  storageMarks,
  pausedInTime,
  functionTimeouts,
  queueRetention,
  alarmLevels,
];
