import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A command that runs the stack, as a child, in a process group of its own, as from a terminal. */
export interface Runner {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Everything that it has written so far. */
  output(): string;
  /** Resolves when it has written this; rejects with its output when it ends without. */
  wrote(pattern: RegExp): Promise<void>;
}

/** A folder for runs that nobody else uses. */
export function runFolder(): string {
  return mkdtempSync(join(tmpdir(), 'narx-e2e-'));
}

/**
 * Starts the main job in a folder. `through` says how: `node` starts the runner itself, `npm` is `npm start`, `dev` is the stack that
 * is left running.
 */
export function startRunner(
  folder: string,
  options: string[],
  through: 'node' | 'npm' | 'dev' = 'node',
): Runner {
  const words = ['--folder', folder, ...options];
  const command =
    through === 'npm'
      ? ['npm', 'start', '--', ...words]
      : [process.execPath, join(root, 'cli', 'narx.mjs'), through === 'dev' ? 'dev' : 'start', ...words];
  // The folder is in the environment of all that it starts: that is how processesOf finds them.
  const temporary = join(folder, 'tmp');
  mkdirSync(temporary, { recursive: true });
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary, NODE_ENV: undefined, VITEST: undefined },
  });
  return watch(child);
}

function watch(child: ChildProcess): Runner {
  let text = '';
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      for (const look of [...waiting]) look();
    });
  const exited = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject);
    // Not `close`: what a killed runner has started may hold its output open for a moment.
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  return {
    pid: child.pid ?? 0,
    exited,
    output: () => text,
    wrote: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        void exited.then(() => reject(new Error(`It ended before it wrote ${pattern}:\n${text}`)), reject);
      }),
  };
}

interface Process {
  pid: number;
  command: string;
  environment: string;
}

/** Every live process that has to do with a folder, by its command line, its environment or where it is. */
export function processesOf(folder: string): Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name): Process[] => {
      try {
        const text = (file: string): string =>
          readFileSync(`/proc/${name}/${file}`, 'utf8').replaceAll('\0', ' ');
        const [command, environment] = [text('cmdline'), text('environ')];
        const place = readlinkSync(`/proc/${name}/cwd`);
        const ours = [command, environment, place].some((where) => where.includes(folder));
        return ours ? [{ pid: Number(name), command: command.trim() || text('comm'), environment }] : [];
      } catch {
        // Gone in between, a zombie, or another user's.
        return [];
      }
    });
}

/** Waits until nothing of a folder runs any more; resolves with the command lines of what still does after the time. */
export async function leftBehind(folder: string, withinMs: number): Promise<string[]> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const left = processesOf(folder);
    if (left.length === 0 || performance.now() > deadline)
      return left.map(({ pid, command }) => `${pid} ${command.slice(0, 160)}`);
    await sleep(50);
  }
}

/** Ids of the Lambda environments of a folder's run, with the names of their functions. */
export function lambdasOf(folder: string): { pid: number; name: string }[] {
  return processesOf(folder).flatMap(({ pid, command, environment }) => {
    const name = /(?:^| )AWS_LAMBDA_FUNCTION_NAME=(\S+)/.exec(environment)?.[1];
    return name !== undefined && command.includes('bootstrap.mjs') ? [{ pid, name }] : [];
  });
}

/** Ends whatever a failed test may have left, and removes the folder. */
export function cleanUp(folder: string): void {
  for (const { pid } of processesOf(folder)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
