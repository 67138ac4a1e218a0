import { fork } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { synthesized } from '../../cli/start/synthesized.ts';
import type { Drill } from '../drill.ts';
import type { ChildMessage } from './child.ts';
import type { DrillResult } from './result.ts';

export interface RunOptions {
  /** Of the sources to run: the project, or a copy of it. */
  root: string;
  /** Holds a folder for each drill. */
  folder: string;
  /** What drills make once for all of them (an empty cluster, what Node has compiled) is kept here. */
  shared: string;
  /** Leave the folders of drills that passed. */
  keep: boolean;
  /** For what a drill leaves to chance. */
  seed: number;
  tell: (line: string) => void;
}

/** Runs one drill in a process of its own. Rejects only when its stage cannot be synthesized. */
export async function runDrill(
  drill: Drill,
  { root, folder, shared, keep, seed, tell }: RunOptions,
): Promise<DrillResult> {
  const stage = drill.stack?.stage ?? 'drill';
  const templateDir = await stageOf(root, stage, join(folder, 'synthesized'));
  const own = join(folder, drill.id);
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own, { recursive: true });
  const script = join(root, 'drills', 'harness', 'child.ts');
  const child = fork(script, [drill.id, own, templateDir, shared, String(seed)], {
    cwd: root,
    // For the simulator and the operator's commands as well.
    env: { ...process.env, NODE_COMPILE_CACHE: join(shared, 'compile-cache') },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const stop = (): void => void child.kill('SIGTERM');
  process.on('exit', stop);
  let result: DrillResult | null = null;
  child.on('message', (message: ChildMessage) => {
    if ('result' in message) result = message.result;
    else
      tell(`${drill.id.padEnd(4)} ${message.phase.seconds.toFixed(1).padStart(5)} s  ${message.phase.text}`);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  process.off('exit', stop);
  const finished: DrillResult = result ?? {
    row: {
      id: drill.id,
      name: drill.failure,
      pass: false,
      detectedBy: null,
      detectedAfterS: null,
      recoveredAfterS: null,
      lost: 0,
      duplicated: 0,
      deadLettered: 0,
      operatorSteps: [],
      alarms: [],
    },
    failed: [`the drill's process ended with code ${code}: ${said.trim().split('\n').slice(-5).join('\n')}`],
    broken: true,
    seconds: 0,
  };
  if (finished.row.pass && !keep) leaving.push(rm(own, { recursive: true, force: true }));
  return finished;
}

/** Folders of a thousand files each, on their way out: the next drill need not wait for that. */
const leaving: Promise<void>[] = [];

/** Several drills ask for a stage at once: it is synthesized once. */
const stages = new Map<string, Promise<string>>();
function stageOf(root: string, stage: string, cache: string): Promise<string> {
  const key = `${root} ${stage}`;
  const known = stages.get(key);
  if (known) return known;
  const made = synthesized(root, stage, cache);
  stages.set(key, made);
  return made;
}

/** Runs drills, so many at a time and the longest first; results are in the order of the drills. */
export async function runDrills(
  drills: readonly Drill[],
  atATime: number,
  run: (drill: Drill) => Promise<DrillResult>,
): Promise<DrillResult[]> {
  const results: DrillResult[] = [];
  const waiting = [...drills.entries()].sort(([, a], [, b]) => (b.takes ?? 0) - (a.takes ?? 0));
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next[0]] = await run(next[1]);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
  await Promise.all(leaving.splice(0));
  return results;
}
