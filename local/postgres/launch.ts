import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './account.ts';
import type { PostgresBinaries } from './binaries.ts';

/**
 * Reads its standard input until the end of file, which is when the runner has died or let go, and stops the server
 * then; tells the runner the postmaster's id first and passes its exit code on. A shell, because it must be small
 * and must outlive the runner by the time a shutdown takes.
 */
const watchdog = `
exec 3<&0
"$@" </dev/null 3<&- 1>&2 & server=$!
echo $server
(while read -r _ <&3; do :; done; kill -INT $server
 for second in 1 2 3 4 5 6 7 8; do sleep 1; done; kill -QUIT $server) 1>&2 2>/dev/null & watch=$!
wait $server; code=$?
kill $watch 2>/dev/null
exit $code`;

/** A postmaster that takes connections, and the shell that ends it when the runner has gone. */
export interface Launched {
  pid: number;
  watchdog: ChildProcess;
}

/** Rejects with the server's own log lines when it does not start. */
export async function launchServer(
  binaries: PostgresBinaries,
  account: Account,
  cluster: string,
  settings: Record<string, string>,
): Promise<Launched> {
  const logFile = path.join(path.dirname(cluster), 'postgres.log');
  const log = openSync(logFile, 'a');
  const logStart = statSync(logFile).size;
  const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const deadline = performance.now() + 60_000;
  for (;;) {
    // A session of its own: Ctrl-C in the terminal must reach the runner only, which stops the functions first.
    const child = spawn(
      'sh',
      ['-c', watchdog, 'postgres-watchdog', ...account.prefix, binaries.postgres, '-D', cluster, ...words],
      {
        detached: true,
        stdio: ['pipe', 'pipe', log],
        env: environment(binaries),
        ...(account.ids ?? {}),
      },
    );
    const exited = exitOf(child);
    const pid = Number(String(await firstOutput(child)).trim());
    while (child.exitCode === null && performance.now() < deadline) {
      if (isReady(cluster, pid)) return { pid, watchdog: child };
      await Promise.race([sleep(5), exited]);
    }
    child.stdin?.end();
    await exited;
    const said = readFileSync(logFile).subarray(logStart).toString('utf8').trim();
    // After a SIGKILL the old backends need a moment to notice; until then their memory is in use.
    if (said.includes('shared memory block') && performance.now() < deadline) {
      await sleep(50);
      continue;
    }
    throw new Error(`PostgreSQL did not start: ${said.split('\n').slice(-5).join('\n') || 'no log line'}`);
  }
}

/** What `pg_ctl` looks at: the eighth line of the lock file of this very postmaster. */
function isReady(cluster: string, pid: number): boolean {
  const lines = lockFile(cluster);
  return Number(lines[0]) === pid && lines[7]?.trim() === 'ready';
}

/** Lines of the cluster's lock file, the postmaster's id first; none when there is no such file. */
export function lockFile(cluster: string): string[] {
  try {
    return readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

export function environment(binaries: PostgresBinaries): NodeJS.ProcessEnv {
  const libraries = binaries.libraryFolders.join(':');
  return { PATH: process.env['PATH'], LC_ALL: 'C', ...(libraries ? { LD_LIBRARY_PATH: libraries } : {}) };
}

async function firstOutput(child: ChildProcess): Promise<unknown> {
  if (!child.stdout) return '';
  const [chunk] = await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'close'),
    once(child, 'error'),
  ]);
  if (chunk instanceof Error) throw chunk;
  return chunk;
}

/** Resolves when the process has gone. */
export function exitOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
}
