import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { OptionError, readOptions } from '../../simulator/options.ts';

const main = new URL('../../simulator/main.ts', import.meta.url).pathname;

function start(...flags: string[]): ChildProcess {
  const child = spawn(process.execPath, [main, ...flags], { stdio: ['pipe', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

async function ready(child: ChildProcess) {
  if (!child.stdout) throw new Error('stdout must be piped');
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return JSON.parse(line) as { ready: boolean; control: string; origins: Record<string, string> };
}

describe('the simulator process', () => {
  it('prints one line when it is ready and exits when its stdin closes', async () => {
    const child = start('--uzum-products', '10');
    const { ready: isReady, control, origins } = await ready(child);
    expect(isReady).toBe(true);
    expect(origins['https://api.uzum.uz']).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${control}/health`)).status).toBe(200);
    child.stdin?.end();
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('exits on %s', async (signal) => {
    const child = start('--uzum-products', '10');
    await ready(child);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('says in one line what is wrong with its flags', async () => {
    const child = start('--uzum-products', 'many');
    const [line] = (await once(
      createInterface({ input: child.stderr as NodeJS.ReadableStream }),
      'line',
    )) as [string];
    expect(line).toBe('simulator: --uzum-products must be a whole number from 0 to 10000000.');
    expect(await once(child, 'exit')).toEqual([1, null]);
  });

  it('refuses flags that it does not know', () => {
    expect(() => readOptions(['--uzum-price', '1'])).toThrow(OptionError);
  });
});
