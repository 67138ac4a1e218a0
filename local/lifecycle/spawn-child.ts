import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ChildRegistry } from './children.ts';
import { terminate } from './processes.ts';

export interface SpawnOptions {
  /** For messages and for the registry: `simulator`. */
  title: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  children?: ChildRegistry;
  /** Every further line of its output. */
  onLine?: (line: string) => void;
  readyWithinMs?: number;
}

interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Child {
  readonly pid: number;
  /** What the child said on its first line of standard output. */
  readonly ready: unknown;
  /** Resolves when it has ended, whoever ended it. */
  readonly exited: Promise<Exit>;
  /** Closes its standard input and sends SIGTERM, then SIGKILL after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
}

/**
 * Starts a helper process and waits until it prints one line of JSON, which says that it is ready. The child must exit
 * when its standard input closes: that is how it learns that the runner has died. Rejects with the child's own words
 * when it ends or stays silent instead.
 */
export async function spawnChild(options: SpawnOptions): Promise<Child> {
  const { title, children, onLine = () => undefined, readyWithinMs = 20_000 } = options;
  const child = spawn(options.command, options.args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    // A group of its own: Ctrl-C must reach the runner only, which stops its children in order.
    detached: true,
    ...(options.env ? { env: options.env } : {}),
    ...(options.cwd ? { cwd: options.cwd } : {}),
  });
  child.stdin.on('error', () => undefined);
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  const { pid } = child;
  if (pid === undefined) {
    const [error] = await once(child, 'error');
    throw new Error(`${title} cannot be started: ${String(error)}`);
  }
  children?.add(pid, title);
  void exited.then(() => children?.remove(pid));
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line);
    onLine(line);
  });
  const firstLine = new Promise<{ line: string }>((resolve) => {
    let isFirst = true;
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (isFirst) resolve({ line });
      else onLine(line);
      isFirst = false;
    });
  });
  const stop = async (graceMs = 3_000): Promise<void> => {
    child.stdin.end();
    await terminate(pid, ['SIGTERM', 'SIGKILL'], graceMs);
    await exited;
  };
  const waiting = new AbortController();
  const late = { fault: `was not ready within ${readyWithinMs / 1000} s` };
  const first = await Promise.race([
    firstLine,
    exited.then(({ code, signal }) => ({ fault: `ended (${signal ?? `exit code ${code}`})` })),
    sleep(readyWithinMs, late, { signal: waiting.signal }).catch(() => late),
  ]);
  waiting.abort();
  const ready = 'line' in first ? parseReady(first.line) : null;
  if (ready === null) {
    await stop();
    const fault = 'fault' in first ? first.fault : 'said something else than JSON first';
    throw new Error([`${title} ${fault}.`, ...said.slice(-5)].join('\n'));
  }
  return { pid, ready: ready.value, exited, stop };
}

function parseReady(line: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(line) };
  } catch {
    return null;
  }
}
