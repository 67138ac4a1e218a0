import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../../local/lifecycle/processes.ts';
import { synthesize } from './synth.ts';

/** What a synthesis reads. */
const sources = ['bin', 'lib', 'functions', 'db', 'narx.config.ts', 'cdk.json', 'package-lock.json'];

/** Where what is made from the sources is kept for the next run, whatever its folder. */
export const sharedCache = (root: string): string => join(root, 'node_modules', '.cache', 'narx');

/**
 * The synthesized stage of the sources as they are. Kept in `cache` under a hash of them, so that one synthesis serves
 * every run until a source changes. Whoever goes on using it when the sources have changed must copy it (`copyInto`).
 */
export async function synthesized(root: string, stage: string, cache: string): Promise<string> {
  const outDir = join(cache, `${stage}-${hashOf(root)}`);
  if (existsSync(outDir)) return outDir;
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache))
    if (name.startsWith(`${stage}-`) || isAbandoned(name))
      rmSync(join(cache, name), { recursive: true, force: true });
  // Built under another name: what is interrupted must not look whole, and two runs may build at once.
  const building = join(cache, `building-${stage}-${process.pid}`);
  await synthesize({ root, stage, outDir: building, compileCache: join(cache, 'compile-cache') });
  if (existsSync(outDir)) rmSync(building, { recursive: true, force: true });
  else renameSync(building, outDir);
  return outDir;
}

/** As `synthesized` out of the shared cache, as a copy that is the caller's own. */
export async function copyInto(outDir: string, root: string, stage: string): Promise<void> {
  const made = await synthesized(root, stage, sharedCache(root));
  rmSync(outDir, { recursive: true, force: true });
  cpSync(made, outDir, { recursive: true });
}

/** What a run that has died was building. */
function isAbandoned(name: string): boolean {
  const pid = /^building-.*-(\d+)$/.exec(name)?.[1];
  return pid !== undefined && !isAlive(Number(pid));
}

function hashOf(root: string): string {
  const hash = createHash('sha256');
  for (const name of sources) addTo(hash, join(root, name), name);
  return hash.digest('hex').slice(0, 16);
}

function addTo(hash: ReturnType<typeof createHash>, path: string, name: string): void {
  let entries: string[];
  try {
    entries = readdirSync(path).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    hash.update(name).update('\0').update(readFileSync(path)).update('\0');
    return;
  }
  for (const entry of entries) addTo(hash, join(path, entry), `${name}/${entry}`);
}
