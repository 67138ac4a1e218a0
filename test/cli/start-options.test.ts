import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { UsageError } from '../../cli/command.ts';
import { localOptions, localUsage, readLocalOptions } from '../../cli/start/options.ts';
import { Progress } from '../../cli/start/progress.ts';
import { synthesize } from '../../cli/start/synth.ts';
import { emptyBooks } from '../../functions/core/model/outcome.ts';

const read = (...args: string[]) => readLocalOptions(parseArgs({ args, options: localOptions }).values);

describe('the options of a local run', () => {
  it('have defaults, and a folder beside the project wherever the command is called', () => {
    expect(read()).toEqual({ stage: 'local', timeScale: 0.1, seed: 1, folder: resolve('.narx') });
    expect(read('--folder', 'elsewhere').folder).toBe(resolve('elsewhere'));
  });

  it.each([
    ['--time-scale', '0'],
    ['--time-scale', '1.5'],
    ['--time-scale', 'fast'],
    ['--seed', '-1'],
    ['--seed', '1.5'],
    ['--seed', 'x'],
  ])('refuse %s %s in one sentence that names the option', (option, value) => {
    const call = () => read(`${option}=${value}`);
    expect(call).toThrow(UsageError);
    expect(call).toThrow(`${option} must be a`);
  });

  it('are all documented', () => {
    for (const name of Object.keys(localOptions)) expect(localUsage).toContain(`--${name} `);
  });
});

it('progress is one plain line every two seconds where there is no terminal, and one that is rewritten where there is', () => {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  vi.useFakeTimers({ now: 10_000 });
  const books = { ...emptyBooks(), dispatched: 10, stored: 4, inFlight: 6 };
  const plain = new Progress({ isTTY: false });
  for (let second = 0; second < 5; second += 1) {
    plain.books('uzum sweep', books, 2_000);
    vi.advanceTimersByTime(1_000);
  }
  vi.useRealTimers();
  expect(write.mock.calls.map(([text]) => text)).toEqual(
    Array.from(
      { length: 3 },
      () => '  uzum sweep: 4 of 10 accounted for (4 stored, 0 unchanged, 0 gone), 2/s\n',
    ),
  );
  write.mockClear();
  const live = new Progress({ isTTY: true });
  live.books('uzum sweep', books, 2_000);
  live.books('uzum sweep', books, 2_000);
  live.step('done');
  const text = write.mock.calls.map(([chunk]) => chunk).join('');
  expect(text.match(/\r/g)).toHaveLength(3);
  expect(text.endsWith('\r\x1b[2Kdone\n')).toBe(true);
});

it('a synthesis that the app refuses rejects with the app’s own sentences', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'narx-synth-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const synthesis = synthesize({
    root: resolve('.'),
    stage: 'prd',
    outDir: join(folder, 'cdk.out'),
    compileCache: join(folder, 'cache'),
  });
  await expect(synthesis).rejects.toMatchObject({
    faults: ['stage: prd is not a stage of narx.config.ts; use prod instead.'],
  });
});
