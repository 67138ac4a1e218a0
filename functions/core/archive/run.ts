import { createHash } from 'node:crypto';
import type { ArchivedPart, ArchiveManifest } from '../../contract/archive.ts';
import { archiveManifestSchema, archiveSchemaVersion } from '../../contract/archive.ts';
import { ArchiveConflict, RetryLater } from '../model/errors.ts';
import type { Log } from '../ports/runtime.ts';
import { firstDifference, keyAt, type PointKey, RowsDigest, rowsOf } from './points.ts';
import type { ArchiveMonths, ArchiveObjects, MonthArchive, PointFiles } from './ports.ts';

/** Rows of one row group, which are in memory at once, and of one file. */
export interface ArchiveSizes {
  readonly group: number;
  readonly file: number;
}

export interface ArchiveWorld {
  readonly domain: string;
  readonly months: ArchiveMonths;
  readonly objects: ArchiveObjects;
  readonly files: PointFiles;
  readonly sizes: ArchiveSizes;
  readonly log: Log;
  /** True while there is time for another part; asked between two steps, each of which is kept. */
  hasTime(): boolean;
  /** Until the process is ended, in milliseconds. */
  remainingMs(): number;
}

export interface ArchiveRun {
  done: boolean;
  month: string | null;
  rows: number;
  dropped: string[];
}

/** An upload that does not read back as it was sent is repeated once; more is not an accident. */
const uploads = 2;
/** How often a month is verified anew because something that leaves was changed meanwhile. */
const turns = 3;

/**
 * Moves months that ended at `before` or earlier out of the database, oldest first: freeze, export, read back and compare
 * row by row, write the manifest, and only then drop. Every step is kept, so that a run that dies or ends early
 * (`done` false) is taken up where it was. Throws ArchiveConflict, with nothing dropped, when an archive of the month
 * exists that holds something else.
 */
export async function runArchive(world: ArchiveWorld, before: Date): Promise<ArchiveRun> {
  const { months, log } = world;
  const run: ArchiveRun = { done: false, month: null, rows: 0, dropped: [] };
  let turn = 0;
  while (world.hasTime()) {
    const unfinished = (await months.all()).find(({ state }) => state !== 'dropped');
    if (unfinished === undefined) {
      const month = await months.oldestEndedBefore(before);
      if (month === null) return { ...run, done: true };
      await months.begin(month);
      log.info('month frozen', { month });
      continue;
    }
    const { month, state } = unfinished;
    run.month = month;
    if (state === 'begun') await months.keep(month);
    else if (state === 'exporting') {
      if (!(await exportMonth(world, unfinished, run))) return run;
    } else if (await months.drop(month)) {
      log.info('month archived and dropped', { month, rows: unfinished.rows, bytes: unfinished.bytes });
      run.dropped.push(month);
    } else {
      turn += 1;
      if (turn === turns) throw new RetryLater(`points of ${month} go on being written while it is archived`);
      log.warn('points were written after they had been exported: verifying again', { month });
      await months.keep(month);
    }
  }
  return run;
}

/** True when the whole month is in S3, has been verified, and the database knows. */
async function exportMonth(world: ArchiveWorld, archive: MonthArchive, run: ArchiveRun): Promise<boolean> {
  const { months } = world;
  const { month } = archive;
  const sealed = await sealedBefore(world, archive);
  let parts = await months.parts(month);
  if (sealed !== null && parts.length === 0) {
    for (const part of sealed.parts) await months.recordPart(month, part);
    parts = await months.parts(month);
  }
  let after: PointKey | null = null;
  for (let number = 1; ; number += 1) {
    if (!world.hasTime()) return false;
    const known = parts.find(({ part }) => part === number);
    let part: ArchivedPart | undefined = known;
    if (known?.verified !== true) {
      part = await exportPart(world, month, number, after, known, sealed !== null);
      run.rows += part.rows;
    }
    if (part === undefined) throw new RangeError(`part ${number} of ${month} is unknown`);
    after = { skuId: part.lastSkuId, firstObservedAt: part.lastFirstObservedAt };
    if (part.isLast) break;
  }
  if (sealed === null)
    await writeManifest(world, manifestOf(world.domain, archive, await months.parts(month)));
  await months.verified(month, manifestKey(world.domain, month));
  return true;
}

/**
 * The manifest of an earlier archiving: the database was taken back to before it dropped the month. What is in S3 was
 * verified then, and is all that is left of what may have been lost since.
 */
async function sealedBefore(
  world: ArchiveWorld,
  { month, begunAt }: MonthArchive,
): Promise<ArchiveManifest | null> {
  const manifest = (await readManifest(world, month))?.manifest ?? null;
  return manifest !== null && Date.parse(manifest.begunAt) !== begunAt.getTime() ? manifest : null;
}

/** Replaces only a manifest of this same archiving, which had to verify again. */
async function writeManifest(world: ArchiveWorld, manifest: ArchiveManifest): Promise<void> {
  const key = manifestKey(world.domain, manifest.month);
  const there = await readManifest(world, manifest.month);
  if (there !== null && JSON.stringify(there.manifest) === JSON.stringify(manifest)) return;
  if (there !== null && there.manifest.begunAt !== manifest.begunAt)
    throw new ArchiveConflict(`${key} was written by another archiving of the month`);
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  if ((await world.objects.put(key, bytes, there?.etag ?? null)) === null)
    throw new RetryLater(`${key} was written by somebody else at the same time`);
}

/** Brings one part to S3, if it is not there, reads it back and compares it with the database. Then it is verified. */
async function exportPart(
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

/** The manifest of a month, or null when the month has none. Throws ArchiveConflict when it cannot be read. */
export async function readManifest(
  { domain, objects }: Pick<ArchiveWorld, 'domain' | 'objects'>,
  month: string,
): Promise<{ manifest: ArchiveManifest; etag: string } | null> {
  const key = manifestKey(domain, month);
  const object = await objects.get(key);
  if (object === null) return null;
  try {
    const manifest = archiveManifestSchema.parse(JSON.parse(new TextDecoder().decode(object.bytes)));
    return { manifest, etag: object.etag };
  } catch (cause) {
    throw new ArchiveConflict(`${key} is not a manifest that this version can read`, { cause });
  }
}

function manifestOf(
  domain: string,
  { month, archivedUntil, begunAt }: MonthArchive,
  known: readonly (ArchivedPart & { verified: boolean })[],
): ArchiveManifest {
  const parts = known.map(({ verified: _, ...part }) => part);
  const sum = (of: (part: ArchivedPart) => number) => parts.reduce((total, part) => total + of(part), 0);
  const filled = parts.filter(({ rows }) => rows > 0);
  const instant = (micros: number) => new Date(Math.trunc(micros / 1_000)).toISOString();
  return {
    schemaVersion: archiveSchemaVersion,
    domain,
    month,
    archivedUntil: archivedUntil.toISOString(),
    begunAt: begunAt.toISOString(),
    rows: sum(({ rows }) => rows),
    inForce: sum(({ inForce }) => inForce),
    bytes: sum(({ bytes }) => bytes),
    minObservedAt: instant(
      Math.min(...(filled.length > 0 ? filled : parts).map((part) => part.minObservedAt)),
    ),
    maxObservedAt: instant(Math.max(...parts.map((part) => part.maxObservedAt))),
    parts,
  };
}

/** Readers of the bucket (Athena, Spark) take `month=` for a column and leave out names that begin with `_`. */
function folder(domain: string, month: string): string {
  return `price_point/domain=${domain}/month=${month}`;
}

function manifestKey(domain: string, month: string): string {
  return `${folder(domain, month)}/_manifest.json`;
}

function partKey(domain: string, month: string, part: number): string {
  return `${folder(domain, month)}/part-${String(part).padStart(5, '0')}.parquet`;
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
