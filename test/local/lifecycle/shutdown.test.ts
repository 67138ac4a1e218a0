import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createShutdown } from '../../../local/lifecycle/shutdown.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'narx-shutdown-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('what was started last is stopped first, once, and each step ends before the next begins', async () => {
  const shutdown = createShutdown();
  const seen: string[] = [];
  for (const title of ['postgres', 'sqs', 'functions'])
    shutdown.add(title, async () => {
      seen.push(`${title} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(`${title} ends`);
    });
  const [first, second] = await Promise.all([shutdown.run(), shutdown.run()]);
  expect(first).toEqual([]);
  expect(second).toEqual([]);
  expect(seen).toEqual(
    ['functions', 'sqs', 'postgres'].flatMap((title) => [`${title} begins`, `${title} ends`]),
  );
});

test('a step that fails or hangs is reported and does not keep the others from stopping', async () => {
  const shutdown = createShutdown(20);
  let stopped = false;
  shutdown.add('postgres', async () => {
    stopped = true;
  });
  shutdown.add('sqs', () => new Promise(() => undefined));
  shutdown.add('functions', () => Promise.reject(new Error('no')));
  expect(await shutdown.run()).toEqual([
    'functions did not stop cleanly: no',
    'sqs did not stop within 0.02 s.',
  ]);
  expect(stopped).toBe(true);
});

test.for([
  ['SIGINT', 130, 'setInterval(() => 1, 1000)'],
  ['SIGTERM', 143, 'setInterval(() => 1, 1000)'],
  [null, 1, 'setTimeout(() => { throw new Error("unexpected") }, 1)'],
  [null, 1, 'Promise.reject(new Error("unexpected"))'],
  [null, 1, 'signals.fail("gone"); setInterval(() => 1, 1000)'],
] as const)('signal %s ends the run in order with exit code %i (%s)', async ([signal, code, work]) => {
  const evidence = path.join(folder, 'stopped');
  writeFileSync(
    path.join(folder, 'runner.mjs'),
    `import { writeFileSync } from 'node:fs';
     import { createShutdown, shutDownOnSignals } from ${JSON.stringify(path.resolve('local/lifecycle/shutdown.ts'))};
     const shutdown = createShutdown();
     shutdown.add('evidence', async () => writeFileSync(${JSON.stringify(evidence)}, 'in order'));
     const signals = shutDownOnSignals(shutdown);
     console.log('ready');
     ${work};`,
  );
  const runner = spawn(process.execPath, [path.join(folder, 'runner.mjs')], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(runner.stdout, 'data');
  if (signal) runner.kill(signal);
  const [exitCode] = await once(runner, 'exit');
  expect(exitCode).toBe(code);
  expect(readFileSync(evidence, 'utf8')).toBe('in order');
});
