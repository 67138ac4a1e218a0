import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Client } from 'pg';
import { passOf } from '../cli/start/pass.ts';
import { Progress } from '../cli/start/progress.ts';
import { openSession, type Session } from '../cli/start/session.ts';
import { superuser } from '../local/postgres/server.ts';
import { cpuSeconds, endedCpuSeconds } from './cpu.ts';
import { type Sample, steadyPerSecond } from './steady.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const run = promisify(execFile);

export interface Rate {
  products: number;
  seconds: number;
  /** From the first request for work to the last product accounted for: cold starts and the queues' running dry included. */
  perSecond: number;
  /** In the middle of the pass. */
  steadyPerSecond: number;
  /** CPU milliseconds per product, by part. */
  cpuMs: Record<string, number>;
}
export interface Round {
  limit: Rate;
  pipeline: Rate;
  ratio: number;
  steadyRatio: number;
}

/**
 * One round on a fresh stack: the limit program and the pipeline, one after the other, against the same simulator and
 * the same Postgres (durable settings, a database each). `pipelineFirst` alternates, so that neither always meets the warmer cache.
 */
export async function throughputRound(
  pipelineFirst: boolean,
  after: (session: Session) => Promise<void> = async () => undefined,
): Promise<Round> {
  const session = await openBench();
  try {
    await warmUp(session);
    let limit: Rate | null = pipelineFirst ? null : await limitProgram(session);
    const pipeline = await wholePipeline(session);
    limit ??= await limitProgram(session);
    await after(session);
    return {
      limit,
      pipeline,
      ratio: pipeline.perSecond / limit.perSecond,
      steadyRatio: pipeline.steadyPerSecond / limit.steadyPerSecond,
    };
  } finally {
    await session.close();
  }
}

export function openBench(): Promise<Session> {
  return openSession({
    root,
    folder: join(root, '.narx'),
    stage: 'bench',
    title: 'npx narx bench',
    timeScale: 0.1,
    seed: 1,
    progress: new Progress(),
  });
}

function uzumRange(session: Session): { first: number; last: number } {
  const sweep = session.settings.marketplaces['uzum']?.plan.sweep;
  if (!sweep) throw new Error('The stage bench has no sweep of uzum.');
  return sweep;
}

/** The simulator compiles its hot paths in the first few thousand requests. */
async function warmUp(session: Session): Promise<void> {
  const origin = session.origins['https://api.uzum.uz'];
  for (let id = 1; id <= 4000; id += 40)
    await Promise.all(
      Array.from({ length: 40 }, async (_, index) =>
        (await fetch(`${origin}/api/v2/product/${id + index}`)).arrayBuffer(),
      ),
    );
}

async function limitProgram(session: Session): Promise<Rate> {
  const address = session.stack.endpoints.postgres['ecommerce'];
  if (!address) throw new Error('The stack has no database for ecommerce.');
  const url = (database: string): string =>
    `postgres://${superuser}@${address.host}:${address.port}/${database}`;
  const admin = new Client(url('postgres'));
  await admin.connect();
  await admin.query('create database limit_program');
  await admin.end();
  const { first, last } = uzumRange(session);
  const before = parts(session);
  const { stdout } = await run(process.execPath, [
    fileURLToPath(new URL('limit.ts', import.meta.url)),
    session.origins['https://api.uzum.uz'] ?? '',
    String(first),
    String(last),
    String(session.settings.marketplaces['uzum']?.connectionBudget ?? 150),
    url('limit_program'),
  ]);
  const spent = difference(before, parts(session));
  const {
    products,
    seconds,
    cpuSeconds: client,
    samples,
  } = JSON.parse(stdout) as {
    products: number;
    seconds: number;
    cpuSeconds: number;
    samples: Sample[];
  };
  return rate(products, seconds, samples, {
    client,
    Postgres: spent['Postgres'] ?? 0,
    simulator: spent['simulator'] ?? 0,
  });
}

async function wholePipeline(session: Session): Promise<Rate> {
  const before = parts(session);
  const samples: Sample[] = [];
  const progress = new Progress();
  const pass = await passOf(session, 'uzum', 'sweep', {
    books: (label, books, elapsedMs) => {
      samples.push({ at: elapsedMs / 1000, stored: books.stored });
      progress.books(label, books, elapsedMs);
    },
  });
  const stored = pass?.sweeps.reduce((sum, { books }) => sum + books.stored, 0) ?? 0;
  if (!pass || stored === 0) throw new Error('dispatch began no sweep.');
  return rate(stored, pass.seconds, samples, difference(before, parts(session)));
}

function parts(session: Session): Record<string, number> {
  const { host, postgres } = session.stack;
  const functions = Object.entries(host.pids());
  const of = (name: string): number =>
    cpuSeconds(functions.filter(([title]) => title.includes(`-${name}`)).flatMap(([, pids]) => pids));
  return {
    scrape: of('scrape'),
    store: of('store'),
    // Done in a moment, and ended when they have been idle for a minute.
    'dispatch, due': of('dispatch') + of('due') + endedCpuSeconds(process.pid),
    // Emulators, pollers, Lambda host and alarms share the runner's process.
    'local cloud': process.cpuUsage().user / 1e6 + process.cpuUsage().system / 1e6,
    Postgres: cpuSeconds([postgres.pid]),
    simulator: cpuSeconds([session.simulatorPid]),
  };
}

function difference(a: Record<string, number>, b: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(b).map(([name, value]) => [name, value - (a[name] ?? 0)]));
}

function rate(products: number, seconds: number, samples: Sample[], cpu: Record<string, number>): Rate {
  return {
    products,
    seconds,
    perSecond: products / seconds,
    steadyPerSecond: steadyPerSecond(samples, products),
    cpuMs: Object.fromEntries(Object.entries(cpu).map(([name, value]) => [name, (value / products) * 1000])),
  };
}
