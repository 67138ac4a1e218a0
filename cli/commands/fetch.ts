import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { systemClock } from '../../functions/adapters/clock.ts';
import { UndiciFetcher } from '../../functions/adapters/http/fetcher.ts';
import type { Marketplace } from '../../functions/core/marketplace.ts';
import type { Reference } from '../../functions/core/model/reference.ts';
import { findMarketplace, marketplaces } from '../../functions/marketplaces/index.ts';
import { loadConfig } from '../../lib/config/load.ts';
import { readConfig } from '../../lib/config/read.ts';
import { userAgent } from '../../lib/config/user-agent.ts';
import { type Command, UsageError } from '../command.ts';
import { exitCodes, refusalLine, toDocument, toText } from '../parse/print.ts';
import { statedKind } from '../parse/stored-page.ts';

/** `narx fetch`: one reference, live, through the fetcher and the parser of the pipeline. */
export const fetch: Command = {
  name: 'fetch',
  summary: 'fetch one reference live and parse it, through the code of the pipeline',
  usage: `narx fetch <marketplace> <id> [--kind KIND] [--json] [--save FILE] [--origin REAL=OTHER]

Asks a marketplace (${Object.keys(marketplaces).join(', ')}) for one thing, once, with the pipeline's own requests,
user agent, host list, limits and parser; stores nothing in any database.

  --kind KIND          product, ad, lot or listing; the marketplace's usual kind unless stated
  --json               print one JSON document, as narx parse does
  --save FILE          write the raw body to a file, for narx parse
  --origin REAL=OTHER  ask OTHER in place of REAL, e.g. https://api.uzum.uz=http://127.0.0.1:8080 (a simulator)

Exit codes: those of narx parse; 7 also when no usable response came.`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        kind: { type: 'string' },
        json: { type: 'boolean' },
        save: { type: 'string' },
        origin: { type: 'string', multiple: true },
      },
    });
    const [id = '', externalId, ...more] = positionals;
    const marketplace = findMarketplace(id);
    if (!marketplace)
      throw new UsageError(`no marketplace "${id}"; there are ${Object.keys(marketplaces).join(', ')}.`);
    if (externalId === undefined || more.length > 0)
      throw new UsageError('give one id after the marketplace.');
    const reference = { kind: statedKind(values.kind) ?? usualKind(marketplace), externalId };
    const origins = Object.fromEntries((values.origin ?? []).map(readOrigin));

    const settings = loadConfig(await readConfig(), 'local');
    const fetcher = new UndiciFetcher({
      hosts: marketplace.manifest.hosts,
      origins,
      proxies: new Map(),
      connections: 1,
      requestTimeoutMs: (settings.marketplaces[id]?.requestTimeoutSeconds ?? 20) * 1000,
      maxBodyBytes: marketplace.manifest.maxBodyBytes,
      userAgent: userAgent(settings.contact),
      clock: systemClock,
    });
    try {
      const page = await fetcher.fetch(requestFor(marketplace, reference));
      if ('failure' in page) {
        console.error(
          `narx fetch: no response: ${page.failure}: ${page.detail} (exit ${exitCodes['server-error']})`,
        );
        return exitCodes['server-error'];
      }
      if (values.save !== undefined) writeFileSync(values.save, page.body);
      const result = marketplace.classify(page) ?? marketplace.parse(page, { reference });
      if (values.json) console.log(JSON.stringify(toDocument(id, result), null, 2));
      else if (result.outcome === 'ok') console.log(toText(result));
      else console.error(refusalLine('fetch', result));
      return exitCodes[result.outcome];
    } finally {
      await fetcher.close();
    }
  },
};

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
