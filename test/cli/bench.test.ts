import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { bench, benchPrograms } from '../../cli/commands/bench.ts';
import { main } from '../../cli/main.ts';
import { manifests } from '../../functions/marketplaces/manifests.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

/** What `narx` writes and returns; no program is started by a call that is wrong. */
async function narx(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  const written = { out: '', err: '' };
  vi.spyOn(console, 'log').mockImplementation((line) => {
    written.out += `${line}\n`;
  });
  vi.spyOn(console, 'error').mockImplementation((line) => {
    written.err += `${line}\n`;
  });
  return { code: await main(words), ...written };
}

describe.each(Object.entries(benchPrograms))('narx bench %s', (name, { numbers, texts = [], hasJson }) => {
  it('is a program, and its help tells every option', async () => {
    expect(existsSync(fileURLToPath(new URL(`../../bench/${name}.ts`, import.meta.url)))).toBe(true);
    const { code, out } = await narx('bench', name, '--help');
    expect({ code, out }).toEqual({ code: 0, out: `${bench.usage}\n` });
    const call = out.split('\n').find((line) => new RegExp(`^narx bench \\[?${name}\\b`).test(line));
    for (const option of [...Object.keys(numbers), ...texts, ...(hasJson ? ['json'] : [])])
      expect(call).toContain(`[--${option}`);
    expect(out).toMatch(new RegExp(`^${name} {2,}\\w`, 'm'));
  });

  it('refuses in one line an option that it does not have', async () => {
    const { code, err } = await narx('bench', name, '--speed', '9');
    expect(code).toBe(1);
    expect(err).toMatch(/^narx bench: .*--speed.*\n$/);
  });

  const options = Object.entries(numbers);
  it.runIf(options.length > 0)('refuses what is no whole number within the bounds', async () => {
    for (const [option, [least, most]] of options)
      for (const wrong of ['x', '', '1.5', '-1', String(least - 1), String(most + 1)]) {
        const { code, err } = await narx('bench', name, `--${option}=${wrong}`);
        expect(code, `--${option}=${wrong}`).toBe(1);
        expect(err).toMatch(new RegExp(`^narx bench: --${option} is a whole number from .* not ".*"\\.\\n$`));
      }
  });
});

it('narx bench names the benchmarks and the marketplaces that there are', async () => {
  expect(await narx('bench', 'speed')).toMatchObject({
    code: 1,
    err: 'narx bench: there is no benchmark "speed"; there are pipeline, parse, soak, storage, archive, api.\n',
  });
  expect(await narx('bench', 'parse', 'uzum', 'ozon')).toMatchObject({
    code: 1,
    err: `narx bench: parse: there is no "ozon"; there are ${manifests.map(({ id }) => id).join(', ')}.\n`,
  });
  expect((await narx('bench', 'archive', '10')).err).toMatch(/^narx bench: .*'10'/);
});
