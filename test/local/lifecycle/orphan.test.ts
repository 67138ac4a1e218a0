import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isAlive } from '../../../local/lifecycle/processes.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'narx-orphan-'));
  writeFileSync(
    path.join(folder, 'script.mjs'),
    `import { whenNpmHasGone } from ${JSON.stringify(path.resolve('local/lifecycle/orphan.ts'))};
     whenNpmHasGone(() => process.exit(0), 10);
     setTimeout(() => process.exit(0), 30_000);
     console.log(process.pid);`,
  );
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A stand-in for npm that runs the script through a shell. Resolves with the ids of both. */
async function run(shellLine: string, env: NodeJS.ProcessEnv): Promise<{ npm: number; script: number }> {
  const code = `const { spawn } = require('node:child_process');
    spawn('sh', ['-c', process.argv[1]], { stdio: ['ignore', 'inherit', 'inherit'] });
    setInterval(() => 1, 1000);`;
  const npm = spawn(process.execPath, ['-e', code, shellLine], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const [line] = await once(npm.stdout, 'data');
  return { npm: npm.pid ?? 0, script: Number(String(line)) };
}

test.each([
  ['a shell that waits for its script', `${process.execPath} script.mjs; true`],
  ['a shell that makes way for its script', `exec ${process.execPath} script.mjs`],
])('a script that npm runs through %s ends when npm is killed', async (_, shellLine) => {
  const { npm, script } = await run(shellLine, { npm_command: 'run-script' });
  process.kill(npm, 'SIGKILL');
  await vi.waitFor(() => expect(isAlive(script)).toBe(false), { timeout: 10_000 });
});

test('a script that no npm runs outlives whoever started it', async () => {
  const { npm, script } = await run(`${process.execPath} script.mjs; true`, {
    npm_command: undefined,
  });
  process.kill(npm, 'SIGKILL');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(isAlive(script)).toBe(true);
  process.kill(script, 'SIGKILL');
});
