import { z } from 'zod';
import {
  breakerSettingsSchema,
  gateSettingsSchema,
  planSchema,
  rateSchema,
  robotsOverrideSchema,
} from '../../functions/contract/env.ts';
import { manifestSchema } from '../../functions/contract/manifest.ts';

/**
 * The form of `narx.config.ts`: kinds and plain limits. What concerns two values at once is in `checks.ts`. There are no
 * defaults and no transforms: every value is stated in the file, and what is parsed is what was written.
 */
const id = z
  .string()
  .regex(/^[a-z][a-z0-9-]{1,19}$/, 'lower case letters, digits and hyphens, 2 to 20 of them');
/** Also the name of the domain's database, which RDS wants without hyphens. */
const domainId = z.string().regex(/^[a-z][a-z0-9]{1,19}$/, 'lower case letters and digits, 2 to 20 of them');
const count = (least: number, most: number) => z.number().int().min(least).max(most);
const percent = z.number().positive().max(100);

/** Lambda accepts a MaximumConcurrency of an event source mapping from 2 to 1,000. */
const mappingConcurrency = count(2, 1_000);

const domainSchema = z.strictObject({
  /** Which set of tables the domain has; a marketplace's manifest says which one it needs. */
  schema: manifestSchema.shape.storageSchema,
  /** RDS instance type without the `db.` prefix, as in `t4g.medium`. */
  instanceType: z.string().min(1),
  /** PostgreSQL's `max_connections`, set in the parameter group. */
  maxConnections: count(20, 5_000),
  allocatedStorageGb: count(20, 65_536),
  /** Storage grows by itself up to this. */
  maxStorageGb: count(20, 65_536),
  multiAz: z.boolean(),
  backupRetentionDays: count(1, 35),
  /** Batches that are stored at the same time. */
  storeConcurrency: mappingConcurrency,
  connectionsPerStore: count(1, 20),
  /** Price history is kept in Postgres this long. */
  historyRetentionDays: count(1, 3_650),
});

const scheduleSchema = z.string().min(1);

const marketplaceSchema = z.strictObject({
  enabled: z.boolean(),
  domain: id,
  /** Connections that we may hold to the marketplace at any time, over all workers. */
  connectionBudget: count(1, 10_000),
  maxConcurrency: mappingConcurrency,
  connectionsPerWorker: count(1, 1_000),
  /** Total time for one request, headers and body. */
  requestTimeoutSeconds: z.number().positive().max(900),
  plan: planSchema,
  /** `rate(…)` or `cron(…)` per mode; a mode without one does not run by itself. */
  schedules: z.strictObject({
    sweep: scheduleSchema.optional(),
    refresh: scheduleSchema.optional(),
    discover: scheduleSchema.optional(),
  }),
  /** A price that was last confirmed longer ago than this is stale (F33). */
  freshnessHours: z.number().positive().max(8_760),
  /** Products that must be confirmed within a day; fewer is an alarm. */
  confirmedPerDay: count(1, 1_000_000_000),
  /** Price changes that a day is expected to bring at least; 0 where a quiet day is nothing unusual. */
  priceChangesPerDay: count(0, 1_000_000_000),
  /** Whether pages are kept as they came, compressed, for an audit of what was read from them. */
  rawPayload: z.enum(['keep', 'drop']),
  /** How fast the marketplace is asked: where the rate begins, and between what it moves. */
  rate: rateSchema,
  /** Secret in Secrets Manager that holds a JSON list of proxy addresses (`["http://user:password@host:port"]`); null: none. */
  proxies: z.strictObject({ secretName: z.string().regex(/^[\w/+=.@-]{1,512}$/) }).nullable(),
  /** Addresses that are asked for although robots.txt forbids them, each with the written reason. */
  robotsOverrides: z.array(robotsOverrideSchema),
});

const functionSchema = z.strictObject({
  /** Lambda ends a function at 15 minutes. */
  timeoutSeconds: count(1, 900),
  memoryMb: count(128, 10_240),
});

const queueSchema = z.strictObject({
  /** Ten full messages are what fits into one invocation (functions/contract/messages.ts). */
  batchSize: count(1, 10),
  batchingWindowSeconds: count(0, 300),
  /** SQS keeps a message for 14 days at most. */
  retentionDays: count(1, 14),
  /** Fewer than 5 receives dead-letter a message after a passing fault. */
  maxReceiveCount: count(5, 1_000),
});

export const settingsSchema = z.strictObject({
  contact: z.email(),
  storageDomains: z.record(domainId, domainSchema),
  marketplaces: z.record(id, marketplaceSchema),
  /** How long a marketplace that refused us is left alone: the first time, and at most; doubled in between. */
  gate: gateSettingsSchema,
  /** When writing to a storage domain stops because its database serves nobody, and how it begins again. */
  breaker: breakerSettingsSchema,
  /** Marks of free disk space of a database, in percent of what was allocated at first. */
  storage: z.strictObject({
    /** Below these the alarm free-storage goes on. */
    warnBelowPercent: percent,
    criticalBelowPercent: percent,
    /** Below this nothing more is written, until it is as much as `resumeAtPercent` again. */
    holdBelowPercent: percent,
    resumeAtPercent: percent,
    /** Full within this many days at the pace of the last week: the alarm storage-forecast. */
    forecastDays: count(1, 365),
  }),
  functions: z.strictObject({
    dispatch: functionSchema,
    due: functionSchema,
    scrape: functionSchema,
    store: functionSchema,
    migrate: functionSchema,
    audit: functionSchema,
    archive: functionSchema,
    gatekeeper: functionSchema,
    replay: functionSchema,
    api: functionSchema,
  }),
  /** The read API of each storage domain. */
  api: z.strictObject({
    /** Requests that are answered at the same time, each with a database connection; more are told to come again. */
    concurrency: count(1, 500),
    /** API Gateway refuses what exceeds this rate, after a burst. */
    requestsPerSecond: count(1, 10_000),
    burst: count(1, 5_000),
  }),
  queues: z.strictObject({
    jobs: queueSchema,
    snapshots: queueSchema,
    deadLetterRetentionDays: count(1, 14),
  }),
  alarms: z.strictObject({
    /** Who is told of alarms of each level; empty means that only the console shows them. */
    emails: z.strictObject({ critical: z.array(z.email()), warning: z.array(z.email()) }),
    /** Address of docs/runbook where on-call can open it, without a slash at the end; null: alarms name the file. */
    runbookUrl: z.url({ protocol: /^https?$/ }).nullable(),
    backlogWarning: count(1, 1_000_000_000),
    backlogCritical: count(1, 1_000_000_000),
    queueAgeWarningHours: z.number().positive(),
    queueAgeCriticalHours: z.number().positive(),
    /** What one function may write to its log in an hour (F52). */
    logMegabytesPerHour: count(1, 1_000_000),
    /** What a million visits may cost in Lambda's time, in US dollars (F55). */
    dollarsPerMillionVisits: z.number().positive(),
    /** What the stage may cost in a month, all services together (F55). */
    dollarsPerMonth: z.number().positive(),
    /** CloudWatch keeps logs this long; it knows only certain numbers of days. */
    logRetentionDays: z.literal([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731]),
  }),
  /** Raw pages expire this long after they were last seen. */
  rawRetentionDays: count(1, 3_650),
  /** The stack cannot be deleted without switching this off first. */
  terminationProtection: z.boolean(),
});

export type Settings = z.infer<typeof settingsSchema>;
export type DomainSettings = z.infer<typeof domainSchema>;
export type MarketplaceSettings = z.infer<typeof marketplaceSchema>;

/** Any part of a value, to any depth; lists are taken whole. */
export type PartOf<T> = T extends readonly unknown[]
  ? T
  : T extends object
    ? string extends keyof T
      ? { [K in keyof T]: PartOf<T[K]> }
      : { [K in keyof T]?: PartOf<T[K]> }
    : T;

/** What `narx.config.ts` exports: the settings, and per stage whatever differs from them. */
export type ConfigInput = Settings & { stages: Record<string, PartOf<Settings>> };

/** The settings of one stage, overrides applied, all checks passed. */
export type StageConfig = Settings & { stage: string };
