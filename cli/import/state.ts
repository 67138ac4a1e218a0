import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { z } from 'zod';
import { UsageError } from '../command.ts';

const count = z.number().int().nonnegative();

/** How far an import is. Beside the CSV, so that it goes on wherever that is. */
const stateSchema = z.object({
  v: z.literal(1),
  marketplace: z.string(),
  /** Options that decide how rows are read. */
  format: z.string(),
  source: z.object({ bytes: count, sha256: z.string() }),
  /** Size of the file of snapshots, and how much of it the queue has accepted. */
  bytes: count,
  sent: count,
  snapshotsSent: count,
  report: z.object({
    rows: count,
    rejected: count,
    duplicates: count,
    conflicts: count,
    pricePoints: count,
    confirmations: count,
    products: count,
    skus: count,
    snapshots: count,
  }),
});
export type ImportState = z.infer<typeof stateSchema>;

/** Files of the import of this CSV. */
export function filesOf(csv: string) {
  return {
    state: `${csv}.import.json`,
    visits: `${csv}.import.visits`,
    folder: `${csv}.import.sorting`,
    rejects: `${csv}.rejects.csv`,
  };
}

/**
 * What an earlier call has left; null when it left nothing that can be gone on with. Throws a UsageError when it was of another
 * content of the file, another marketplace or other options: what was sent then would be mixed with this.
 */
export async function readState(
  csv: string,
  expected: { marketplace: string; format: string },
): Promise<ImportState | null> {
  const files = filesOf(csv);
  const text = await readFile(files.state, 'utf8').catch(() => null);
  if (text === null) return null;
  const anew = `delete ${files.state} to begin anew; what is stored already is not stored twice.`;
  const { success, data: state } = stateSchema.safeParse(jsonOf(text));
  if (!success) throw new UsageError(`${files.state} cannot be read: ${anew}`);
  if (state.marketplace !== expected.marketplace || state.format !== expected.format)
    throw new UsageError(
      `an import into ${state.marketplace} was begun with other options: repeat those, or ${anew}`,
    );
  if ((await checksumOf(csv)) !== state.source.sha256)
    throw new UsageError(`${csv} is not the file any more whose import was begun: ${anew}`);
  const size = await stat(files.visits).then(
    (found) => found.size,
    () => null,
  );
  return size === state.bytes || state.sent === state.bytes ? state : null;
}

/** Replaces the state in one step: whoever dies here leaves the one before. */
export async function writeState(csv: string, state: ImportState): Promise<void> {
  const { state: path } = filesOf(csv);
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(`${JSON.stringify(state, null, 2)}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}

async function checksumOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path) as AsyncIterable<Buffer>) hash.update(bytes);
  return hash.digest('hex');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
