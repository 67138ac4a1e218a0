import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isAlive } from '../../../local/lifecycle/processes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'narx-orphans-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('environments, idle or busy, exit within a second when their runner is killed', async () => {
  writeFileSync(
    path.join(folder, 'index.mjs'),
    'export const handler = async (event) => { if (event.wait) await new Promise((done) => setTimeout(done, 60_000)); };',
  );
  writeFileSync(
    path.join(folder, 'runner.mjs'),
    `import { createLambdaHost } from ${JSON.stringify(path.resolve('local/lambda/host.ts'))};
     const spec = (name) => ({ logicalId: name, name, handler: 'index.handler', codeDir: ${JSON.stringify(folder)},
       memoryMb: 512, timeoutSeconds: 60, environment: {} });
     const host = createLambdaHost({ functions: [spec('idle'), spec('busy')], timeoutMs: (spec) => spec.timeoutSeconds * 1000, region: 'eu-central-1',
       accountId: '000000000000', compileCache: ${JSON.stringify(path.join(folder, 'cache'))},
       observer: { invoked() {}, throttled() {}, output() {} } });
     await Promise.all([host.invoke('idle', {}), host.invoke('busy', {})]);
     void host.invoke('busy', { wait: true });
     setTimeout(() => console.log(JSON.stringify(Object.values(host.pids()).flat())), 50);`,
  );
  const runner = spawn(process.execPath, [path.join(folder, 'runner.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [chunk] = await once(runner.stdout, 'data');
  const pids: number[] = JSON.parse(String(chunk));
  expect(pids).toHaveLength(2);
  expect(pids.filter(isAlive)).toEqual(pids);
  runner.kill('SIGKILL');
  await vi.waitFor(() => expect(pids.filter(isAlive)).toEqual([]), { timeout: 1_000 });
});
