import {
  type ArchivedPart,
  type ArchiveManifest,
  archiveManifestSchema,
  archiveSchemaVersion,
} from '../../contract/archive.ts';
import { ArchiveConflict, RetryLater } from '../model/errors.ts';
import { manifestKey } from './names.ts';
import type { MonthArchive } from './ports.ts';
import type { ArchiveWorld } from './world.ts';

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

export function manifestOf(
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

/**
 * The manifest of an earlier archiving: the database was taken back to before it dropped the month. What is in S3 was
 * verified then, and is all that is left of what may have been lost since.
 */
export async function sealedBefore(
  world: ArchiveWorld,
  { month, begunAt }: MonthArchive,
): Promise<ArchiveManifest | null> {
  const manifest = (await readManifest(world, month))?.manifest ?? null;
  return manifest !== null && Date.parse(manifest.begunAt) !== begunAt.getTime() ? manifest : null;
}

/** Replaces only a manifest of this same archiving, which had to verify again. */
export async function writeManifest(world: ArchiveWorld, manifest: ArchiveManifest): Promise<void> {
  const key = manifestKey(world.domain, manifest.month);
  const there = await readManifest(world, manifest.month);
  if (there !== null && JSON.stringify(there.manifest) === JSON.stringify(manifest)) return;
  if (there !== null && there.manifest.begunAt !== manifest.begunAt)
    throw new ArchiveConflict(`${key} was written by another archiving of the month`);
  const bytes = Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`);
  if ((await world.objects.put(key, bytes, there?.etag ?? null)) === null)
    throw new RetryLater(`${key} was written by somebody else at the same time`);
}
