import { InvalidObjectState } from '@aws-sdk/client-s3';
import { readManifest } from '../../functions/core/archive/manifest.ts';
import { sha256Of } from '../../functions/core/archive/part.ts';
import type { PointBatch } from '../../functions/core/archive/points.ts';
import type { ArchiveObjects, PointFiles } from '../../functions/core/archive/ports.ts';
import { UsageError } from '../command.ts';
import type { Period } from './points.ts';

/** Where archived months are read from. */
export interface Archive {
  readonly domain: string;
  readonly objects: ArchiveObjects;
  readonly files: PointFiles;
}

/**
 * The price points of the period that left the database with this month: those that the month, or a later one, replaced. What was
 * still in force at its end is only a copy in it. `rows` are their indexes in the batch. One part of at most two million rows is in
 * memory at a time.
 */
export async function* readArchivedMonth(
  archive: Archive,
  month: string,
  period: Period,
): AsyncGenerator<{ points: PointBatch; rows: number[] }> {
  const since = period.since.getTime() * 1_000;
  const until = period.until === null ? Number.POSITIVE_INFINITY : period.until.getTime() * 1_000;
  const sealed = await readManifest(archive, month);
  if (sealed === null) throw new UsageError(`${month} has left the database, and its manifest is not in S3.`);
  for (const part of sealed.manifest.parts) {
    if (part.maxObservedAt < since || part.minObservedAt >= until) continue;
    const bytes = await bytesOf(archive, month, part.key);
    if (sha256Of(bytes) !== part.sha256)
      throw new UsageError(`${part.key} is not what was archived: narx archive verify ${month} says more.`);
    for await (const points of archive.files.read(bytes)) {
      const rows: number[] = [];
      for (const [row, firstObservedAt] of points.firstObservedAt.entries())
        if (firstObservedAt >= since && firstObservedAt < until && points.inForce[row] === false)
          rows.push(row);
      yield { points, rows };
    }
  }
}

async function bytesOf({ objects }: Archive, month: string, key: string): Promise<Uint8Array> {
  let object: Awaited<ReturnType<ArchiveObjects['get']>>;
  try {
    object = await objects.get(key);
  } catch (error) {
    if (!(error instanceof InvalidObjectState)) throw error;
    throw new UsageError(
      `${month} lies in Deep Archive: get it out first (aws s3api restore-object, twelve hours; docs/archive.md), or leave archived months out with --database-only.`,
    );
  }
  if (object === null) throw new UsageError(`${key} is not in S3, though its manifest names it.`);
  return object.bytes;
}
