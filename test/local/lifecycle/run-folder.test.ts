import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive, processIdentity } from '../../../local/lifecycle/processes.ts';
import { claimRunFolder } from '../../../local/lifecycle/run-folder.ts';

let folder: string;
const spawned: ReturnType<typeof spawn>[] = [];

beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(tmpdir(), 'narx-run-')), '.narx');
});
afterEach(() => {
  for (const child of spawned.splice(0)) child.kill('SIGKILL');
  rmSync(path.dirname(folder), { recursive: true, force: true });
});

/** A process that lives until it is killed; with `stubborn` it ignores SIGTERM. */
async function sleeper(stubborn = false): Promise<number> {
  const child = spawn(
    process.execPath,
    [
      '-e',
      `${stubborn ? 'process.on("SIGTERM", () => undefined);' : ''} console.log(1); setInterval(() => 1, 1000)`,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  spawned.push(child);
  if (child.stdout) await once(child.stdout, 'data');
  return child.pid ?? 0;
}

function writeLock(pid: number, identity: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'runner.lock'), JSON.stringify({ pid, identity, title: 'narx dev' }));
}

test('a folder that a live runner uses is refused in one sentence that names it', async () => {
  const pid = await sleeper();
  writeLock(pid, processIdentity(pid) ?? '');
  await expect(claimRunFolder(folder, 'narx start')).rejects.toThrow(
    `narx dev is running (process ${pid}) and uses ${folder}: stop it first, or wait for it.`,
  );
  expect(isAlive(pid)).toBe(true);
});

test('a lock whose process id now belongs to another process is taken over, and that process is left alone', async () => {
  const pid = await sleeper();
  writeLock(pid, 'another start time');
  const run = await claimRunFolder(folder, 'narx start');
  expect(isAlive(pid)).toBe(true);
  run.release();
});

test('a lock that is not readable is taken over', async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'runner.lock'), '{"pid":');
  const run = await claimRunFolder(folder, 'narx start');
  run.release();
  expect(existsSync(path.join(folder, 'runner.lock'))).toBe(false);
});

test('of runners that find the same stale lock at once, one gets the folder', async () => {
  writeLock(999_999_999, 'gone');
  const script = path.join(path.dirname(folder), 'runner.mjs');
  writeFileSync(
    script,
    `import { claimRunFolder } from ${JSON.stringify(path.resolve('local/lifecycle/run-folder.ts'))};
     await claimRunFolder(${JSON.stringify(folder)}, 'narx dev').then(() => console.log('got it'), () => console.log('refused'));
     setInterval(() => 1, 1000);`,
  );
  const answers = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const runner = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
      spawned.push(runner);
      const [answer] = await once(runner.stdout, 'data');
      return String(answer).trim();
    }),
  );
  expect(answers.toSorted()).toEqual(['got it', 'refused', 'refused', 'refused']);
});

test('registered children that outlived their runner are ended, stubborn ones too, and nothing else is', async () => {
  const [child, stubborn, reused] = [await sleeper(), await sleeper(true), await sleeper()];
  const first = await claimRunFolder(folder, 'narx dev');
  first.children.add(child, 'simulator');
  first.children.add(stubborn, 'store');
  first.release();
  writeFileSync(
    path.join(folder, 'children', `${reused}.json`),
    JSON.stringify({ pid: reused, identity: 'another start time', title: 'not ours' }),
  );
  const second = await claimRunFolder(folder, 'narx start');
  expect(second.leftovers.toSorted()).toEqual(['simulator', 'store']);
  expect([child, stubborn, reused].map(isAlive)).toEqual([false, false, true]);
  expect(readdirSync(path.join(folder, 'children'))).toEqual([]);
});
