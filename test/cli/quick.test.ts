import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundled } from '../../cli/quick/bundled.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'narx-quick-'));
  mkdirSync(join(root, 'cli', 'quick'), { recursive: true });
  mkdirSync(join(root, 'node_modules'));
  writeFileSync(join(root, 'package-lock.json'), '{}');
  writeFileSync(join(root, 'cli', 'word.ts'), "export const word: string = 'first';\n");
  write('word');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A command that returns this expression. */
function write(expression: string): void {
  writeFileSync(
    join(root, 'cli', 'quick', 'say.ts'),
    `import { word } from '../word.ts';\nexport const main = async (): Promise<unknown> => ${expression};\nexport const known = word;\n`,
  );
}

let file: string;

async function said(): Promise<unknown> {
  const found = await bundled('say', root);
  if (found === null) return null;
  file = found;
  const require = createRequire(import.meta.url);
  delete require.cache[file];
  return await (require(file) as { main: () => Promise<unknown> }).main();
}

it('is made once, and anew when a source has changed that the command itself only imports', async () => {
  expect(await said()).toBe('first');
  const made = new Date('2031-02-03T04:05:06Z');
  utimesSync(file, made, made);
  expect(await said()).toBe('first');
  expect(statSync(file).mtime).toEqual(made);
  writeFileSync(join(root, 'cli', 'word.ts'), "export const word: string = 'another';\n");
  expect(await said()).toBe('another');
});

it('is made anew when packages have changed', async () => {
  expect(await said()).toBe('first');
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('first', 'stale'));
  expect(await said()).toBe('stale');
  writeFileSync(join(root, 'package-lock.json'), '{ "packages": {} }');
  expect(await said()).toBe('first');
});

it('finds files where the source does, and what is loaded on demand in the sources', async () => {
  write("[import.meta.url, (await import('../word.ts')).word]");
  const url = new URL(`file://${join(root, 'cli', 'quick', 'say.ts')}`).href;
  expect(await said()).toEqual([url, 'first']);
  expect(readFileSync(file, 'utf8')).toContain(`import("${url.replace('quick/say', 'word')}")`);
});

it('is none where none can be made: the sources serve', async () => {
  rmSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(join(root, 'node_modules'), 'not a folder');
  expect(await said()).toBeNull();
  rmSync(join(root, 'node_modules'));
  mkdirSync(join(root, 'node_modules'));
  write('not TypeScript (');
  expect(await said()).toBeNull();
});
