import { z } from 'zod';

export const monthSchema = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'a month such as 2026-06');

/** The columns of a file, in their order, and their meaning are those of one version (docs/archive.md). */
export const archiveSchemaVersion = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().min(0);
/** Microseconds of the epoch. */
const micros = z.number().int();

/** One Parquet file of a month. `lastSkuId` and `lastFirstObservedAt` are the key of its last row. */
export const archivedPartSchema = z.strictObject({
  part: z.number().int().min(1),
  key: z.string(),
  bytes: count,
  rows: count,
  inForce: count,
  minObservedAt: micros,
  maxObservedAt: micros,
  lastSkuId: z.string(),
  lastFirstObservedAt: micros,
  isLast: z.boolean(),
  etag: z.string(),
  /** Of the object, and of the rows whatever they are encoded in. */
  sha256,
  rowsSha256: sha256,
});
export type ArchivedPart = z.infer<typeof archivedPartSchema>;

/** What is written last, beside the files of a month: a month without one is not archived. */
export const archiveManifestSchema = z.strictObject({
  schemaVersion: z.literal(archiveSchemaVersion),
  domain: z.string(),
  month: monthSchema,
  archivedUntil: z.iso.datetime(),
  /** When the database froze the month: which archiving this is. A later one never replaces what this one has sealed. */
  begunAt: z.iso.datetime(),
  rows: count,
  inForce: count,
  bytes: count,
  minObservedAt: z.iso.datetime(),
  maxObservedAt: z.iso.datetime(),
  parts: z.array(archivedPartSchema).min(1),
});
export type ArchiveManifest = z.infer<typeof archiveManifestSchema>;

const withinSeconds = z.number().positive().optional();

/**
 * What the archive function is called with. A schedule only says when, and means `run`. `withinSeconds`: answer soon after,
 * so that whoever waits sees how far it is; without, it works for as long as it has.
 */
export const archiveRequestSchema = z.discriminatedUnion('action', [
  z.object({ action: z.literal('run'), withinSeconds }),
  z.object({ action: z.literal('list') }),
  z.object({
    action: z.literal('verify'),
    month: monthSchema,
    fromPart: z.number().int().min(1).default(1),
    withinSeconds,
  }),
  z.object({ action: z.literal('restore'), month: monthSchema, withinSeconds }),
  z.object({ action: z.literal('release'), month: monthSchema }),
]);
export type ArchiveRequest = z.input<typeof archiveRequestSchema>;

/**
 * What it answers. `done` false: its time was nearly over, or `steps` ended; call it again with the same request (verify:
 * with `nextPart`). Everything that was done is kept.
 */
export const archiveResultSchema = z.object({
  done: z.boolean(),
  month: monthSchema.nullable(),
  /** Rows that this call exported, verified or restored, and of how many in the month when that is known. */
  rows: count,
  rowsDone: count,
  rowsTotal: count.nullable(),
  /** Months that this call has dropped from the database. */
  dropped: z.array(monthSchema),
  nextPart: z.number().int().nullable(),
  months: z.array(
    z.object({
      month: monthSchema,
      state: z.enum(['begun', 'exporting', 'verified', 'dropped']),
      rows: count.nullable(),
      inForce: count.nullable(),
      bytes: count.nullable(),
      isRestored: z.boolean(),
      droppedAt: z.iso.datetime().nullable(),
    }),
  ),
});
export type ArchiveResult = z.infer<typeof archiveResultSchema>;
