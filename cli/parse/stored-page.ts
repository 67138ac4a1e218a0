import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import type { Marketplace, Page } from '../../functions/core/marketplace.ts';
import { type Reference, referenceKinds } from '../../functions/core/model/reference.ts';
import { UsageError } from '../command.ts';

/** What the user said about a stored body. */
export interface StoredPage {
  /** Path of the body, or `-` for standard input. */
  file: string;
  status: number;
  /** The address it came from; null when nobody knows. */
  url: string | null;
}

/** Reads a stored body as the page it once was. Throws UsageError when it cannot be read. */
export async function readStoredPage(stored: StoredPage): Promise<Page> {
  let body: Uint8Array;
  try {
    body = stored.file === '-' ? await buffer(process.stdin) : await readFile(stored.file);
  } catch (error) {
    throw new UsageError(`cannot read ${stored.file}: ${describeFileError(error)}.`);
  }
  return {
    url: stored.url ?? pathToFileURL(resolve(stored.file)).href,
    status: stored.status,
    headers: {},
    body,
    receivedAt: new Date(),
  };
}

function describeFileError(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'EISDIR') return 'it is a directory';
  if (code === 'EACCES') return 'permission denied';
  return error instanceof Error ? error.message : String(error);
}

/**
 * The reference that `--id` and `--kind` state, or null without an id. Without a kind it is the first of the marketplace's kinds.
 * Throws UsageError for a kind that does not exist or that the marketplace does not have.
 */
export function statedReference(
  marketplace: Marketplace,
  id: string | undefined,
  kind: Reference['kind'] | undefined,
): Reference | null {
  if (id === undefined) return null;
  if (id === '') throw new UsageError('--id is empty.');
  const candidates = kind === undefined ? referenceKinds : [kind];
  for (const candidate of candidates) {
    const reference: Reference = { kind: candidate, externalId: id };
    if (canRequest(marketplace, reference)) return reference;
  }
  throw new UsageError(`${marketplace.manifest.title} has no ${kind ?? 'reference'} "${id}".`);
}

function canRequest(marketplace: Marketplace, reference: Reference): boolean {
  try {
    marketplace.request(reference);
    return true;
  } catch {
    return false;
  }
}

/** Reads `--kind`. Throws UsageError for a word that is no kind. */
export function statedKind(kind: string | undefined): Reference['kind'] | undefined {
  if (kind === undefined) return undefined;
  const known = referenceKinds.find((candidate) => candidate === kind);
  if (known === undefined) throw new UsageError(`no kind "${kind}"; there are ${referenceKinds.join(', ')}.`);
  return known;
}
