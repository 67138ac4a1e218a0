import { z } from 'zod';
import { endpointsSchema } from './endpoints.ts';
import { manifestSchema } from './manifest.ts';

/**
 * One schema per function. `lib/` types each function's environment as `Record<keyof Input, string>`, so that a
 * forgotten variable fails compilation; `adapters/env.ts` parses it once at cold start and reports every fault together.
 * An empty string is a missing value: it is what `sam local` makes of an intrinsic that it cannot resolve.
 */
const text = z.string().min(1, 'is empty: sam local could not resolve it, give it with --env-vars');
const integer = text.regex(/^\d+$/, 'must be a whole number').transform(Number);
function json<T extends z.ZodType>(schema: T) {
  return text.transform((value, context): z.output<T> => {
    try {
      return schema.parse(JSON.parse(value));
    } catch (cause) {
      context.addIssue(`is not the JSON that is expected (${String(cause)})`);
      return z.NEVER;
    }
  });
}

const common = {
  STAGE: text,
  ENDPOINTS: text.pipe(endpointsSchema),
  /** Factor on every waiting time (leases, back-off, parking): `1` deployed, smaller in local runs. Not on deadlines. */
  TIME_SCALE: text.transform(Number).pipe(z.number().positive().max(1)),
};
/** Which set of tables the domain has. */
const storageSchema = text.pipe(manifestSchema.shape.storageSchema);
const coordination = { COORDINATION_TABLE: text };
/** After so many receives the queue gives a message up. */
const consumer = { MAX_RECEIVES: integer };
const database = {
  DOMAIN: text,
  DATABASE_HOST: text,
  DATABASE_PORT: integer,
  DATABASE_NAME: text,
  DATABASE_USER: text,
};

/** How dispatch plans one marketplace. Counts are references unless the name says otherwise. */
export const planSchema = z.strictObject({
  referencesPerJob: z.number().int().min(1).max(500),
  /** At most this many references are dispatched for one slot. */
  window: z.number().int().min(1),
  /** Dispatch adds nothing while this many messages are waiting in the jobs queue. */
  maxBacklogMessages: z.number().int().min(1),
  /**
   * The id range of the sweep, both ends included, and the least time between the starts of two sweeps. New things get ids past
   * the range: a sweep goes on until so many ids `beyond` its last find were nothing. 0: it ends with the range.
   */
  sweep: z
    .strictObject({
      first: z.number().int().min(1),
      last: z.number().int().min(1),
      everyHours: z.number().positive(),
      beyond: z.number().int().min(0).max(1_000_000),
    })
    .nullable(),
  /** External ids of the listings that discovery begins with, in place of the marketplace's own. */
  seeds: z.array(z.string().min(1).max(200)).min(1).max(100).optional(),
  /** A sweep whose books are still open after this long is overdue. */
  sweepDeadlineHours: z.number().positive(),
});
export type Plan = z.infer<typeof planSchema>;

/** How long a marketplace that refused us is left alone: the first time, and at most. */
export const gateSettingsSchema = z.strictObject({
  cooldownHours: z.number().positive(),
  maxCooldownHours: z.number().positive(),
});

/** When a storage domain's breaker opens, how it is probed, and how fast it lets batches in once it has closed again. */
export const breakerSettingsSchema = z.strictObject({
  /** Failures in a row, over all workers, that mean that the database serves nobody. */
  failures: z.number().int().min(2).max(100),
  /** Time to the first probe and between probes; doubled by each opening in a row, at most `maxProbeMinutes`. */
  probeSeconds: z.number().positive(),
  maxProbeMinutes: z.number().positive(),
  /** Batches that may start per second right after a reopening, over all workers; doubled every minute. */
  drainBatchesPerSecond: z.number().positive(),
  /** How long after a reopening that limit exists. */
  drainMinutes: z.number().positive(),
});

const hour = z.number().int().min(0).max(23);
/** Requests per second, over all workers of a marketplace. `nightHours` are hours of the day in Asia/Tashkent, `to` excluded. */
export const rateSchema = z.strictObject({
  initialPerSecond: z.number().positive(),
  minPerSecond: z.number().positive(),
  maxPerSecond: z.number().positive(),
  nightMaxPerSecond: z.number().positive().optional(),
  nightHours: z.strictObject({ from: hour, to: hour }).optional(),
});
export type RateSettings = z.infer<typeof rateSchema>;

/**
 * A rule of a marketplace's robots.txt that an operator overrides: what is forbidden under `path` is asked for all the same.
 * A path is written as in robots.txt, with `*` and `$`.
 */
export const robotsOverrideSchema = z.strictObject({
  path: z.string().regex(/^[/*]/, 'a path that begins with / as in robots.txt'),
  reason: z.string().trim().min(10, 'a reason that a stranger understands'),
});

export const dispatchEnv = z.object({
  ...common,
  ...coordination,
  /** Marketplace to jobs queue URL. */
  JOBS_QUEUE_URLS: json(z.record(z.string(), text)),
  /** Marketplace to the URL of the snapshots queue of its storage domain. */
  SNAPSHOTS_QUEUE_URLS: json(z.record(z.string(), text)),
  /** Marketplace to the name of the due function of its storage domain. */
  DUE_FUNCTION_NAMES: json(z.record(z.string(), text)),
  /** Marketplace to storage domain: while its breaker is not closed, due is not asked. */
  STORAGE_DOMAINS: json(z.record(z.string(), text)),
  /** What waits there is under way, and not dispatched again. */
  SPILL_BUCKET: text,
  PLANS: json(z.record(z.string(), planSchema)),
});

export const scrapeEnv = z.object({
  ...common,
  ...coordination,
  ...consumer,
  MARKETPLACE: text,
  /** Storage domain of the marketplace. */
  DOMAIN: text,
  SNAPSHOTS_QUEUE_URL: text,
  SPILL_BUCKET: text,
  QUARANTINE_BUCKET: text,
  /** Where pages are kept as they came; the word `none`: they are not. */
  RAW_BUCKET: text,
  /** Connections of one environment; times max concurrency it stays within the marketplace's budget (F37). */
  CONNECTIONS: integer,
  /** Total time for one request, headers and body, in milliseconds. */
  REQUEST_TIMEOUT_MS: integer,
  USER_AGENT: text,
  GATE: json(gateSettingsSchema),
  RATE: json(rateSchema),
  /** Name of the secret with the proxies, or `none`. */
  PROXY_SECRET: text,
  ROBOTS_OVERRIDES: json(z.array(robotsOverrideSchema)),
});

export const gatekeeperEnv = z.object({
  ...common,
  ...coordination,
  GATE: json(gateSettingsSchema),
  /** Marketplace to its scrape function, and to the identifier of the mapping that feeds it. */
  SCRAPERS: json(z.record(z.string(), z.strictObject({ functionName: text, mapping: text }))),
  BREAKER: json(breakerSettingsSchema),
  /** Storage domain to its store function, the identifier of the mapping that feeds it, and its database's disk. */
  STORES: json(
    z.record(
      z.string(),
      z.strictObject({
        functionName: text,
        mapping: text,
        instance: text,
        /** Free bytes below which nothing is written, and from which on it is again. */
        holdBytes: z.number().positive(),
        resumeBytes: z.number().positive(),
      }),
    ),
  ),
});

export const replayEnv = z.object({
  ...common,
  ...coordination,
  SPILL_BUCKET: text,
  QUARANTINE_BUCKET: text,
  RAW_BUCKET: text,
  /** Marketplace to its storage domain, and whether its pages are kept as they came. */
  MARKETPLACES: json(z.record(z.string(), z.strictObject({ domain: text, keepRaw: z.boolean() }))),
  /** Storage domain to snapshots queue URL. */
  SNAPSHOTS_QUEUE_URLS: json(z.record(z.string(), text)),
});

export const storeEnv = z.object({
  ...common,
  ...coordination,
  ...consumer,
  ...database,
  STORAGE_SCHEMA: storageSchema,
  QUARANTINE_BUCKET: text,
  BREAKER: json(breakerSettingsSchema),
});

export const dueEnv = z.object({ ...common, ...database });

export const migrateEnv = z.object({
  ...common,
  ...database,
  STORAGE_SCHEMA: storageSchema,
  /** How long raw pages are kept; the rows that point to them go with them. */
  RAW_RETENTION_DAYS: integer,
});

export const archiveEnv = z.object({
  ...common,
  ...database,
  ARCHIVE_BUCKET: text,
  /** Months of price history that ended longer ago than this leave the database. */
  HISTORY_RETENTION_DAYS: integer,
});

export const auditEnv = z.object({
  ...common,
  ...coordination,
  ...database,
  /** The marketplaces of this storage domain. */
  MARKETPLACES: json(z.array(text).min(1)),
});

export const apiEnv = z.object({
  ...common,
  ...coordination,
  ...database,
  /** The marketplaces of this storage domain, each with the age at which its data counts as stale. */
  FRESHNESS_HOURS: json(z.record(z.string(), z.number().positive())),
});
