import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { UsageError } from '../../cli/command.ts';
import { fetch as command } from '../../cli/commands/fetch.ts';
import * as configFile from '../../lib/config/read.ts';
import { announceStack } from '../../local/stack-file.ts';
import { config } from '../../narx.config.ts';
import { readOptions } from '../../simulator/options.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';

const scratch = mkdtempSync(join(tmpdir(), 'narx-fetch-'));
const proxyFile = join(scratch, 'proxies.json');
let simulator: Simulator;

beforeAll(async () => {
  simulator = await startSimulator(
    readOptions(['--uzum-products', '50', '--yandex-products', '10', '--proxies', '2']),
  );
  writeFileSync(proxyFile, JSON.stringify(simulator.proxies));
  const nowhere = 'http://127.0.0.1:9';
  announceStack(join(scratch, 'stack.json'), {
    stage: 'local',
    region: 'eu-central-1',
    accountId: '000000000000',
    timeScale: 1,
    endpoints: {
      sqs: nowhere,
      s3: nowhere,
      lambda: nowhere,
      dynamodb: nowhere,
      postgres: {},
      origins: simulator.origins,
      proxies: { yandex: [...simulator.proxies] },
    },
  });
});
afterAll(async () => {
  await simulator.close();
  rmSync(scratch, { recursive: true });
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const marketplace of ['uzum', 'yandex'])
    await control(`/knobs/${marketplace}`, { method: 'PUT', body: '{}' });
});

const control = async (path: string, init?: RequestInit) => await fetch(`${simulator.control}${path}`, init);
const block = async (marketplace: string, kind: string, more: object = {}) =>
  await control(`/knobs/${marketplace}`, {
    method: 'PUT',
    body: JSON.stringify({ block: { kind, afterRequests: 1, ...more } }),
  });

async function idOf(marketplace: string): Promise<string> {
  const [line = ''] = (await (await control(`/truth/${marketplace}`)).text()).split('\n');
  return (JSON.parse(line) as { externalId: string }).externalId;
}

async function asked(marketplace: string): Promise<number> {
  const stats = (await (await control('/stats')).json()) as Record<string, { requests: number }>;
  return stats[marketplace]?.requests ?? 0;
}

/** Runs the command against the simulated marketplaces and returns its exit code and what it printed. */
async function run(...words: string[]) {
  const log = vi.spyOn(console, 'log').mockReturnValue();
  const error = vi.spyOn(console, 'error').mockReturnValue();
  const exit = await command.run([...words, '--folder', scratch]);
  return { exit, out: log.mock.calls.join('\n'), err: error.mock.calls.join('\n') };
}

it('asks for robots.txt first, then for the thing', async () => {
  const before = await asked('uzum');
  const { exit, out } = await run('uzum', await idOf('uzum'), '--local', '--json');
  expect(exit).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ outcome: 'ok', snapshots: [{ marketplace: 'uzum' }] });
  expect((await asked('uzum')) - before).toBe(2);
});

it('goes through the configured proxies where nobody is served without', async () => {
  const { exit } = await run('yandex', await idOf('yandex'), '--local');
  expect(exit).toBe(0);
  const proxies = (await (await control('/proxies')).json()) as { tunnels: number }[];
  expect(proxies.some(({ tunnels }) => tunnels > 0)).toBe(true);
});

it('does not ask without proxies where nobody is served without, and says what to configure', async () => {
  const before = await asked('yandex');
  await expect(run('yandex', '1')).rejects.toThrow(
    /Yandex Market serves nobody without proxies: name a secret/,
  );
  expect(await asked('yandex')).toBe(before);
});

it.each([
  ['captcha-page', /^narx fetch: blocked: .*CAPTCHA.*, through each of 2 proxies \(exit 2\)$/, 2],
  // Each redirect is followed, because it stays on the marketplace's host.
  ['captcha-redirect', /^narx fetch: blocked: .*CAPTCHA.*, through each of 2 proxies \(exit 2\)$/, 4],
  ['403', /^narx fetch: blocked: HTTP 403: access refused, through each of 2 proxies \(exit 2\)$/, 2],
])('a block (%s) is one line, after one try through each proxy', async (kind, line, requests) => {
  const id = await idOf('yandex');
  await block('yandex', kind);
  const before = await asked('yandex');
  const { exit, err } = await run('yandex', id, '--local');
  expect(err).toMatch(line);
  expect(exit).toBe(2);
  // And robots.txt, once.
  expect((await asked('yandex')) - before).toBe(requests + 1);
});

it('"too many requests" is one line, and nothing is asked again', async () => {
  const id = await idOf('uzum');
  await block('uzum', '429-retry-after', { retryAfterSeconds: 40 });
  const before = await asked('uzum');
  const { exit, err } = await run('uzum', id, '--local');
  expect(err).toBe('narx fetch: throttled: HTTP 429: too many requests; come back in 40 s (exit 6)');
  expect(exit).toBe(6);
  expect((await asked('uzum')) - before).toBe(2);
});

it('keeps the body of a refusal for narx parse', async () => {
  const file = join(scratch, 'refused.html');
  await block('uzum', 'captcha-page');
  expect((await run('uzum', '1', '--local', '--save', file)).exit).toBe(2);
  expect(readFileSync(file, 'utf8')).toMatch(/captcha/i);
});

it('does not ask for what robots.txt forbids, until an override with a reason is configured', async () => {
  const forbidden = '/myaccount/';
  const before = await asked('olx');
  const { exit, err } = await run('olx', forbidden, '--kind', 'listing', '--local');
  expect(err).toMatch(
    /^narx fetch: not-asked: https:\/\/www\.olx\.uz\/robots\.txt disallows \/.* \(exit 8\)$/,
  );
  expect(exit).toBe(8);
  expect((await asked('olx')) - before).toBe(1);

  const olx = { robotsOverrides: [{ path: forbidden, reason: 'they agreed to it in writing' }] };
  vi.spyOn(configFile, 'readConfig').mockResolvedValue({
    ...config,
    marketplaces: { ...config.marketplaces, olx: { ...config.marketplaces['olx'], ...olx } as never },
  });
  await run('olx', forbidden, '--kind', 'listing', '--local');
  // Asked for, and robots.txt is not looked at.
  expect((await asked('olx')) - before).toBe(2);
});

it('says which proxies cannot be used, without a word of them', async () => {
  writeFileSync(join(scratch, 'bad.json'), '["http://user:geheim@"]');
  await expect(run('yandex', '1', '--proxies', join(scratch, 'bad.json'))).rejects.toThrow(
    /^The file .*bad\.json is not a JSON list of at least one proxy address, such as [^ ]*$/,
  );
  await expect(run('yandex', '1', '--proxies', join(scratch, 'none.json'))).rejects.toThrow(UsageError);
});
