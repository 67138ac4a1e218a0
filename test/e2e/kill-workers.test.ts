import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { cleanUp, lambdasOf, processesOf, type Runner, runFolder, startRunner } from './runner.ts';

// What a killed worker held comes back after its visibility timeout; each kill of the same message costs one more.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 60_000 });

/** `NARX_KILLS=10 npx vitest run test/e2e/kill-workers.test.ts` kills more of them, over a larger sweep. */
const kills = Number(process.env['NARX_KILLS'] ?? 3);
const stage = kills > 3 ? 'local' : 'small';

let folder: string;
beforeAll(() => {
  folder = runFolder();
});
afterAll(() => cleanUp(folder));

/** The first three are of the three kinds that take part in a sweep; the others are anyone. */
const kinds = [/-dispatch$/, /-scrape-/, /-store-/];

/** Kills environments from the sweep's first moment on, one every few hundred milliseconds. Resolves with whom it killed. */
async function killSome(runner: Runner): Promise<string[]> {
  const killed: string[] = [];
  let ended = false;
  void runner.exited.finally(() => {
    ended = true;
  });
  while (killed.length < kills && !ended) {
    const kind = kinds[killed.length] ?? /./;
    const candidates = lambdasOf(folder).filter(({ name }) => kind.test(name));
    const victim = candidates[Math.floor(Math.random() * candidates.length)];
    if (victim) {
      process.kill(victim.pid, 'SIGKILL');
      killed.push(victim.name);
      await sleep(200 + Math.random() * 300);
    } else await sleep(10);
  }
  return killed;
}

it(`a sweep whose Lambda processes are killed ${kills} times, and then Postgres, loses nothing, invents nothing and balances`, async () => {
  const runner = startRunner(folder, ['--stage', stage, '--time-scale', '0.03']);
  await runner.wrote(/uzum sweep: /);
  const killed = await killSome(runner);
  const postgres = processesOf(folder).find(({ command }) => /\/postgres -D /.test(command));
  process.kill(postgres?.pid ?? expect.fail('no Postgres'), 'SIGKILL');
  const exit = await runner.exited;
  const told = `killed ${killed.join(', ')}\n${runner.output()}`;
  expect(killed, told).toHaveLength(kills);
  expect(exit, told).toEqual({ code: 0, signal: null });
  const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'));
  expect(report, told).toMatchObject({
    balanced: true,
    truth: { wrong: 0, missing: 0, extra: 0 },
    marketplaces: { uzum: { quarantined: 0, deadLettered: 0, inFlight: 0 } },
  });
  expect(report.marketplaces.uzum.stored).toBeGreaterThan(1_000);
  expect(processesOf(folder)).toEqual([]);
});
