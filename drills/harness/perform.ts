import { plansWork } from '../../cli/start/pass.ts';
import { openSession, type Session } from '../../cli/start/session.ts';
import type { LocalEndpoints } from '../../functions/contract/endpoints.ts';
import type { AlarmId } from '../../lib/alarms/catalogue.ts';
import { type Drill, DrillFailure } from '../drill.ts';
import { CloudFaults } from '../faults/cloud.ts';
import { PostgresProxy } from '../faults/postgres-proxy.ts';
import { type Tally, takeStock } from './checks.ts';
import { commonChecks, type DrillResult, rowOf } from './result.ts';
import { World } from './world.ts';

export interface PerformOptions {
  root: string;
  /** Holds the state, the logs and `stack.json` of this drill alone. */
  folder: string;
  templateDir: string;
  /** What drills make once for all of them is kept here. */
  shared: string;
  seed: number;
  /** What is happening now; seconds since the stack was up. */
  tell: (seconds: number, text: string) => void;
}

/** Room for what a drill waits for at its end, beyond its own limit. */
const STOCK_SECONDS = 60;

/**
 * Starts a stack, runs one drill on it, holds what came of it to the truth, calls `finished` once, and stops the stack. Does
 * not reject.
 */
export async function perform(
  drill: Drill,
  options: PerformOptions,
  finished: (result: DrillResult) => void,
): Promise<void> {
  const began = performance.now();
  const seconds = (): number => (performance.now() - began) / 1000;
  const { folder, tell } = options;
  const cloud = new CloudFaults();
  const proxies = new Map<string, PostgresProxy>();
  const log: { source: string; line: string }[] = [];
  tell(0, 'the stack starts');
  let session: Session;
  try {
    session = await open(drill, options, { cloud, proxies, log });
  } catch (error) {
    const failed = [`the stack did not start: ${error instanceof Error ? error.message : String(error)}`];
    return finished({ row: rowOf(drill, null, null, false), failed, broken: true, seconds: seconds() });
  }
  const limitMs = (drill.limitSeconds ?? 120) * 1000;
  const { root, seed } = options;
  const world = new World({ session, root, folder, cloud, proxies, log, limitMs, seed, tell });
  world.stopwatch.phase(`stack is up after ${seconds().toFixed(1)} s`);
  const { schedules = 'care' } = drill.stack ?? {};
  if (schedules !== 'none')
    session.stack.startSchedules(({ input }) => schedules === 'all' || !plansWork(input));
  const failed: string[] = [];
  let tally: Tally | null = null;
  try {
    await within(limitMs, `the drill ends`, drill.run(world));
    if (world.checks.every(({ pass }) => pass))
      await within(limitMs, 'nothing is parked', world.passes.settle());
  } catch (error) {
    failed.push(reasonOf(error));
    world.stopwatch.phase(`FAILED ${failed.at(-1)}`);
  }
  try {
    world.stopwatch.phase('comparing with the books and with the truth');
    const taken = await within(STOCK_SECONDS * 1000, 'stock is taken', takeStock(session, world.passes));
    tally = taken;
    world.stopwatch.phase(`fetched twice: ${taken.fetchedTwice}; the alarms are to be back to OK`);
    const stillOn = failed.length > 0 ? [] : await alarmsLeft(world, drill.alarms ?? []);
    const pinning = [...proxies.values()].flatMap((proxy) => proxy.pinning);
    world.checks.push(...commonChecks(drill, taken, stillOn, pinning));
  } catch (error) {
    failed.push(reasonOf(error));
  }
  failed.push(...world.checks.filter(({ pass }) => !pass).map(({ what, detail }) => `${what}: ${detail}`));
  world.passes.stop();
  const pass = failed.length === 0;
  world.stopwatch.phase(pass ? 'passed; the stack stops' : 'the stack stops');
  finished({ row: rowOf(drill, world, tally, pass), failed, broken: false, seconds: seconds() });
  for (const fault of await session.close()) tell(seconds(), fault);
  await Promise.all([...proxies.values()].map((proxy) => proxy.close()));
}

async function open(
  drill: Drill,
  { root, folder, templateDir, shared }: PerformOptions,
  parts: { cloud: CloudFaults; proxies: Map<string, PostgresProxy>; log: { source: string; line: string }[] },
): Promise<Session> {
  const { stage = 'drill', timeScale = 0.01, seed = 1 } = drill.stack ?? {};
  return openSession({
    root,
    folder,
    stage,
    title: `npm run drill -- ${drill.id}`,
    timeScale,
    seed,
    // Alarms and the rest are told by the drill itself.
    progress: { step: () => undefined },
    templateDir,
    drill: {
      onRequest: (request) => parts.cloud.decide(request),
      divert: (endpoints) => divert(endpoints, parts.proxies),
      onOutput: (source, line) => parts.log.push({ source, line }),
      disposable: { shared },
    },
  });
}

/** A proxy before each storage domain's Postgres. */
async function divert(
  endpoints: LocalEndpoints,
  proxies: Map<string, PostgresProxy>,
): Promise<LocalEndpoints> {
  const postgres: LocalEndpoints['postgres'] = {};
  for (const [domain, address] of Object.entries(endpoints.postgres)) {
    const proxy = new PostgresProxy(address);
    proxies.set(domain, proxy);
    postgres[domain] = { ...address, port: await proxy.listen() };
  }
  return { ...endpoints, postgres };
}

/** Alarms that should have gone to ALARM and back to OK, and did not do one or the other. */
async function alarmsLeft(world: World, expected: readonly AlarmId[]): Promise<string[]> {
  const left: string[] = [];
  for (const page of world.alarms.fired) {
    try {
      await world.alarms.clears(page);
    } catch (error) {
      left.push(reasonOf(error));
    }
  }
  for (const page of expected) {
    try {
      await world.until(`alarm ${page} went to ALARM and is back`, () =>
        world.alarms.recovered().includes(page),
      );
    } catch (error) {
      left.push(reasonOf(error));
    }
  }
  return left;
}

async function within<T>(limitMs: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(new DrillFailure(`${what}: expected within ${limitMs / 1000} s, did not`));
    timer = setTimeout(fail, limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A mistake in a drill is told with its place. */
function reasonOf(error: unknown): string {
  if (error instanceof DrillFailure) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
