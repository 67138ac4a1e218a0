import { isDeepStrictEqual } from 'node:util';
import { PurgeQueueCommand } from '@aws-sdk/client-sqs';
import type { Session } from '../../cli/start/session.ts';
import { type MetricName, metricNamespace } from '../../functions/contract/metrics.ts';
import { resourceName } from '../../lib/names.ts';
import type { MisdeliverySettings } from '../../local/aws/sqs/misdelivery.ts';
import type { QueueStatistics } from '../../local/interfaces.ts';
import type { Stack } from '../../local/stack.ts';
import type { CloudFaults } from '../faults/cloud.ts';
import { Coordination } from '../faults/coordination.ts';
import type { PostgresProxy } from '../faults/postgres-proxy.ts';
import { Alarms } from './alarms.ts';
import { type Check, deadLetters } from './checks.ts';
import { Operator } from './operator.ts';
import { Passes } from './passes.ts';
import { Processes } from './processes.ts';
import { Stopwatch } from './stopwatch.ts';
import { until } from './waiting.ts';

/** The running stack, its marketplaces, and everything that can happen to them. drills/README.md shows how it is used. */
export class World {
  readonly session: Session;
  readonly stack: Stack;
  /** Sweeps and refreshes. */
  readonly passes: Passes;
  /** Faults of SQS, S3, DynamoDB and Lambda. */
  readonly cloud: CloudFaults;
  /** The coordination table, behind everybody's back: checkpoints, gates, the ledger. */
  readonly coordination: Coordination;
  readonly processes: Processes;
  readonly alarms: Alarms;
  readonly operator: Operator;
  readonly stopwatch: Stopwatch;
  /** What is left to chance is drawn with it (`--seed`). */
  readonly seed: number;
  readonly checks: Check[] = [];
  /** What is in it is this drill's alone; it is empty when the drill begins. */
  readonly folder: string;
  readonly #startedAt = Date.now() - 60_000;
  readonly #proxies: ReadonlyMap<string, PostgresProxy>;
  /** What the functions have logged, by function; the files in the folder's logs hold the same. */
  readonly log: readonly { source: string; line: string }[];

  constructor(parts: {
    session: Session;
    root: string;
    folder: string;
    cloud: CloudFaults;
    proxies: ReadonlyMap<string, PostgresProxy>;
    log: readonly { source: string; line: string }[];
    limitMs: number;
    seed: number;
    tell: (seconds: number, text: string) => void;
  }) {
    this.session = parts.session;
    this.stack = parts.session.stack;
    this.cloud = parts.cloud;
    this.log = parts.log;
    this.folder = parts.folder;
    this.seed = parts.seed;
    this.#proxies = parts.proxies;
    this.stopwatch = new Stopwatch(parts.tell);
    this.passes = new Passes(parts.session, this.stopwatch, parts.limitMs);
    const [table] = this.stack.model.tables;
    if (!table) throw new Error('The template has no coordination table.');
    this.coordination = new Coordination(this.stack.clients.dynamodb, table.name);
    this.processes = new Processes(parts.session, parts.cloud, (domain) => this.postgres(domain));
    this.alarms = new Alarms(parts.session, this.stopwatch);
    this.operator = new Operator(parts.root, parts.folder, this.stopwatch);
  }

  /** The way from the functions to a storage domain's Postgres. */
  postgres(domain = 'ecommerce'): PostgresProxy {
    const proxy = this.#proxies.get(domain);
    if (!proxy) throw new Error(`The stack has no database for the storage domain ${domain}.`);
    return proxy;
  }

  /** Says what is done to the system and does it. From here on, detection and recovery are timed. */
  async inject<T>(what: string, act: () => T | Promise<T>): Promise<T> {
    this.stopwatch.injected(what);
    return await act();
  }

  /** Waits for a condition, and rejects with what was waited for when it does not come. */
  until<T>(
    what: string,
    condition: () => T | Promise<T>,
    options?: { withinS?: number; seen?: () => unknown },
  ): Promise<NonNullable<T>> {
    return until(what, condition, options);
  }

  /** Something other than an alarm has shown the failure (`the books`, `the log`). */
  seenThrough(what: string): void {
    this.stopwatch.seen(what);
  }

  /** The system works again; call it when what was waited for has come. */
  recovered(): void {
    this.stopwatch.recovered();
  }

  /** Notes a check: all of them are told, also after one that does not hold. */
  check(what: string, seen: unknown, expected: unknown): void {
    this.#note(what, isDeepStrictEqual(seen, expected), `expected ${say(expected)}, saw ${say(seen)}`);
  }

  /** As `check`, for what can be said in words only. */
  checkThat(what: string, holds: boolean, detail: string): void {
    this.#note(what, holds, detail);
  }

  /** Turns the knobs of a marketplace's simulator (simulator/README.md); null puts one back. */
  async knobs(marketplace: string, patch: Record<string, unknown>): Promise<void> {
    await this.session.simulator.knobs(marketplace, patch);
  }

  deadLettered(): number {
    return deadLetters(this.session);
  }

  /** Messages in a queue, by the end of its name: `uzum-jobs`, `ecommerce-snapshots`, `uzum-jobs-dlq`. */
  queue(name: string): QueueStatistics {
    const found = this.stack.sqs.statistics()[`narx-${this.session.settings.stage}-${name}`];
    if (!found) throw new Error(`There is no queue ${name}.`);
    return found;
  }

  /** Waits until nothing is in these queues, nor with those who read them. */
  async empty(...queues: string[]): Promise<void> {
    await this.until(`nothing is left in ${queues.join(' and ')}`, () =>
      queues.every((name) => {
        const { visible, inFlight } = this.queue(name);
        return visible + inFlight === 0;
      }),
    );
  }

  /** From now on the queue delivers repeatedly and out of order (see SqsServer.misdeliver); null: as usual. */
  misdeliver(queue: string, settings: MisdeliverySettings | null): void {
    this.stack.sqs.misdeliver(`narx-${this.session.settings.stage}-${queue}`, settings);
  }

  /** Everything in the queue is gone, as after PurgeQueue. */
  async purge(queue: string): Promise<void> {
    const QueueUrl = this.stack.sqs.queueUrl(`narx-${this.session.settings.stage}-${queue}`);
    await this.stack.clients.sqs.send(new PurgeQueueCommand({ QueueUrl }));
  }

  /** Sum since the start of a metric that a function gives out: `metric('store', metric.storeFailures, { domain: 'ecommerce' })`. */
  metric(service: string, name: MetricName, dimension: { marketplace: string } | { domain: string }): number {
    return this.#statistic(metricNamespace, name, { service, ...dimension }, 'Sum');
  }

  /** Sum since the start of what Lambda counts of a function: `Errors`, `Invocations`, `Throttles`. */
  lambda(name: string, service: string, owner: string | null = null): number {
    return this.#statistic('AWS/Lambda', name, { FunctionName: this.#functionName(service, owner) }, 'Sum');
  }

  /** Counts the invocations of functions (`['scrape', 'uzum']`) that fail from now on: a handler reports, it does not die. */
  deaths(...functions: [service: string, owner: string | null][]): () => number {
    const all = () =>
      functions.reduce((sum, [service, owner]) => sum + this.lambda('Errors', service, owner), 0);
    const before = all();
    return () => all() - before;
  }

  /** Waits for work that must not kill anybody: false as soon as somebody has died, without waiting any longer. */
  async unlessDeadly(work: Promise<unknown>, deaths: () => number): Promise<boolean> {
    let over = false;
    const watched = work.finally(() => {
      over = true;
    });
    watched.catch(() => undefined);
    await this.until('the work ends', () => over || deaths() > 0, { withinS: 600 });
    if (over) await watched;
    return deaths() === 0;
  }

  /** The highest value of what Lambda measures of a function: `Duration` (milliseconds), `ConcurrentExecutions`. */
  lambdaMaximum(name: string, service: string, owner: string | null = null): number {
    return this.#statistic(
      'AWS/Lambda',
      name,
      { FunctionName: this.#functionName(service, owner) },
      'Maximum',
    );
  }

  #functionName(service: string, owner: string | null): string {
    return resourceName(this.session.settings, service, owner);
  }

  #statistic(
    namespace: string,
    name: string,
    dimensions: Record<string, string>,
    of: 'Sum' | 'Maximum',
  ): number {
    const until = Date.now() + 60_000;
    return this.stack.metrics.statistic(namespace, name, dimensions, of, this.#startedAt, until) ?? 0;
  }

  #note(what: string, pass: boolean, detail: string): void {
    this.checks.push({ what, pass, detail });
    if (!pass) this.stopwatch.phase(`FAILED ${what}: ${detail}`);
  }
}

const say = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
