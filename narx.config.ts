import type { ConfigInput } from './lib/config/schema.ts';

/** For stages whose marketplaces are simulated: what limits a run is the machine, not politeness. */
const unpaced = {
  initialPerSecond: 20_000,
  minPerSecond: 20,
  maxPerSecond: 20_000,
  nightMaxPerSecond: 20_000,
  nightHours: { from: 0, to: 6 },
};

/** Some category pages of the simulated Yandex Market. */
const simulatedShowcase = Array.from(
  { length: 8 },
  (_, index) => `/catalog--showcase/${26_000_000 + index * 1_117}/list`,
);

/** Hours take seconds in a drill: what takes the time it takes (a cold start, a batch) is given more of the scaled clock. */
const drill = {
  gate: { cooldownHours: 0.1, maxCooldownHours: 0.8 },
  storageDomains: {
    // Few connections, so that they can be taken by somebody else.
    ecommerce: { multiAz: false, storeConcurrency: 2, maxConnections: 60 },
    procurement: { multiAz: false },
  },
  functions: {
    scrape: { timeoutSeconds: 120, memoryMb: 512 },
    store: { timeoutSeconds: 120, memoryMb: 512 },
  },
  // So that a queue is old after seconds of an outage.
  alarms: { queueAgeWarningHours: 0.25, queueAgeCriticalHours: 1 },
  marketplaces: {
    uzum: {
      maxConcurrency: 2,
      connectionsPerWorker: 20,
      plan: { referencesPerJob: 20, sweep: { first: 1, last: 400, everyHours: 1, beyond: 0 } },
      confirmedPerDay: 200,
      priceChangesPerDay: 20,
      rate: unpaced,
    },
  },
};

/**
 * The one configuration file. It is validated at synth, all faults together; see docs/configuration.md.
 *
 * Durations have their unit in the name. `stages` names the stages that exist; each states only what differs from the rest
 * of the file, to any depth.
 */
export const config: ConfigInput = {
  /** Goes into the user agent: a marketplace that is bothered by us must be able to write to someone. */
  contact: 'ops@example.com',

  storageDomains: {
    ecommerce: {
      schema: 'retail',
      instanceType: 't4g.medium',
      maxConnections: 400,
      allocatedStorageGb: 100,
      maxStorageGb: 500,
      multiAz: true,
      backupRetentionDays: 14,
      storeConcurrency: 4,
      connectionsPerStore: 1,
      historyRetentionDays: 90,
    },
    procurement: {
      schema: 'procurement',
      instanceType: 't4g.small',
      maxConnections: 180,
      allocatedStorageGb: 50,
      maxStorageGb: 200,
      multiAz: true,
      backupRetentionDays: 14,
      storeConcurrency: 2,
      connectionsPerStore: 1,
      historyRetentionDays: 90,
    },
  },

  marketplaces: {
    uzum: {
      enabled: true,
      domain: 'ecommerce',
      connectionBudget: 150,
      maxConcurrency: 3,
      connectionsPerWorker: 50,
      requestTimeoutSeconds: 10,
      plan: {
        referencesPerJob: 100,
        window: 20_000,
        maxBacklogMessages: 1_000,
        // Uzum's highest id grows by some thousands a day.
        sweep: { first: 1, last: 3_000_000, everyHours: 72, beyond: 20_000 },
        sweepDeadlineHours: 72,
      },
      schedules: { sweep: 'rate(5 minutes)', refresh: 'rate(5 minutes)' },
      freshnessHours: 6,
      confirmedPerDay: 100_000,
      priceChangesPerDay: 10_000,
      rawPayload: 'drop',
      rate: {
        initialPerSecond: 40,
        minPerSecond: 2,
        maxPerSecond: 120,
        nightMaxPerSecond: 200,
        nightHours: { from: 0, to: 6 },
      },
      proxies: null,
      robotsOverrides: [],
    },
    uzex: {
      enabled: false,
      domain: 'procurement',
      connectionBudget: 5,
      maxConcurrency: 2,
      connectionsPerWorker: 2,
      requestTimeoutSeconds: 20,
      plan: {
        referencesPerJob: 20,
        window: 1_000,
        maxBacklogMessages: 200,
        sweep: null,
        sweepDeadlineHours: 24,
      },
      schedules: { refresh: 'rate(15 minutes)', discover: 'rate(6 hours)' },
      freshnessHours: 24,
      confirmedPerDay: 5_000,
      priceChangesPerDay: 0,
      rawPayload: 'keep',
      rate: { initialPerSecond: 2, minPerSecond: 0.2, maxPerSecond: 4 },
      proxies: null,
      robotsOverrides: [],
    },
    olx: {
      enabled: false,
      domain: 'ecommerce',
      connectionBudget: 20,
      maxConcurrency: 2,
      connectionsPerWorker: 10,
      requestTimeoutSeconds: 15,
      plan: {
        referencesPerJob: 50,
        window: 2_000,
        maxBacklogMessages: 200,
        sweep: null,
        sweepDeadlineHours: 24,
      },
      schedules: { refresh: 'rate(5 minutes)', discover: 'rate(6 hours)' },
      freshnessHours: 6,
      confirmedPerDay: 20_000,
      priceChangesPerDay: 500,
      rawPayload: 'drop',
      rate: {
        initialPerSecond: 5,
        minPerSecond: 0.5,
        maxPerSecond: 10,
        nightMaxPerSecond: 15,
        nightHours: { from: 0, to: 6 },
      },
      proxies: null,
      robotsOverrides: [],
    },
    yandex: {
      enabled: false,
      domain: 'ecommerce',
      connectionBudget: 10,
      maxConcurrency: 2,
      connectionsPerWorker: 5,
      requestTimeoutSeconds: 20,
      plan: {
        referencesPerJob: 20,
        window: 1_000,
        maxBacklogMessages: 200,
        sweep: null,
        sweepDeadlineHours: 24,
        // Categories (`/catalog--<slug>/<nid>/list`) and searches that are worth their megabytes.
        seeds: ['/search?text=%D1%81%D0%BC%D0%B0%D1%80%D1%82%D1%84%D0%BE%D0%BD', '/search?text=noutbuk'],
      },
      schedules: { refresh: 'rate(5 minutes)', discover: 'rate(6 hours)' },
      freshnessHours: 6,
      confirmedPerDay: 10_000,
      priceChangesPerDay: 500,
      rawPayload: 'drop',
      rate: { initialPerSecond: 2, minPerSecond: 0.2, maxPerSecond: 5 },
      proxies: null,
      robotsOverrides: [],
    },
  },

  gate: { cooldownHours: 1, maxCooldownHours: 24 },

  breaker: {
    failures: 5,
    probeSeconds: 60,
    maxProbeMinutes: 15,
    drainBatchesPerSecond: 2,
    drainMinutes: 5,
  },

  storage: {
    warnBelowPercent: 30,
    criticalBelowPercent: 15,
    holdBelowPercent: 7,
    resumeAtPercent: 9,
    forecastDays: 14,
  },

  functions: {
    dispatch: { timeoutSeconds: 120, memoryMb: 512 },
    due: { timeoutSeconds: 30, memoryMb: 512 },
    scrape: { timeoutSeconds: 60, memoryMb: 512 },
    store: { timeoutSeconds: 30, memoryMb: 512 },
    migrate: { timeoutSeconds: 300, memoryMb: 512 },
    audit: { timeoutSeconds: 60, memoryMb: 512 },
    archive: { timeoutSeconds: 900, memoryMb: 512 },
    gatekeeper: { timeoutSeconds: 60, memoryMb: 256 },
    api: { timeoutSeconds: 10, memoryMb: 512 },
    replay: { timeoutSeconds: 60, memoryMb: 512 },
  },

  api: { concurrency: 10, requestsPerSecond: 50, burst: 100 },

  queues: {
    jobs: { batchSize: 4, batchingWindowSeconds: 0, retentionDays: 4, maxReceiveCount: 5 },
    snapshots: { batchSize: 5, batchingWindowSeconds: 1, retentionDays: 10, maxReceiveCount: 5 },
    deadLetterRetentionDays: 14,
  },

  alarms: {
    emails: { critical: [], warning: [] },
    runbookUrl: null,
    backlogWarning: 1_000,
    backlogCritical: 10_000,
    queueAgeWarningHours: 6,
    queueAgeCriticalHours: 72,
    logMegabytesPerHour: 50,
    dollarsPerMillionVisits: 10,
    dollarsPerMonth: 400,
    logRetentionDays: 30,
  },

  rawRetentionDays: 1_095,

  terminationProtection: false,

  stages: {
    dev: {
      storageDomains: {
        ecommerce: { multiAz: false, allocatedStorageGb: 20, maxStorageGb: 50, backupRetentionDays: 1 },
        procurement: { multiAz: false, allocatedStorageGb: 20, maxStorageGb: 50, backupRetentionDays: 1 },
      },
      marketplaces: {
        uzum: {
          plan: { sweep: { first: 1, last: 20_000, everyHours: 24, beyond: 0 } },
          confirmedPerDay: 5_000,
          priceChangesPerDay: 20,
        },
      },
    },
    prod: { terminationProtection: true },
    /** As prod, on the smallest sensible instances: one zone, burstable. What `narx cost` counts by default. */
    lean: {
      storageDomains: {
        ecommerce: {
          instanceType: 't4g.small',
          maxConnections: 180,
          multiAz: false,
          allocatedStorageGb: 30,
          maxStorageGb: 200,
        },
        procurement: { multiAz: false, allocatedStorageGb: 20 },
      },
      alarms: { dollarsPerMonth: 150 },
      terminationProtection: true,
    },
    /** What `npm start` runs: every marketplace, over ranges that a laptop sweeps in seconds. */
    local: {
      storageDomains: { ecommerce: { multiAz: false, storeConcurrency: 2 }, procurement: { multiAz: false } },
      marketplaces: {
        uzum: {
          plan: { sweep: { first: 1, last: 8_000, everyHours: 24, beyond: 0 } },
          confirmedPerDay: 5_000,
          priceChangesPerDay: 100,
          rate: unpaced,
        },
        uzex: { enabled: true, rate: unpaced, confirmedPerDay: 10 },
        olx: { enabled: true, rate: unpaced, confirmedPerDay: 10, priceChangesPerDay: 0 },
        yandex: {
          enabled: true,
          plan: { seeds: simulatedShowcase },
          rate: unpaced,
          confirmedPerDay: 10,
          priceChangesPerDay: 0,
          proxies: { secretName: 'narx/yandex-proxies' },
        },
      },
    },
    /**
     * What `narx bench` runs: as local, long enough to measure, and in jobs and batches as large as one fills at full speed.
     * The window is a second at the bench's time scale of a tenth, as it is in production.
     */
    bench: {
      queues: { snapshots: { batchingWindowSeconds: 10 } },
      storageDomains: { ecommerce: { multiAz: false, storeConcurrency: 2 }, procurement: { multiAz: false } },
      marketplaces: {
        uzum: {
          // Two processes for two cores: the connection budget is the same.
          maxConcurrency: 2,
          connectionsPerWorker: 75,
          plan: {
            referencesPerJob: 200,
            window: 120_000,
            sweep: { first: 1, last: 120_000, everyHours: 24, beyond: 0 },
          },
          confirmedPerDay: 5_000,
          priceChangesPerDay: 100,
          rate: unpaced,
        },
      },
    },
    /** What the drills run: Uzum over a range that is swept in seconds, in small jobs, so that a fault hits some and spares others. */
    drill,
    /** For drills in which time passes fast for what waits, and a worker is not ended in the middle of its work. */
    drillhours: {
      ...drill,
      functions: {
        ...drill.functions,
        scrape: { timeoutSeconds: 300, memoryMb: 512 },
        store: { timeoutSeconds: 300, memoryMb: 512 },
      },
    },
    /**
     * For the drill of costs that run away: hours pass in seconds, so that workers are given minutes, of which a job uses a few
     * seconds' share. Locally a duration counts as its share of the timeout: the sum is of this stage alone.
     */
    drillcost: {
      ...drill,
      alarms: { ...drill.alarms, dollarsPerMillionVisits: 5 },
      functions: {
        scrape: { timeoutSeconds: 900, memoryMb: 512 },
        store: { timeoutSeconds: 900, memoryMb: 512 },
      },
    },
    /** For the drill of a backlog: what is much for it is little for anybody else. */
    drillqueue: {
      ...drill,
      alarms: { backlogWarning: 20 },
      marketplaces: {
        uzum: {
          ...drill.marketplaces.uzum,
          plan: { ...drill.marketplaces.uzum.plan, referencesPerJob: 4, maxBacklogMessages: 40 },
        },
      },
    },
    /** For drills that need every marketplace and both storage domains. */
    drillall: {
      ...drill,
      marketplaces: {
        ...drill.marketplaces,
        uzex: { enabled: true, rate: unpaced, confirmedPerDay: 10 },
        olx: { enabled: true, rate: unpaced, confirmedPerDay: 10, priceChangesPerDay: 0 },
        yandex: {
          enabled: true,
          plan: { seeds: simulatedShowcase },
          rate: unpaced,
          confirmedPerDay: 10,
          priceChangesPerDay: 0,
          proxies: { secretName: 'narx/yandex-proxies' },
        },
      },
    },
    /** As local, over a range that is done before one looks: for trying a change, and for the end-to-end tests. */
    small: {
      // A block is over before one looks, too.
      gate: { cooldownHours: 0.05, maxCooldownHours: 0.4 },
      storageDomains: { ecommerce: { multiAz: false, storeConcurrency: 2 }, procurement: { multiAz: false } },
      marketplaces: {
        uzum: {
          // The simulator is started with ids beyond the range, which the sweep finds.
          plan: { sweep: { first: 1, last: 1_500, everyHours: 24, beyond: 100 } },
          confirmedPerDay: 1_000,
          priceChangesPerDay: 20,
          rate: unpaced,
        },
      },
    },
  },
};
