import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import { DynamoParkedReferences } from '../../functions/adapters/dynamodb/parked.ts';
import { manifests } from '../../functions/marketplaces/manifests.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { readConfig } from '../../lib/config/read.ts';
import type { StageConfig } from '../../lib/config/schema.ts';
import { whenNpmHasGone } from '../../local/lifecycle/orphan.ts';
import { claimRunFolder, type RunFolder } from '../../local/lifecycle/run-folder.ts';
import {
  createShutdown,
  type Shutdown,
  type SignalHandlers,
  shutDownOnSignals,
} from '../../local/lifecycle/shutdown.ts';
import { spawnChild } from '../../local/lifecycle/spawn-child.ts';
import { type Stack, type StackOptions, startStack } from '../../local/stack.ts';
import { UsageError } from '../command.ts';
import { stackFile } from '../stage/options.ts';
import { AlarmLines } from './alarm-lines.ts';
import { openLogFiles } from './log-files.ts';
import type { Progress } from './progress.ts';
import { Simulator } from './simulator.ts';
import { copyInto } from './synthesized.ts';

/** A running local stack with its simulator. `close` stops everything; it is also stopped when a signal arrives. */
export interface Session {
  settings: StageConfig;
  stack: Stack;
  simulator: Simulator;
  simulatorPid: number;
  origins: Record<string, string>;
  ledger: DynamoLedger;
  parked: DynamoParkedReferences;
  /** Marketplaces that the stage has switched on. */
  marketplaces: string[];
  /** How long a sweep may stand still: what a worker that is killed costs, and the dispatcher's retries, fit in. */
  stalledMs: number;
  /** Name of the schedule of a marketplace and mode; null when the template has none. */
  schedule(marketplace: string, mode: string): string | null;
  close(): Promise<string[]>;
}

export interface SessionOptions {
  root: string;
  /** Holds the state, the synthesized template and the logs; one runner at a time uses it. */
  folder: string;
  stage: string;
  /** `npm start`, for whoever finds the folder taken. */
  title: string;
  timeScale: number;
  seed: number;
  /** Everything but this process lets other processes of the machine go first. */
  inBackground?: boolean;
  progress: Pick<Progress, 'step'>;
  /** A folder with the synthesized stage; null or absent: it is synthesized. */
  templateDir?: string | null;
  /** What is between the functions and what they talk to. */
  drill?: Pick<StackOptions, 'onRequest' | 'divert' | 'postgresSettings' | 'onOutput' | 'disposable'>;
}

const readySchema = z.object({
  control: z.url(),
  origins: z.record(z.string(), z.url()),
  proxies: z.array(z.url()),
});

/** How long to wait for an earlier runner that is on its way out. */
const LEAVING_MS = 10_000;

/**
 * Checks the configuration, synthesizes the stage, and starts simulator and stack on a clean folder. Nothing is
 * started when the configuration has a fault.
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const settings = loadConfig(await readConfig(), options.stage);
  const shutdown = createShutdown();
  const signals = shutDownOnSignals(shutdown);
  const unwatch = whenNpmHasGone(() => process.kill(process.pid, 'SIGTERM'));
  const close = async (): Promise<string[]> => {
    const faults = await shutdown.run();
    signals.detach();
    unwatch();
    return faults;
  };
  try {
    return { settings, ...(await start(options, settings, shutdown, signals)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(
  { root, folder, stage, title, timeScale, seed, inBackground, progress, templateDir, drill }: SessionOptions,
  settings: StageConfig,
  shutdown: Shutdown,
  { fail }: Pick<SignalHandlers, 'fail'>,
): Promise<Omit<Session, 'settings' | 'close'>> {
  const run = await claim(join(folder, 'run'), title);
  if (inBackground) run.children.keepInBackground();
  shutdown.add('the run folder', async () => run.release());
  if (run.leftovers.length > 0)
    progress.step(`Ended what an earlier run had left: ${run.leftovers.join(', ')}`);
  const data = join(run.folder, 'data');
  // Nothing of an earlier run may be taken for this one's.
  for (const stale of [data, stackFile(folder), join(folder, 'report.json')])
    rmSync(stale, { recursive: true, force: true });

  const marketplaces = Object.entries(settings.marketplaces)
    .filter(([, marketplace]) => marketplace.enabled)
    .map(([id]) => id);
  const outDir = templateDir ?? join(folder, 'cdk.out');
  progress.step(`Starting narx-${stage}: its template, the simulator and the stack`);
  const [, child] = await Promise.all([
    templateDir ? null : copyInto(outDir, root, stage),
    spawnChild({
      title: 'simulator',
      command: process.execPath,
      args: [join(root, 'simulator', 'main.ts'), '--seed', String(seed), ...simulatedSizes(settings)],
      children: run.children,
      onLine: (line) => process.stderr.write(`simulator: ${line}\n`),
    }),
  ]);
  let wanted = true;
  shutdown.add('the simulator', () => {
    wanted = false;
    return child.stop();
  });
  void child.exited.then(({ code, signal }) => {
    if (wanted)
      fail(
        `The simulator has died (${signal ?? `exit code ${code}`}), and with it what its marketplaces have shown: nothing can be compared any more. Start again.`,
      );
  });
  const { control, origins, proxies } = readySchema.parse(child.ready);

  const logs = openLogFiles(join(folder, 'logs'), (sentence) => progress.step(sentence));
  shutdown.add('the log files', async () => logs.close());
  const alarmLines = new AlarmLines(
    stage,
    (line) => progress.step(line),
    () => process.stderr.columns ?? 80,
  );
  const stack = await startStack({
    ...drill,
    templateDir: outDir,
    dataDir: data,
    timeScale,
    origins,
    proxies: Object.fromEntries(
      manifests.filter(({ requiresProxy }) => requiresProxy).map(({ id }) => [id, proxies]),
    ),
    children: run.children,
    announce: { file: stackFile(folder), stage },
    onOutput: (source, line) => {
      logs.write(source, line);
      drill?.onOutput?.(source, line);
    },
    onAlarm: (change) => alarmLines.change(change),
  });
  shutdown.add('the stack', async () => {
    for (const fault of await stack.stop()) progress.step(fault);
  });
  const { functions, queues, alarms } = stack.model;
  progress.step(
    `Up: ${functions.length} functions, ${queues.length} queues, ${alarms.length} alarms, PostgreSQL`,
  );
  const table = stack.model.tables[0];
  if (!table) throw new Error('The template has no coordination table.');
  return {
    stack,
    simulator: new Simulator(control),
    simulatorPid: child.pid,
    origins,
    ledger: new DynamoLedger(stack.clients.dynamodb, table.name),
    parked: new DynamoParkedReferences(stack.clients.dynamodb, table.name),
    stalledMs: stalledMs(stack, timeScale),
    marketplaces,
    schedule: (marketplace, mode) => scheduleName(stack, marketplace, mode),
  };
}

async function claim(folder: string, title: string): Promise<RunFolder> {
  const deadline = performance.now() + LEAVING_MS;
  for (;;) {
    try {
      return await claimRunFolder(folder, title);
    } catch (error) {
      if (performance.now() > deadline) throw new UsageError((error as Error).message);
      await sleep(200);
    }
  }
}

/**
 * What is swept is as large as the stage's range, and larger where a sweep looks beyond its range; what is discovered is small,
 * because every page of it is visited.
 */
function simulatedSizes(settings: StageConfig): string[] {
  const uzum = settings.marketplaces['uzum']?.plan.sweep;
  return [
    ...(uzum ? ['--uzum-products', String(uzum.last + uzum.beyond)] : []),
    ...['--olx-ads', '150', '--yandex-products', '60'],
    ...['--uzex-auctions', '60', '--uzex-shop-deals', '40', '--uzex-trades', '20'],
  ];
}

/** Twice the longest time that a message is hidden, and a minute for a busy machine. */
function stalledMs(stack: Stack, timeScale: number): number {
  const hidden = stack.model.queues.map(({ attributes }) => Number(attributes['VisibilityTimeout'] ?? 30));
  return Math.max(...hidden) * 1000 * timeScale * 2 + 60_000;
}

function scheduleName(stack: Stack, marketplace: string, mode: string): string | null {
  const found = stack.model.schedules.find((schedule) => {
    const input = JSON.parse(schedule.input) as { marketplace?: string; mode?: string };
    return input.marketplace === marketplace && input.mode === mode;
  });
  return found?.name ?? null;
}
