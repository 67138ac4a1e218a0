import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Mutation } from '../drill.ts';

/** What is no part of the project's sources. */
const notCopied = new Set(['node_modules', '.git', '.narx', 'cdk.out']);

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
