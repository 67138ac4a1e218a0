import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine, isAlive, terminate } from '../lifecycle/processes.ts';
import { type Account, unprivilegedAccount } from './account.ts';
import { findBinaries, type PostgresBinaries } from './binaries.ts';

/** Name of the superuser of every local cluster. Loopback is trusted, so there is no password. */
export const superuser = 'postgres';

export interface PostgresOptions {
  /** Ours alone: holds the cluster, the log and the library links. Created when missing. */
  dataDir: string;
  /** A free port when missing. It stays the same over restarts. */
  port?: number;
  /** Server settings (`postgresql.conf` names) over the defaults, which are durable: nothing committed is ever lost. */
  settings?: Record<string, string>;
}

export interface PostgresServer {
  readonly port: number;
  /** Of the postmaster; changes with a restart. */
  readonly pid: number;
  /** Fast shutdown: open transactions are rolled back, then a checkpoint is written. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash of the machine would; resolves when the postmaster is gone. */
  kill(): Promise<void>;
  /** Starts again on the same port after `stop` or `kill`, stopping it first when it runs. */
  restart(): Promise<void>;
}

const defaults: Record<string, string> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  timezone: 'UTC',
  log_timezone: 'UTC',
  fsync: 'on',
  synchronous_commit: 'on',
  max_connections: '200',
  shared_buffers: '64MB',
  max_wal_size: '256MB',
};

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

/**
 * Starts PostgreSQL 18 on 127.0.0.1 over the cluster in `dataDir`, creating it when there is none. What an earlier
 * runner left running on that folder is stopped first. Rejects with the server's own log lines when it does not start.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const dataDir = path.resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const cluster = path.join(dataDir, 'cluster');
  await stopLeftover(cluster);
  const account = unprivilegedAccount(dataDir);
  const binaries = findBinaries(dataDir);
  if (!existsSync(path.join(cluster, 'PG_VERSION'))) createCluster(binaries, account, cluster);
  const port = options.port ?? (await freePort());
  const settings = { ...defaults, ...options.settings, port: String(port) };
  const launch = () => launchServer(binaries, account, cluster, settings);
  let running = await launch();
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!isAlive(running.pid) && running.watchdog.exitCode !== null) return;
    const exited = exitOf(running.watchdog);
    await terminate(running.pid, signal === 'SIGKILL' ? [signal] : [signal, 'SIGQUIT', 'SIGKILL'], 10_000);
    await exited;
  };
  return {
    port,
    get pid() {
      return running.pid;
    },
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
    restart: async () => {
      await end('SIGINT');
      running = await launch();
    },
  };
}

function createCluster(binaries: PostgresBinaries, account: Account, cluster: string): void {
  // Built under another name, so that a start that is interrupted here leaves nothing that looks whole.
  const building = `${cluster}.new`;
  rmSync(building, { recursive: true, force: true });
  const [program = '', ...words] = [
    ...account.prefix,
    binaries.initdb,
    ...['-D', building, '-U', superuser, '--auth=trust', '--no-sync', '--encoding=UTF8'],
    ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
  ];
  const result = spawnSync(program, words, {
    encoding: 'utf8',
    env: environment(binaries),
    ...(account.ids ?? {}),
  });
  if (result.status !== 0)
    throw new Error(
      `PostgreSQL could not create its cluster: ${result.error?.message ?? `${result.stdout}${result.stderr}`.trim()}`,
    );
  renameSync(building, cluster);
}

async function launchServer(
  binaries: PostgresBinaries,
  account: Account,
  cluster: string,
  settings: Record<string, string>,
): Promise<{ pid: number; watchdog: ChildProcess }> {
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

function lockFile(cluster: string): string[] {
  try {
    return readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** A runner and its watchdog that were both killed leave the server behind; its command line proves that it is ours. */
async function stopLeftover(cluster: string): Promise<void> {
  const pid = Number(lockFile(cluster)[0] ?? 0);
  if (!(pid > 0) || !isAlive(pid) || !commandLine(pid)?.includes(cluster)) return;
  const stopped = await terminate(pid, ['SIGINT', 'SIGQUIT', 'SIGKILL'], 8_000);
  if (!stopped) throw new Error(`A PostgreSQL of an earlier run (process ${pid}) does not stop: end it.`);
}

function environment(binaries: PostgresBinaries): NodeJS.ProcessEnv {
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

function exitOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
}

/** A loopback port that nobody listens on at this moment. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
