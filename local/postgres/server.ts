import { existsSync, mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine, isAlive, terminate } from '../lifecycle/processes.ts';
import { unprivilegedAccount } from './account.ts';
import { findBinaries } from './binaries.ts';
import { createCluster } from './cluster.ts';
import { exitOf, type Launched, launchServer, lockFile } from './launch.ts';

/** Name of the superuser of every local cluster. Loopback is trusted, so there is no password. */
export const superuser = 'postgres';

export interface PostgresOptions {
  /** Ours alone: holds the cluster, the log and the library links. Created when missing. */
  dataDir: string;
  /** A free port when missing. It stays the same over restarts. */
  port?: number;
  /** Server settings (`postgresql.conf` names) over the defaults, which are durable: nothing committed is ever lost. */
  settings?: Record<string, string>;
  /** An empty cluster to begin with, of the same version; made here when it is missing. Runs that make a new one each time share it. */
  template?: string;
  /** Told when the server dies and is started again. */
  say?: (sentence: string) => void;
}

export interface PostgresServer {
  readonly port: number;
  /** Of the postmaster; changes with a restart. */
  readonly pid: number;
  /**
   * Fast shutdown: open transactions are rolled back, then a checkpoint is written. Immediate: without the checkpoint, which the
   * next start makes up for.
   */
  stop(how?: 'fast' | 'immediate'): Promise<void>;
  /** SIGKILL, as a crash of the machine would; resolves when the postmaster is gone. It stays away until `restart`. */
  kill(): Promise<void>;
  /** Starts again on the same port after `stop` or `kill`, stopping it first when it runs. */
  restart(): Promise<void>;
}

/** Between a death of the server and its next start, and between two attempts. */
const RESTART_MS = 1_000;

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
 * Starts PostgreSQL 18 on 127.0.0.1 over the cluster in `dataDir`, creating it when there is none. What an earlier
 * runner left running on that folder is stopped first. Rejects with the server's own log lines when it does not start. A
 * server that dies afterwards is started again.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const dataDir = path.resolve(options.dataDir);
  mkdirSync(dataDir, { recursive: true });
  const cluster = path.join(dataDir, 'cluster');
  await stopLeftover(cluster);
  const account = unprivilegedAccount(dataDir);
  const binaries = findBinaries(dataDir);
  if (!existsSync(path.join(cluster, 'PG_VERSION')))
    createCluster(cluster, { binaries, account, superuser, template: options.template ?? null });
  const port = options.port ?? (await freePort());
  const settings = { ...defaults, ...options.settings, port: String(port) };
  const launch = () => launchServer(binaries, account, cluster, settings);
  const supervised = new Supervised(await launch(), launch, options.say ?? (() => undefined));
  return {
    port,
    get pid() {
      return supervised.pid;
    },
    stop: (how = 'fast') => supervised.end(how === 'fast' ? 'SIGINT' : 'SIGQUIT'),
    kill: () => supervised.end('SIGKILL'),
    restart: () => supervised.restart(),
  };
}

/** A server that comes back when it has died of anything but `end`, as an instance of RDS does. */
class Supervised {
  readonly #launch: () => Promise<Launched>;
  readonly #say: (sentence: string) => void;
  #running: Launched;
  #wanted = true;
  #comingBack: Promise<void> = Promise.resolve();

  constructor(running: Launched, launch: () => Promise<Launched>, say: (sentence: string) => void) {
    this.#launch = launch;
    this.#say = say;
    this.#running = running;
    this.#watch(running);
  }

  get pid(): number {
    return this.#running.pid;
  }

  async end(signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): Promise<void> {
    this.#wanted = false;
    await this.#comingBack;
    const { pid, watchdog } = this.#running;
    if (!isAlive(pid) && watchdog.exitCode !== null) return;
    const exited = exitOf(watchdog);
    await terminate(pid, signal === 'SIGKILL' ? [signal] : [signal, 'SIGQUIT', 'SIGKILL'], 10_000);
    await exited;
  }

  async restart(): Promise<void> {
    await this.end('SIGINT');
    this.#watch(await this.#launch());
    this.#wanted = true;
  }

  #watch(launched: Launched): void {
    this.#running = launched;
    void exitOf(launched.watchdog).then(() => {
      if (this.#wanted && this.#running === launched) this.#comingBack = this.#comeBack();
    });
  }

  async #comeBack(): Promise<void> {
    this.#say('Postgres has died; it is started again.');
    while (this.#wanted) {
      await sleep(RESTART_MS);
      try {
        if (this.#wanted) return this.#watch(await this.#launch());
      } catch (error) {
        this.#say(String(error));
      }
    }
  }
}

/** A runner and its watchdog that were both killed leave the server behind; its command line proves that it is ours. */
async function stopLeftover(cluster: string): Promise<void> {
  const pid = Number(lockFile(cluster)[0] ?? 0);
  if (!(pid > 0) || !isAlive(pid) || !commandLine(pid)?.includes(cluster)) return;
  const stopped = await terminate(pid, ['SIGINT', 'SIGQUIT', 'SIGKILL'], 8_000);
  if (!stopped) throw new Error(`A PostgreSQL of an earlier run (process ${pid}) does not stop: end it.`);
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
