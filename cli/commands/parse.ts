import { parseArgs } from 'node:util';
import { findMarketplace, marketplaces } from '../../functions/marketplaces/index.ts';
import { type Command, UsageError } from '../command.ts';
import { exitCodes, refusalLine, toDocument, toText } from '../parse/print.ts';
import { readStoredPage, statedKind, statedReference } from '../parse/stored-page.ts';

const options = {
  json: { type: 'boolean' },
  id: { type: 'string' },
  kind: { type: 'string' },
  url: { type: 'string' },
  currency: { type: 'string' },
  status: { type: 'string' },
} as const;

/** `narx parse`: one stored response through the same code as in the pipeline. */
export const parse: Command = {
  name: 'parse',
  summary: 'run a stored response (JSON or HTML) through a marketplace parser',
  usage: `narx parse <marketplace> <file> [--json] [--id ID] [--kind KIND] [--url URL] [--currency CUR] [--status N]

Runs a stored response through the parser of a marketplace (${Object.keys(marketplaces).join(', ')}) and prints the
normalized snapshots and references, or says in one line why there are none. File - is standard input.

  --json          print one JSON document: {"outcome":"ok","snapshots":[...],"references":[...]},
                  or {"outcome":"blocked","detail":"..."} and the like
  --id ID         the external id that was asked for; a body that holds another thing is rejected
  --kind KIND     what was asked for: product, ad, lot or listing
  --url URL       the address that the body came from
  --currency CUR  the currency of its amounts, where neither the body nor its address tells (UZS, RUB)
  --status N      the HTTP status that it came with; 200 unless stated

Exit codes
  0  parsed
  1  wrong call, unknown marketplace, or the file cannot be read
  2  blocked: a refusal, a CAPTCHA or a wall
  3  format changed: not a known shape, not readable at all, or a known shape with impossible values (rejected)
  4  gone: the marketplace says that it does not exist
  5  empty: a page that must hold items holds none
  6  throttled: too many requests
  7  server error: the marketplace failed`,
  run,
};

async function run(args: string[]): Promise<number> {
  const { values, positionals } = readArguments(args);
  const [id, file, ...more] = positionals;
  const known = Object.keys(marketplaces).join(', ');
  if (id === undefined) throw new UsageError(`which marketplace? There are ${known}.`);
  const marketplace = findMarketplace(id);
  if (!marketplace) throw new UsageError(`no marketplace "${id}"; there are ${known}.`);
  if (file === undefined) throw new UsageError('which file? Give a path, or - for standard input.');
  if (more.length > 0) throw new UsageError(`one file at a time; what is "${more[0]}"?`);
  const kind = statedKind(values.kind);
  const reference = statedReference(marketplace, values.id, kind);
  const currency = statedCurrency(values.currency);
  const page = await readStoredPage({
    file,
    status: statedStatus(values.status),
    url: statedUrl(values.url),
  });

  const result = marketplace.classify(page) ?? marketplace.parse(page, { reference, kind, currency });
  if (values.json) console.log(JSON.stringify(toDocument(id, result), null, 2));
  else if (result.outcome === 'ok') console.log(toText(result));
  else console.error(refusalLine('parse', result));
  return exitCodes[result.outcome];
}

function readArguments(args: string[]) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function statedCurrency(currency: string | undefined): string | undefined {
  if (currency !== undefined && !/^[A-Z]{3}$/.test(currency))
    throw new UsageError(`--currency ${currency} is not a currency code such as UZS or RUB.`);
  return currency;
}

function statedStatus(status: string | undefined): number {
  if (status === undefined) return 200;
  if (!/^[1-5]\d\d$/.test(status)) throw new UsageError(`--status ${status} is not an HTTP status.`);
  return Number(status);
}

function statedUrl(url: string | undefined): string | null {
  if (url === undefined) return null;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UsageError(`--url ${url} is not an http or https address.`);
  return url;
}
