import { ArchiveConflict } from '../model/errors.ts';
import { readManifest } from './manifest.ts';
import { sha256Of } from './part.ts';
import { firstDifference, isAfter, keyAt, type PointBatch, RowsDigest, rowsOf, sliceFrom } from './points.ts';
import type { ArchiveWorld } from './world.ts';

export interface ReadBack {
  done: boolean;
  /** Of this call. */
  rows: number;
  rowsDone: number;
  rowsTotal: number;
  /** The part to go on with; null when it is done. */
  nextPart: number | null;
}

/**
 * Reads an archived month back from S3, from part `fromPart` on: bytes, rows, their number, their order. Throws
 * ArchiveConflict at the first thing that is not as the manifest says.
 */
export async function verifyArchive(world: ArchiveWorld, month: string, fromPart: number): Promise<ReadBack> {
  const manifest = await manifestOrThrow(world, month);
  let rows = 0;
  for (const part of manifest.parts.filter(({ part }) => part >= fromPart)) {
    if (!world.hasTime()) return progress(manifest, part.part, rows);
    const digest = new RowsDigest();
    let inPart = 0;
    let last: ReturnType<typeof keyAt> | null = null;
    for await (const batch of world.files.read(await bytesOf(world, part.key, part.sha256))) {
      for (let row = 0; row < rowsOf(batch); row += 1) {
        const key = keyAt(batch, row);
        if (last !== null && !isAfter(key, last))
          throw new ArchiveConflict(`${part.key} is not in order at row ${inPart + row}`);
        last = key;
      }
      digest.add(batch);
      inPart += rowsOf(batch);
    }
    if (inPart !== part.rows || digest.hex() !== part.rowsSha256)
      throw new ArchiveConflict(`the rows of ${part.key} are not those of its manifest`);
    rows += inPart;
  }
  return progress(manifest, null, rows);
}

/**
 * Puts an archived month back as a read-only partition: loads what is not there yet, part by part, and compares each part
 * with the file before the month becomes readable. Goes on where an earlier call stopped or died.
 */
export async function restoreMonth(world: ArchiveWorld, month: string): Promise<ReadBack> {
  const { months, files } = world;
  const manifest = await manifestOrThrow(world, month);
  if ((await months.all()).find((one) => one.month === month)?.isRestored === true)
    return progress(manifest, null, 0);
  await months.restoreBegin(month);
  let there = await months.restoredUpTo(month);
  let rows = 0;
  let before: ReturnType<typeof keyAt> | null = null;
  for (const part of manifest.parts) {
    const end = { skuId: part.lastSkuId, firstObservedAt: part.lastFirstObservedAt };
    // A part whose last row is the last there is may have been loaded without being compared.
    if (there !== null && isAfter(there, end)) {
      before = end;
      continue;
    }
    if (!world.hasTime()) return progress(manifest, part.part, rows);
    const bytes = await bytesOf(world, part.key, part.sha256);
    let inPart = 0;
    for await (const batch of files.read(bytes)) {
      const missing = without(batch, there);
      if (rowsOf(missing) > 0) {
        if (!world.hasTime()) return progress(manifest, part.part, rows, inPart);
        await months.insertRestored(month, missing);
        rows += rowsOf(missing);
      }
      inPart += rowsOf(batch);
    }
    let after = before;
    for await (const batch of files.read(bytes)) {
      const restored = await months.readRestored(month, { after, upto: end, limit: rowsOf(batch) });
      const difference = firstDifference(batch, restored);
      if (difference !== null)
        throw new ArchiveConflict(`restored ${month} differs from ${part.key} at row ${difference.row}`);
      after = keyAt(batch, rowsOf(batch) - 1);
    }
    before = end;
    there = end;
  }
  await months.restoreFinish(month);
  return progress(manifest, null, rows);
}

/** The rows that come after `there`. */
function without(batch: PointBatch, there: ReturnType<typeof keyAt> | null): PointBatch {
  if (there === null) return batch;
  const row = batch.skuId.findIndex((_, index) => isAfter(keyAt(batch, index), there));
  return row === 0 ? batch : sliceFrom(batch, row === -1 ? rowsOf(batch) : row);
}

function progress(
  { parts, rows: rowsTotal }: { parts: readonly { part: number; rows: number }[]; rows: number },
  nextPart: number | null,
  rows: number,
  inPart = 0,
): ReadBack {
  const rowsDone = parts
    .filter(({ part }) => nextPart === null || part < nextPart)
    .reduce((total, part) => total + part.rows, inPart);
  return { done: nextPart === null, rows, rowsDone, rowsTotal, nextPart };
}

async function manifestOrThrow(world: ArchiveWorld, month: string) {
  const there = await readManifest(world, month);
  if (there === null) throw new ArchiveConflict(`there is no archive of ${month} in S3`);
  return there.manifest;
}

async function bytesOf({ objects }: ArchiveWorld, key: string, sha256: string): Promise<Uint8Array> {
  const object = await objects.get(key);
  if (object === null) throw new ArchiveConflict(`${key} is not in S3`);
  if (sha256Of(object.bytes) !== sha256)
    throw new ArchiveConflict(`${key} is not what was archived: its bytes are others`);
  return object.bytes;
}
