import { readFileSync } from 'node:fs';
import type { Session } from '../../cli/start/session.ts';
import { resourceName } from '../../lib/names.ts';
import type { CloudRequest } from '../../local/aws/fault.ts';
import { parentOf } from '../../local/lifecycle/processes.ts';
import type { ActiveFault, CloudFaults, RequestMatch } from '../faults/cloud.ts';
import type { PostgresProxy, StatementRule } from '../faults/postgres-proxy.ts';
import { ownerOfSocket } from '../faults/socket-owner.ts';

/** Processes of one kind: `scrape-uzum`, `Postgres`. */
export interface ProcessKind {
  name: string;
  pids: number[];
  /** False: the drill itself could not go on without it. */
  mortal: boolean;
}

/** The processes of the stack: Lambda environments and Postgres. The runner itself, which holds queues and tables, must live. */
export class Processes {
  readonly #session: Session;
  readonly #cloud: CloudFaults;
  readonly #postgres: (domain: string) => PostgresProxy;
  readonly killed: { functionName: string; pid: number }[] = [];

  constructor(session: Session, cloud: CloudFaults, postgres: (domain: string) => PostgresProxy) {
    this.#session = session;
    this.#cloud = cloud;
    this.#postgres = postgres;
  }

  /** Process ids of the live environments of a service (`scrape`, `uzum`), or of every function. */
  pids(service?: string, owner: string | null = null): number[] {
    const { settings, stack } = this.#session;
    const pids = stack.host.pids();
    if (service === undefined) return Object.values(pids).flat();
    return pids[resourceName(settings, service, owner)] ?? [];
  }

  /** Every process of the stack that runs now, by kind, in the order of their names. */
  census(): ProcessKind[] {
    const { settings, stack, simulatorPid } = this.#session;
    const { pid } = stack.postgres;
    const kinds = Object.entries(stack.host.pids()).map(([name, pids]) => ({
      name: name.replace(`narx-${settings.stage}-`, ''),
      pids,
      mortal: true,
    }));
    kinds.push(
      { name: 'Postgres', pids: [pid], mortal: true },
      { name: 'a process of Postgres', pids: backends(pid), mortal: true },
      { name: 'the watchdog of Postgres', pids: [parentOf(pid) ?? 0].filter((it) => it > 1), mortal: true },
      { name: 'the simulator', pids: [simulatorPid], mortal: false },
    );
    return kinds.filter(({ pids }) => pids.length > 0).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Sends a signal to processes; those that have gone meanwhile are left out. Returns how many got it. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT', pids: readonly number[]): number {
    let count = 0;
    for (const pid of pids) {
      try {
        process.kill(pid, signal);
        count += 1;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    return count;
  }

  /**
   * kill -9 of the process whose request fits: `before` the service has done anything, or `after` it has, unheard. Once,
   * unless `times` says otherwise.
   */
  killAt(match: RequestMatch & { after?: number; times?: number }, when: 'before' | 'after'): ActiveFault {
    return this.#cloud.set({
      times: 1,
      ...match,
      fault: (request) => {
        this.#kill(request);
        return when === 'before' ? { fault: 'reset' } : undefined;
      },
    });
  }

  /** kill -9 of the process whose statement fits, once: before Postgres gets it, or after it was done, unheard. */
  killAtStatement(
    domain: string,
    rule: Pick<StatementRule, 'statement' | 'user' | 'after' | 'when'>,
  ): { readonly hits: number } {
    const hit = { hits: 0 };
    this.#postgres(domain).on({
      ...rule,
      act: (client) => {
        const pid = ownerOfSocket(client, this.pids());
        if (pid === undefined || !this.#note(pid)) return false;
        hit.hits += 1;
        return true;
      },
    });
    return hit;
  }

  /** kill -9 of Postgres, as a crash of its machine; `restartPostgres` brings it back. */
  killPostgres(): Promise<void> {
    return this.#session.stack.postgres.kill();
  }

  restartPostgres(): Promise<void> {
    return this.#session.stack.postgres.restart();
  }

  /** SIGSTOP or SIGCONT for the postmaster and all its backends. */
  async signalPostgres(signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    this.signal(signal, [this.#session.stack.postgres.pid, ...backends(this.#session.stack.postgres.pid)]);
  }

  #kill({ caller }: CloudRequest): void {
    const pid = caller === null ? undefined : this.#session.stack.host.pidOf(caller);
    if (pid !== undefined) this.#note(pid);
  }

  /** False when it has died already. */
  #note(pid: number): boolean {
    const found = Object.entries(this.#session.stack.host.pids()).find(([, pids]) => pids.includes(pid));
    if (this.signal('SIGKILL', [pid]) === 0) return false;
    this.killed.push({ functionName: found?.[0] ?? '', pid });
    return true;
  }
}

function backends(postmaster: number): number[] {
  try {
    const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8');
    return children
      .split(' ')
      .map(Number)
      .filter((pid) => pid > 0);
  } catch {
    // It has died, and its children with it.
    return [];
  }
}
