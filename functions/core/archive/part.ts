import { createHash } from 'node:crypto';
import { type ArchivedPart, archiveSchemaVersion } from '../../contract/archive.ts';
import { ArchiveConflict, RetryLater } from '../model/errors.ts';
import { partKey } from './names.ts';
import { firstDifference, keyAt, type PointKey, RowsDigest, rowsOf } from './points.ts';
import type { ArchiveObjects } from './ports.ts';
import type { ArchiveWorld } from './world.ts';

/** An upload that does not read back as it was sent is repeated once; more is not an accident. */
const uploads = 2;
/** Brings one part to S3, if it is not there, reads it back and compares it with the database. Then it is verified. */
export async function exportPart(
  world: ArchiveWorld,
  month: string,
  number: number,
  after: PointKey | null,
  known: ArchivedPart | undefined,
  isSealed: boolean,
): Promise<ArchivedPart> {
  let part = known;
  for (let upload = 0; ; upload += 1) {
    if (part === undefined) {
      const upto =
        known === undefined ? null : { skuId: known.lastSkuId, firstObservedAt: known.lastFirstObservedAt };
      part = await writePart(world, month, number, after, upto);
      await world.months.recordPart(month, part);
    }
    const difference = await compareWithDatabase(world, month, part, after, isSealed);
    if (difference === null) break;
    if (isSealed)
      throw new ArchiveConflict(
        `${part.key} holds something else than the database (${difference}); neither was touched`,
      );
    if (upload === uploads)
      throw new RetryLater(`${part.key} does not read back as it was written: ${difference}`);
    world.log.warn('part does not read back as the database has it: writing it again', {
      key: part.key,
      difference,
    });
    part = undefined;
  }
  await world.months.partVerified(month, number);
  return part;
}

async function writePart(
  world: ArchiveWorld,
  month: string,
  number: number,
  after: PointKey | null,
  upto: PointKey | null,
): Promise<ArchivedPart> {
  const { domain, months, objects, files, sizes } = world;
  const file = files.writer({ schema_version: String(archiveSchemaVersion), domain, month });
  const digest = new RowsDigest();
  const times = { min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY };
  let [rows, inForce, isLast] = [0, 0, false];
  let last = after;
  // Comparing a part with the database takes no longer than writing it: one that has taken half of the time there was ends here,
  // however small, or it would never be finished where the processor is slow.
  const half = world.remainingMs() / 2;
  const mayGrow = () => rows === 0 || (rows < sizes.file && world.remainingMs() > half);
  // A part that is written again ends where it ended before.
  while (upto !== null || mayGrow()) {
    const batch = await months.read(month, { after: last, upto, limit: sizes.group });
    const read = rowsOf(batch);
    if (read > 0) {
      file.add(batch);
      digest.add(batch);
      rows += read;
      for (const [row, at] of batch.firstObservedAt.entries()) {
        if (at < times.min) times.min = at;
        if (at > times.max) times.max = at;
        if (batch.inForce[row]) inForce += 1;
      }
      last = keyAt(batch, read - 1);
    }
    if (read < sizes.group) {
      isLast = rowsOf(await months.read(month, { after: last, upto: null, limit: 1 })) === 0;
      break;
    }
  }
  if (rows === 0) times.min = times.max = 0;
  const bytes = file.finish();
  const key = partKey(domain, month, number);
  const sha256 = sha256Of(bytes);
  const { etag } = await putPart(objects, key, bytes, sha256);
  return {
    part: number,
    key,
    bytes: bytes.byteLength,
    rows,
    inForce,
    minObservedAt: times.min,
    maxObservedAt: times.max,
    lastSkuId: last?.skuId ?? '0',
    lastFirstObservedAt: last?.firstObservedAt ?? 0,
    isLast,
    etag,
    sha256,
    rowsSha256: digest.hex(),
  };
}

/** An object that is there already is what a run that died has written: it stays, unless it is something else. */
async function putPart(
  objects: ArchiveObjects,
  key: string,
  bytes: Uint8Array,
  sha256: string,
): Promise<{ etag: string }> {
  const written = await objects.put(key, bytes, null);
  if (written !== null) return written;
  const there = await objects.get(key);
  if (there !== null && sha256Of(there.bytes) === sha256) return there;
  const replaced = await objects.put(key, bytes, there?.etag ?? null);
  if (replaced === null) throw new RetryLater(`${key} was written by somebody else at the same time`);
  return replaced;
}

/** Null when the object is, byte for byte and row for row, what it should be; else what differs, without any value. */
async function compareWithDatabase(
  { months, objects, files, sizes }: ArchiveWorld,
  month: string,
  part: ArchivedPart,
  from: PointKey | null,
  ignoreEndsInForce: boolean,
): Promise<string | null> {
  const object = await objects.get(part.key);
  if (object === null) return 'it is not there';
  if (sha256Of(object.bytes) !== part.sha256) return 'its bytes are others';
  const upto = { skuId: part.lastSkuId, firstObservedAt: part.lastFirstObservedAt };
  let after = from;
  let rows = 0;
  for await (const batch of files.read(object.bytes)) {
    const there = await months.read(month, { after, upto, limit: Math.max(rowsOf(batch), 1) });
    const difference = firstDifference(batch, there, { ignoreEndsInForce });
    if (difference !== null) return `row ${rows + difference.row}, ${difference.column}`;
    rows += rowsOf(batch);
    after = keyAt(batch, rowsOf(batch) - 1);
  }
  if (rows !== part.rows) return `it has ${rows} rows in place of ${part.rows}`;
  const left = await months.read(month, {
    after,
    upto: part.isLast ? null : upto,
    limit: Math.min(1, sizes.group),
  });
  return rowsOf(left) === 0 ? null : 'it lacks rows';
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
