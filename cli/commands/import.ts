import { rm, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { depthOf } from '../../functions/adapters/sqs/depths.ts';
import { SqsVisitsQueue } from '../../functions/adapters/sqs/visits-queue.ts';
import { manifests } from '../../functions/marketplaces/manifests.ts';
import { type Command, UsageError } from '../command.ts';
import { prepare } from '../import/prepare.ts';
import { foldTable, importProgress } from '../import/print.ts';
import { type Column, columns, type RowRules } from '../import/rows.ts';
import { sendVisits } from '../import/send.ts';
import { filesOf, type ImportState, readState, writeState } from '../import/state.ts';
import { connectStage, type Stage } from '../stage/connect.ts';
import { stageOptions, stageUsage } from '../stage/options.ts';

const options = {
  ...stageOptions,
  marketplace: { type: 'string' },
  kind: { type: 'string' },
  currency: { type: 'string' },
  'utc-offset': { type: 'string' },
  delimiter: { type: 'string', default: ',' },
  columns: { type: 'string', default: '' },
  'dry-run': { type: 'boolean', default: false },
} as const;
type Values = ReturnType<typeof read>['values'];
const read = (args: string[]) => parseArgs({ args, options, allowPositionals: true });

/** Messages of the snapshots queue, live ones included, above which an import waits: what was fetched today comes first. */
const mostWaiting = 200;
const waitMs = 1_000;
/** As in the store (F38). */
const futureToleranceMs = 5 * 60_000;

export const importHistory: Command = {
  name: 'import',
  summary: 'an old price history from a CSV with a row per scrape, duplicates folded',
  usage: `narx import <csv> --marketplace NAME [options]

Reads a history with a row per scrape, in any order and with duplicates, and has it stored as price points: through the
snapshots queue of the marketplace's storage domain, by the same store function that stores what is fetched. Repeating it
changes nothing. Live data goes first: it waits while more than ${mostWaiting} messages are in the queue.

Columns, named by the first line; others are ignored:
  external_id   of the product or ad, as the marketplace has it
  observed_at   when it was seen: 2024-05-01T10:00:00Z, 2024-05-01 15:00:00+05:00
  price         1990000.50; empty: none was shown
  title         of the product
  sku_id        as the marketplace's parser has it (Uzum: the SKU's id); empty: external_id, as for ads
  old_price     before a reduction; ignored unless greater than price
  currency      UZS; or --currency
  availability  in_stock, out_of_stock, unknown; empty: from available
  available     units in stock; empty: not known
  sku_title, seller_id, seller, kind (product, ad; or --kind)

  --marketplace NAME  whose history it is
  --columns LIST      what the file calls them: external_id=product_id,observed_at=scraped_at
  --kind KIND         product or ad, where rows do not say; may be left away where ids are swept (Uzum)
  --currency CODE     where rows do not say
  --utc-offset +HH:MM for times without a zone; without it such rows are rejected
  --delimiter CHAR    between fields (,)
  --dry-run           tell what would be folded, and send nothing
${stageUsage}

Written beside the CSV: <csv>.rejects.csv (rows that cannot be read, each with its line and reason), <csv>.import.json
(how far it is: call again after Ctrl-C or a failure, and it goes on) and, until all is sent, <csv>.import.visits.

Exit codes: 0 the queue has everything; 1 it has not, with the reason in one line; 2 it has, but rows were rejected.`,
  async run(args) {
    const { values, positionals } = read(args);
    const [csv, ...more] = positionals;
    if (csv === undefined) throw new UsageError('which file? narx import history.csv --marketplace uzum');
    if (more.length > 0) throw new UsageError(`"${more[0]}" is one word too many; see narx import --help.`);
    const size = await stat(csv).then(
      (found) => found.size,
      () => null,
    );
    if (size === null) throw new UsageError(`there is no file ${csv}.`);
    const stage = await connectStage(values);
    try {
      return await run(stage, csv, size, values);
    } finally {
      stage.close();
    }
  },
};

async function run(stage: Stage, csv: string, size: number, values: Values): Promise<number> {
  const files = filesOf(csv);
  const { marketplace, url } = destinationOf(stage, values.marketplace);
  const format = formatOf(marketplace, values);
  const progress = importProgress();
  const tell: typeof progress = (...what) => {
    if (!values.json) progress(...what);
  };
  const settled = {
    marketplace,
    format: JSON.stringify([
      format.delimiter,
      [...format.renamed],
      values.kind,
      values.currency,
      values['utc-offset'],
    ]),
  };
  let state = await readState(csv, settled);
  if (state === null) {
    const prepared = await prepare(csv, files, format, (bytes) => tell('reading', bytes, size));
    state = { v: 1, ...settled, ...prepared, sent: 0, snapshotsSent: 0 };
    await writeState(csv, state);
  }
  if (!values['dry-run']) {
    const queue = new SqsVisitsQueue(stage.clients.sqs, url);
    state = await sendVisits(files.visits, state, {
      queue,
      room: async () => {
        while ((await depthOf(stage.clients.sqs, url)) > mostWaiting) await sleep(waitMs * stage.timeScale);
      },
      save: async (next) => {
        await writeState(csv, next);
        tell('sending', next.sent, next.bytes);
      },
    });
    await rm(files.visits, { force: true });
  }
  tellResult(state, files.rejects, values);
  return state.report.rejected > 0 ? 2 : 0;
}

function tellResult(state: ImportState, rejects: string, values: Values): void {
  const { report, sent, bytes } = state;
  if (values.json) {
    console.log(JSON.stringify({ ...report, sent: state.snapshotsSent, done: sent === bytes }));
    return;
  }
  console.log(foldTable(state, rejects));
  console.log(
    values['dry-run'] && sent < bytes
      ? 'Nothing was sent: leave --dry-run away for that.'
      : 'The queue has all of it; narx status shows when the store has worked it off.',
  );
}

/** The marketplace and the snapshots queue of its storage domain. */
function destinationOf(
  { settings, names }: Stage,
  asked: string | undefined,
): { marketplace: string; url: string } {
  const enabled = Object.entries(settings.marketplaces).filter(([, { enabled }]) => enabled);
  const [marketplace, found] = enabled.find(([id]) => id === asked) ?? [];
  const url = names.queues.find(({ kind, owner }) => kind === 'snapshots' && owner === found?.domain)?.url;
  if (marketplace === undefined || url === undefined)
    throw new UsageError(
      `--marketplace must be one that the stage has enabled: ${enabled.map(([id]) => id).join(', ')}.`,
    );
  return { marketplace, url };
}

function formatOf(
  marketplace: string,
  values: Values,
): { delimiter: string; renamed: Map<Column, string>; rules: RowRules } {
  const manifest = manifests.find(({ id }) => id === marketplace);
  if (manifest?.storageSchema === 'procurement')
    throw new UsageError(
      `${marketplace} has lots: their history is their states, which a row per price cannot tell.`,
    );
  const renamed = new Map<Column, string>();
  for (const pair of values.columns.split(',').filter((part) => part !== '')) {
    const [name, theirs = ''] = pair.split('=').map((part) => part.trim());
    const column = columns.find((one) => one === name);
    if (column === undefined || theirs === '')
      throw new UsageError(
        `--columns wants pairs of ${columns.join(', ')} and a column of the file, not "${pair}".`,
      );
    renamed.set(column, theirs);
  }
  const kind = values.kind ?? manifest?.sweepKind ?? undefined;
  if (kind !== 'product' && kind !== 'ad')
    throw new UsageError(`say whether these are products or ads: --kind product, or --kind ad.`);
  const utcOffset = values['utc-offset'] ?? null;
  if (utcOffset !== null && !/^[+-]\d\d:\d\d$/.test(utcOffset))
    throw new UsageError(`--utc-offset must be as +05:00, not "${utcOffset}".`);
  const delimiter = values.delimiter === '\\t' ? '\t' : values.delimiter;
  if (delimiter.length !== 1 || delimiter === '"')
    throw new UsageError('--delimiter must be one character; \\t for a tab.');
  const currency = values.currency ?? null;
  return { delimiter, renamed, rules: { kind, currency, utcOffset, latest: Date.now() + futureToleranceMs } };
}
