import { z } from 'zod';
import { referenceSchema } from '../core/model/reference.ts';
import { snapshotSchema } from '../core/model/snapshot.ts';

/** SQS accepts 1 MiB a message and a batch; it bills each 64 KiB. Messages are cut well below, so that a full Lambda
 * batch (10 messages) stays under the 6 MB invocation payload even after JSON escaping. */
export const maxMessageBytes = 240_000;
export const maxBatchBytes = 1_000_000;

const marketplace = z.string().min(1);
const sweepId = z.string().min(1);
const slot = z.iso.datetime();
/** By hand, where nobody knows the slot (the events of `sam local`), the word `now` stands for it. */
const slotOrNow = z.union([slot, z.literal('now')]);

/** What a schedule sends to dispatch. `scheduledTime` is the slot: repeated deliveries of one slot collapse. */
export const dispatchEventSchema = z.object({
  marketplace,
  mode: z.enum(['sweep', 'refresh', 'discover']),
  scheduledTime: slotOrNow,
});
export type DispatchEvent = z.infer<typeof dispatchEventSchema>;
export type DispatchMode = DispatchEvent['mode'];

/** Another schedule: nothing new is planned, what vanished is dispatched again. Of all marketplaces, unless one is named. */
export const gapsEventSchema = z.object({
  mode: z.literal('gaps'),
  marketplace: marketplace.optional(),
  scheduledTime: slotOrNow,
});
export type GapsEvent = z.infer<typeof gapsEventSchema>;

/** Up to `referencesPerJob` references in one message. `jobNumber` is unique in the sweep and derived from the plan, so
 * that dispatching the same window twice produces the same jobs. */
export const jobSchema = z.object({
  v: z.literal(1),
  marketplace,
  sweepId,
  jobNumber: z.number().int().nonnegative(),
  slot,
  references: z.array(referenceSchema).min(1).max(1000),
  /** Places of the references that are to be visited, when a job is dispatched again for some of them. */
  only: z.array(z.number().int().nonnegative()).min(1).max(1000).optional(),
});
export type Job = z.infer<typeof jobSchema>;

/** One reference's result on its way to the database. `index` is its place in the job's references (the ledger's key);
 * what a listing showed are several visits with the listing's index. */
export const visitSchema = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('ok'),
    index: z.number().int().nonnegative(),
    snapshot: snapshotSchema,
    /** Where the page that says so is kept, for marketplaces whose raw pages are. */
    rawKey: z.string().min(1).max(200).optional(),
  }),
  z.object({
    outcome: z.literal('gone'),
    index: z.number().int().nonnegative(),
    reference: referenceSchema,
    observedAt: z.iso.datetime({ precision: 3 }),
  }),
]);
export type Visit = z.infer<typeof visitSchema>;

/** What scrape sends to the snapshots queue: part or all of one job's visits, and references it discovered. */
export const visitsMessageSchema = z.object({
  v: z.literal(1),
  marketplace,
  sweepId,
  jobNumber: z.number().int().nonnegative(),
  /** From `narx import`: no sweep dispatched it, so the ledger has no such job and is told nothing. */
  imported: z.literal(true).optional(),
  visits: z.array(visitSchema),
  discovered: z.array(referenceSchema),
});
export type VisitsMessage = z.infer<typeof visitsMessageSchema>;

/** Visits that the snapshots queue of a storage domain did not take, as the spill bucket keeps them: one object per attempt. */
export const spilledVisitsSchema = z.object({
  v: z.literal(1),
  domain: z.string().min(1),
  at: z.iso.datetime(),
  /** Why the queue did not take them. */
  detail: z.string(),
  messages: z.array(visitsMessageSchema).min(1),
});
export type SpilledVisits = z.infer<typeof spilledVisitsSchema>;

/**
 * What starts replay: a schedule, which empties the spill; or `npx narx quarantine replay`, which names objects of the
 * quarantine. A dry run only parses.
 */
export const replayEventSchema = z.object({
  quarantine: z
    .object({
      keys: z.array(z.string().min(1).max(1_024)).min(1).max(100),
      dryRun: z.boolean().default(false),
    })
    .optional(),
});
const replayedSchema = z.discriminatedUnion('result', [
  /** The snapshots queue has its visits and the object is gone; in a dry run: would be. */
  z.object({ key: z.string(), result: z.literal('replayed'), visits: z.number().int() }),
  /** It stays in the quarantine, for this reason. */
  z.object({ key: z.string(), result: z.literal('kept'), reason: z.string(), detail: z.string() }),
  /** There is no such object (any more). */
  z.object({ key: z.string(), result: z.literal('missing') }),
]);
export type Replayed = z.infer<typeof replayedSchema>;
/** `stopped`: why the keys that are not in `results` were not reached; null when all were. */
export const quarantineReplaySchema = z.object({
  results: z.array(replayedSchema),
  stopped: z.string().nullable(),
});
export type QuarantineReplay = z.infer<typeof quarantineReplaySchema>;

/** dispatch asks due (Lambda invoke) for the references whose turn it is. Claiming is a lease of one interval. */
export const dueRequestSchema = z.object({ marketplace, limit: z.number().int().positive().max(50_000) });
export type DueRequest = z.infer<typeof dueRequestSchema>;
export const dueResponseSchema = z.object({ references: z.array(referenceSchema) });
export type DueResponse = z.infer<typeof dueResponseSchema>;

/** gatekeeper asks scrape (Lambda invoke) for one careful visit past a closed gate. */
export const probeRequestSchema = z.object({
  probe: z.object({ marketplace, reference: referenceSchema }),
});
export type ProbeRequest = z.infer<typeof probeRequestSchema>;
export const probeResponseSchema = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('ok'), exit: z.string() }),
  z.object({ outcome: z.literal('blocked'), exit: z.string(), detail: z.string() }),
  z.object({ outcome: z.literal('failed'), detail: z.string(), retryAfterMs: z.number().nullable() }),
]);
/** What a probe found. `failed` says nothing about the block; `retryAfterMs`: not again before that. */
export type ProbeResult = z.infer<typeof probeResponseSchema>;

/** gatekeeper asks store (Lambda invoke) whether the database can be written to. */
export const storeProbeSchema = z.object({ probe: z.object({ domain: z.string().min(1) }) });
export type StoreProbe = z.infer<typeof storeProbeSchema>;
/** `failure` null: a row was written, on disk space that was allocated for it, and committed. */
export const storeProbedSchema = z.object({ failure: z.string().nullable() });
export type StoreProbed = z.infer<typeof storeProbedSchema>;

/**
 * What starts gatekeeper: a schedule, or an operator who first opens or closes a marketplace's gate
 * (docs/runbook/gate-closed.md), or pauses or resumes a storage domain (docs/runbook/breaker-open.md).
 */
export const gatekeeperEventSchema = z.object({
  operator: z
    .discriminatedUnion('action', [
      z.object({ action: z.literal('open'), marketplace }),
      z.object({ action: z.literal('close'), marketplace, reason: z.string().min(1) }),
      z.object({ action: z.literal('pause'), domain: z.string().min(1), reason: z.string().min(1) }),
      z.object({ action: z.literal('resume'), domain: z.string().min(1) }),
    ])
    .optional(),
});
export type GatekeeperEvent = z.infer<typeof gatekeeperEventSchema>;

/** What API Gateway sends to api (HTTP API, payload format 2.0), as far as it is read. Path parameters are decoded. */
export const apiEventSchema = z.object({
  version: z.literal('2.0'),
  routeKey: z.string(),
  rawQueryString: z.string().default(''),
  pathParameters: z.record(z.string(), z.string()).default({}),
});
export type ApiEvent = z.infer<typeof apiEventSchema>;
