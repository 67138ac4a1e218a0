import { resolve } from 'node:path';
import { UsageError } from '../command.ts';
import { defaultFolder } from '../stage/options.ts';

/** Options of every command that runs the local stack, for node:util's parseArgs. */
export const localOptions = {
  stage: { type: 'string', default: 'local' },
  'time-scale': { type: 'string', default: '0.1' },
  seed: { type: 'string', default: '1' },
  folder: { type: 'string', default: defaultFolder },
} as const;

export const localUsage = `  --stage NAME       stage of narx.config.ts to synthesize and run (local)
  --time-scale F     factor on everything the cloud waits for, 0 < F <= 1 (0.1: ten times faster)
  --seed N           of the simulated marketplaces (1)
  --folder PATH      where state, logs and report are kept; one runner at a time (.narx)`;

export function readLocalOptions(values: {
  stage: string;
  'time-scale': string;
  seed: string;
  folder: string;
}): {
  stage: string;
  timeScale: number;
  seed: number;
  folder: string;
} {
  const timeScale = Number(values['time-scale']);
  if (!(timeScale > 0 && timeScale <= 1))
    throw new UsageError(
      `--time-scale must be a number above 0 and at most 1, not "${values['time-scale']}"`,
    );
  const seed = Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new UsageError(`--seed must be a whole number, not "${values.seed}"`);
  return { stage: values.stage, timeScale, seed, folder: resolve(values.folder) };
}
