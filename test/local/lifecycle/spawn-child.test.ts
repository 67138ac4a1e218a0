import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isAlive } from '../../../local/lifecycle/processes.ts';
import { type Child, spawnChild } from '../../../local/lifecycle/spawn-child.ts';

const child = (code: string, options: { onLine?: (line: string) => void; readyWithinMs?: number } = {}) =>
  spawnChild({ title: 'simulator', command: process.execPath, args: ['-e', code], ...options });
const untilStdinCloses = 'process.stdin.on("end", () => process.exit(0)).resume();';

let folder: string;
let running: Child | undefined;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'narx-child-'));
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
  rmSync(folder, { recursive: true, force: true });
});

test('a child is ready when it has printed a line of JSON; its further lines are passed on', async () => {
  const lines: string[] = [];
  running = await child(`console.log('{"url":"http://x"}\\nsecond'); ${untilStdinCloses}`, {
    onLine: (line) => lines.push(line),
  });
  expect(running.ready).toEqual({ url: 'http://x' });
  await vi.waitFor(() => expect(lines).toEqual(['second']));
  await running.stop();
  expect(isAlive(running.pid)).toBe(false);
});

test('a child that ends instead of becoming ready fails with its own words', async () => {
  await expect(child('console.error("port taken"); process.exit(3)')).rejects.toThrow(
    'simulator ended (exit code 3).\nport taken',
  );
});

test('a child that says something else than JSON is ended and refused', async () => {
  await expect(child(`console.log('hello'); ${untilStdinCloses}`)).rejects.toThrow(
    'simulator said something else than JSON first.',
  );
});

test('a child that stays silent is ended and refused', async () => {
  await expect(child(untilStdinCloses, { readyWithinMs: 30 })).rejects.toThrow(
    'simulator was not ready within 0.03 s.',
  );
});

test('a command that does not exist is one sentence', async () => {
  await expect(
    spawnChild({ title: 'simulator', command: path.join(folder, 'none'), args: [] }),
  ).rejects.toThrow(/^simulator cannot be started: .*ENOENT/);
});

test('a child sees its standard input close when the runner is killed', async () => {
  writeFileSync(
    path.join(folder, 'runner.mjs'),
    `import { spawnChild } from ${JSON.stringify(path.resolve('local/lifecycle/spawn-child.ts'))};
     const child = await spawnChild({ title: 'simulator', command: process.execPath,
       args: ['-e', ${JSON.stringify(`console.log("{}"); ${untilStdinCloses}`)}] });
     console.log(child.pid);`,
  );
  const runner = spawn(process.execPath, [path.join(folder, 'runner.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = await once(runner.stdout, 'data');
  const pid = Number(String(chunk));
  expect(isAlive(pid)).toBe(true);
  runner.kill('SIGKILL');
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 1_000 });
});
