import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { synthesize } from '../../cli/start/synth.ts';
import { isAlive } from '../../local/lifecycle/processes.ts';
import type { Mutation } from '../drill.ts';

/** What a synthesis reads. */
const sources = ['bin', 'lib', 'functions', 'db', 'narx.config.ts', 'cdk.json', 'package-lock.json'];
/** What is no part of the project's sources. */
const notCopied = new Set(['node_modules', '.git', '.narx', 'cdk.out']);

/**
 * The synthesized stage of the sources as they are. Kept in `cache` under a hash of them, so that one synthesis serves all
 * drills, and the next run too.
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

/** Copies the project's sources into an empty folder; its packages are linked. */
export function copyTree(root: string, into: string): void {
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  for (const entry of readdirSync(root))
    if (!notCopied.has(basename(entry))) cpSync(join(root, entry), join(into, entry), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(into, 'node_modules'));
}

/** Switches a protection off. Throws unless the text to replace stands in the file exactly once. */
export function mutate(root: string, { file, find, replace }: Mutation): void {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  const found = text.split(find).length - 1;
  if (found !== 1) throw new Error(`${file} has the text to replace ${found} times instead of once: ${find}`);
  if (find === replace) throw new Error(`${file}: the mutation changes nothing.`);
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
}
