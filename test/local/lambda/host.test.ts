import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FunctionSpec } from '../../../local/cloud-model.ts';
import type { LambdaHost, LambdaObserver } from '../../../local/interfaces.ts';
import { createLambdaHost, type LambdaHostOptions } from '../../../local/lambda/host.ts';
import { isAlive } from '../../../local/lifecycle/processes.ts';

let folder: string;
let host: LambdaHost | undefined;
let observer: LambdaObserver;
let lines: string[];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'narx-lambda-'));
  lines = [];
  observer = { invoked: vi.fn(), throttled: vi.fn(), output: (_name, line) => lines.push(line) };
});
afterEach(async () => {
  await host?.stop();
  host = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** One function whose code is given; it is called `fixture`. */
function start(
  code: string,
  spec: Partial<FunctionSpec> = {},
  options: Partial<LambdaHostOptions> = {},
  file = 'index.mjs',
): LambdaHost {
  const codeDir = path.join(folder, 'code');
  mkdirSync(codeDir, { recursive: true });
  writeFileSync(path.join(codeDir, file), code);
  const fixture: FunctionSpec = {
    logicalId: 'Fixture',
    name: 'fixture',
    handler: 'index.handler',
    codeDir,
    memoryMb: 512,
    timeoutSeconds: 20,
    environment: {},
    ...spec,
  };
  host = createLambdaHost({
    functions: [fixture],
    observer,
    timeoutMs: (spec) => spec.timeoutSeconds * 1000,
    region: 'eu-central-1',
    accountId: '000000000000',
    compileCache: path.join(folder, 'cache'),
    ...options,
  });
  return host;
}

test('a handler gets its event and the context of its invocation', async () => {
  const { payload, functionError } = await start(`export const handler = async (event, context) => ({
    event, remaining: context.getRemainingTimeInMillis(), ...context });`).invoke('fixture', { a: [1, 'ў'] });
  expect(functionError).toBeNull();
  expect(payload).toMatchObject({
    event: { a: [1, 'ў'] },
    functionName: 'fixture',
    functionVersion: '$LATEST',
    memoryLimitInMB: '512',
    logGroupName: '/aws/lambda/fixture',
    awsRequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
    invokedFunctionArn: 'arn:aws:lambda:eu-central-1:000000000000:function:fixture',
  });
  const { remaining } = payload as { remaining: number };
  expect(remaining).toBeGreaterThan(10_000);
  expect(remaining).toBeLessThanOrEqual(20_000);
});

test('a function sees the template’s variables, Lambda’s own and nothing of the runner’s', async () => {
  vi.stubEnv('NARX_TEST_LEAK', 'secret');
  const { payload } = await start('export const handler = async () => process.env;', {
    environment: { STAGE: 'local' },
  }).invoke('fixture', {});
  expect(payload).toMatchObject({
    STAGE: 'local',
    TZ: ':UTC',
    AWS_REGION: 'eu-central-1',
    AWS_LAMBDA_FUNCTION_NAME: 'fixture',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_ACCESS_KEY_ID: expect.stringMatching(/^fixture\.[0-9a-f]{8}$/) as string,
    PATH: process.env['PATH'],
  });
  expect(payload).not.toHaveProperty('NARX_TEST_LEAK');
  expect(payload).not.toHaveProperty('VITEST');
});

test('an environment is reused and keeps its module state', async () => {
  const running = start('let calls = 0; export const handler = async () => ({ calls: ++calls });');
  await running.invoke('fixture', {});
  const [pid] = running.pids()['fixture'] ?? [];
  expect((await running.invoke('fixture', {})).payload).toEqual({ calls: 2 });
  expect(running.pids()['fixture']).toEqual([pid]);
});

test('a CommonJS bundle runs although the folders above it declare ES modules', async () => {
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  const code = 'const { sep } = require("node:path"); exports.handler = async () => sep;';
  expect((await start(code, {}, {}, 'index.js').invoke('fixture', {})).payload).toBe('/');
});

test('a thrown error comes back as Unhandled with type, message and trace, and the environment lives on', async () => {
  const running = start(`class Broken extends Error { name = 'Broken' }
    export const handler = async (event) => { if (event.fail) throw new Broken('no'); return 'fine'; };`);
  const failed = await running.invoke('fixture', { fail: true });
  expect(failed.functionError).toBe('Unhandled');
  expect(failed.payload).toMatchObject({ errorType: 'Broken', errorMessage: 'no' });
  expect((failed.payload as { trace: string[] }).trace.join('\n')).toContain('index.mjs');
  const [pid] = running.pids()['fixture'] ?? [];
  expect((await running.invoke('fixture', {})).payload).toBe('fine');
  expect(running.pids()['fixture']).toEqual([pid]);
});

test('a handler that hangs is killed at the given timeout, and the next invocation has a new environment', async () => {
  const running = start(
    'export const handler = (event) => { if (event.hang) for (;;); return "fine"; };',
    { timeoutSeconds: 30 },
    { timeoutMs: () => 300 },
  );
  await running.invoke('fixture', {});
  const [pid = 0] = running.pids()['fixture'] ?? [];
  const late = await running.invoke('fixture', { hang: true });
  expect(late).toMatchObject({
    functionError: 'Unhandled',
    payload: {
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(/^RequestId: \S+ Error: Task timed out after 30\.00 seconds$/),
    },
  });
  expect(late.durationMs).toBeGreaterThanOrEqual(300);
  expect(isAlive(pid)).toBe(false);
  expect(observer.invoked).toHaveBeenLastCalledWith(
    expect.objectContaining({ functionName: 'fixture', error: true, timedOut: true }),
  );
  expect((await running.invoke('fixture', {})).payload).toBe('fine');
  expect(running.pids()['fixture']).not.toContain(pid);
});

test('an environment that uses more than its memory outside the heap is killed and replaced', async () => {
  const running = start(
    `export const handler = async (event) => {
      const held = [];
      while (event.eat) { held.push(Buffer.alloc(8 << 20, 1)); await new Promise((done) => setTimeout(done, 5)); }
      return 'fine';
    };`,
    { memoryMb: 256 },
  );
  expect((await running.invoke('fixture', { eat: true })).payload).toMatchObject({
    errorType: 'Runtime.OutOfMemory',
    errorMessage: expect.stringContaining('Runtime exited with error: signal: killed'),
  });
  expect(observer.invoked).toHaveBeenLastCalledWith(
    expect.objectContaining({ memoryLimitBytes: 256 * 1024 * 1024, timedOut: false }),
  );
  expect((await running.invoke('fixture', {})).payload).toBe('fine');
});

test.for([
  ['process.exit(3)', 'Runtime exited with error: exit status 3'],
  ['process.exit(0)', 'Runtime exited without providing a reason'],
  ['process.kill(process.pid, "SIGKILL")', 'Runtime exited with error: signal: killed'],
])('%s in a handler is Runtime.ExitError and the next invocation succeeds', async ([statement, message]) => {
  const running = start(
    `export const handler = async (event) => { if (event.die) { ${statement}; await new Promise(() => {}); } return 1; };`,
  );
  const died = await running.invoke('fixture', { die: true });
  expect(died.functionError).toBe('Unhandled');
  expect(died.payload).toEqual({
    errorType: 'Runtime.ExitError',
    errorMessage: expect.stringContaining(String(message)),
  });
  expect((await running.invoke('fixture', {})).payload).toBe(1);
});

test('a rejection that nobody handles fails the invocation by name', async () => {
  const running = start(
    'export const handler = async () => { Promise.reject(new Error("lost")); await new Promise(() => {}); };',
  );
  expect((await running.invoke('fixture', {})).payload).toMatchObject({
    errorType: 'Runtime.UnhandledPromiseRejection',
    errorMessage: 'Error: lost',
  });
});

test.for([
  ['throw new TypeError("bad wiring"); export const handler = 1;', 'TypeError'],
  ['export const other = 1;', 'Runtime.HandlerNotFound'],
  ['import "./missing.mjs"; export const handler = async () => 1;', 'Runtime.ImportModuleError'],
])('code that cannot start reports why: %s', async ([code, errorType]) => {
  const { payload, functionError } = await start(String(code)).invoke('fixture', {});
  expect(functionError).toBe('Unhandled');
  expect(payload).toMatchObject({ errorType });
});

test('environments grow with the load up to the limit; beyond it invocations wait and count as throttled', async () => {
  const running = start(
    'export const handler = async () => { await new Promise((done) => setTimeout(done, 100)); return process.pid; };',
    {},
    { maxEnvironments: 2 },
  );
  const results = await Promise.all(Array.from({ length: 5 }, () => running.invoke('fixture', {})));
  expect(results.every((result) => result.functionError === null)).toBe(true);
  expect(new Set(results.map((result) => result.payload)).size).toBe(2);
  expect(observer.throttled).toHaveBeenCalledTimes(3);
});

test('an environment that stays idle is ended', async () => {
  const running = start('export const handler = async () => 1;', {}, { idleMs: 20 });
  await running.invoke('fixture', {});
  await vi.waitFor(() => expect(running.pids()['fixture']).toEqual([]), { timeout: 3_000 });
  expect((await running.invoke('fixture', {})).payload).toBe(1);
});

test('work given to an environment that was killed while idle runs in another one', async () => {
  const running = start('export const handler = async () => process.pid;');
  const first = (await running.invoke('fixture', {})).payload;
  process.kill(Number(first), 'SIGKILL');
  await vi.waitFor(() => expect(running.pids()['fixture']).toEqual([]), { timeout: 3_000 });
  const second = await running.invoke('fixture', {});
  expect(second.functionError).toBeNull();
  expect(second.payload).not.toBe(first);
});

test('an event over 6 MB is refused and a response over 6 MB fails the invocation', async () => {
  const running = start('export const handler = async (event) => "x".repeat(event.size ?? 0);');
  expect((await running.invoke('fixture', { text: 'x'.repeat(6 << 20) })).payload).toMatchObject({
    errorType: 'RequestEntityTooLarge',
  });
  expect((await running.invoke('fixture', { size: 7 << 20 })).payload).toMatchObject({
    errorType: 'Function.ResponseSizeTooLarge',
  });
  expect((await running.invoke('fixture', { size: 1 })).payload).toBe('x');
});

test('what a function writes arrives line by line, and its memory is measured', async () => {
  const running = start('export const handler = async () => { console.log("one\\ntwo"); return null; };');
  await running.invoke('fixture', {});
  await running.stop();
  expect(lines).toEqual(['one', 'two']);
  expect(observer.invoked).toHaveBeenCalledWith(
    expect.objectContaining({ error: false, maxRssBytes: expect.any(Number) }),
  );
  if (process.platform === 'linux')
    expect(vi.mocked(observer.invoked).mock.calls[0]?.[0].maxRssBytes).toBeGreaterThan(10 << 20);
});

test('stop ends every environment and refuses later work', async () => {
  const running = start('export const handler = async () => process.pid;');
  const pid = Number((await running.invoke('fixture', {})).payload);
  await running.stop();
  expect(isAlive(pid)).toBe(false);
  await expect(running.invoke('fixture', {})).rejects.toThrow('has stopped');
});
