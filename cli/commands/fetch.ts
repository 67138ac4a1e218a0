import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { systemClock } from '../../functions/adapters/clock.ts';
import { UndiciFetcher } from '../../functions/adapters/http/fetcher.ts';
import { approach } from '../../functions/core/approach.ts';
import type { Marketplace, Page, PageResult } from '../../functions/core/marketplace.ts';
import { newGate } from '../../functions/core/model/gate.ts';
import { newPace } from '../../functions/core/model/pace.ts';
import type { Reference } from '../../functions/core/model/reference.ts';
import type { Log } from '../../functions/core/ports/runtime.ts';
import { timeBudget } from '../../functions/core/scrape-limits.ts';
import { findMarketplace, marketplaces } from '../../functions/marketplaces/index.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { readConfig } from '../../lib/config/read.ts';
import type { MarketplaceSettings, StageConfig } from '../../lib/config/schema.ts';
import { userAgent } from '../../lib/config/user-agent.ts';
import { type Command, UsageError } from '../command.ts';
import { Alone } from '../fetch/alone.ts';
import { type Asked, asked, WatchedFetcher } from '../fetch/asked.ts';
import { configuredWays, listedWays, simulatedWays, type Ways } from '../fetch/ways.ts';
import { exitCodes, refusalLine, toDocument, toText } from '../parse/print.ts';
import { statedKind } from '../parse/stored-page.ts';
import { defaultFolder } from '../stage/options.ts';

/** One page and one robots.txt through each of a handful of proxies: nobody waits for longer in front of a terminal. */
const MOST_TIME_MS = 10 * 60_000;
const nothing = (): void => undefined;
/** One line says what became of it; what happened on the way is in it. */
const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** `narx fetch`: one reference, live, the way that the scrape function goes. */
export const fetch: Command = {
  name: 'fetch',
  summary: 'fetch one reference live and parse it, through the code of the pipeline',
  usage: `narx fetch <marketplace> <id> [--stage NAME] [--kind KIND] [--json] [--save FILE]
                                [--proxies FILE | --local [--folder PATH] | --origin REAL=OTHER]

Asks a marketplace (${Object.keys(marketplaces).join(', ')}) for one thing, once, as the scrape function does: only its own
hosts and public addresses, where its robots.txt or a written override lets us, through its proxies, with our user
agent and limits, and a refusal is recognised before anything is parsed. Stores nothing. It knows nothing of the
gate and the pace of a running stage.

  --stage NAME         whose configuration holds: proxies, robots overrides, timeout; dev unless stated. Proxies come
                       from its secret, with the AWS profile and region of your shell
  --proxies FILE       go through the proxies of a JSON list, as the secret has it, and not through the secret's
  --local              ask the simulated marketplaces of the stack that runs here (npm run dev), through its proxies
  --folder PATH        folder of the stack that runs here (.narx)
  --origin REAL=OTHER  ask OTHER in place of REAL, e.g. https://api.uzum.uz=http://127.0.0.1:8080
  --kind KIND          product, ad, lot or listing; the marketplace's usual kind unless stated
  --json               print one JSON document, as narx parse does
  --save FILE          write the raw body to a file, for narx parse; also that of a refusal

Exit codes: those of narx parse; 7 also when no usable response came; 8 not asked: robots.txt forbids it, or cannot be had.`,
  run,
};

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      stage: { type: 'string', default: 'dev' },
      kind: { type: 'string' },
      json: { type: 'boolean' },
      save: { type: 'string' },
      proxies: { type: 'string' },
      local: { type: 'boolean' },
      folder: { type: 'string', default: defaultFolder },
      origin: { type: 'string', multiple: true },
    },
  });
  const [id = '', externalId, ...more] = positionals;
  const marketplace = findMarketplace(id);
  if (!marketplace)
    throw new UsageError(`no marketplace "${id}"; there are ${Object.keys(marketplaces).join(', ')}.`);
  if (externalId === undefined || more.length > 0) throw new UsageError('give one id after the marketplace.');
  const reference = { kind: statedKind(values.kind) ?? usualKind(marketplace), externalId };
  if (values.local && values.proxies !== undefined)
    throw new UsageError('--local has proxies of its own: leave one of --local and --proxies away.');

  const config = loadConfig(await readConfig(), values.stage);
  const settings = config.marketplaces[id];
  if (!settings) throw new UsageError(`marketplaces.${id} is missing in narx.config.ts: give it an entry.`);
  const ways = values.local
    ? await simulatedWays(id, values.folder)
    : values.proxies === undefined
      ? await configuredWays(id, settings.proxies?.secretName ?? 'none')
      : listedWays(values.proxies);
  const origins = { ...ways.origins, ...Object.fromEntries((values.origin ?? []).map(readOrigin)) };

  const { page, result } = await ask(marketplace, reference, config, settings, { ...ways, origins });
  if (values.save !== undefined) save(values.save, page);
  if (values.json)
    console.log(JSON.stringify(result.outcome === 'ok' ? toDocument(id, result) : result, null, 2));
  else if (result.outcome === 'ok') console.log(toText(result));
  else console.error(refusalLine('fetch', result));
  return exitCodes[result.outcome];
}

function save(file: string, page: Page | null): void {
  if (page) writeFileSync(file, page.body);
  else console.error(`narx fetch: no body came: ${file} is not written.`);
}

async function ask(
  marketplace: Marketplace,
  reference: Reference,
  config: StageConfig,
  settings: MarketplaceSettings,
  { proxies, origins }: Ways,
): Promise<{ page: Page | null; result: Asked }> {
  const request = requestFor(marketplace, reference);
  const requestTimeoutMs = settings.requestTimeoutSeconds * 1000;
  const { hosts, maxBodyBytes } = marketplace.manifest;
  const undici = new UndiciFetcher({
    hosts,
    origins,
    proxies,
    connections: 1,
    requestTimeoutMs,
    maxBodyBytes,
    userAgent: userAgent(config.contact),
    clock: systemClock,
  });
  try {
    const fetcher = new WatchedFetcher(undici, request.url);
    const visitor = approach(
      marketplace,
      {
        fetcher,
        gates: new Alone(newGate()),
        paces: new Alone(newPace(settings.rate.initialPerSecond)),
        clock: systemClock,
        log: silent,
        sleep,
      },
      {
        proxies: [...proxies.keys()],
        gate: config.gate,
        rate: settings.rate,
        robotsOverrides: settings.robotsOverrides,
        timeScale: 1,
      },
    );
    const round = await visitor.begin(
      1,
      timeBudget(() => MOST_TIME_MS, requestTimeoutMs),
    );
    const { action } = await round.visit({ reference, request, index: 0 });
    const read = (page: Page): PageResult =>
      marketplace.classify(page) ?? marketplace.parse(page, { reference });
    return { page: fetcher.page, result: asked(action, fetcher.exits, read) };
  } finally {
    await undici.close();
  }
}

function usualKind({ manifest }: Marketplace): Reference['kind'] {
  return manifest.sweepKind ?? (manifest.storageSchema === 'procurement' ? 'lot' : 'product');
}

function requestFor(marketplace: Marketplace, reference: Reference) {
  try {
    return marketplace.request(reference);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function readOrigin(text: string): [string, string] {
  const [real = '', other = ''] = text.split('=');
  if (!URL.canParse(real) || !URL.canParse(other))
    throw new UsageError(`--origin wants REAL=OTHER, two addresses, not "${text}"`);
  return [new URL(real).origin, new URL(other).origin];
}
