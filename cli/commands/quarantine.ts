import { parseArgs } from 'node:util';
import { type Command, UsageError } from '../command.ts';
import { listQuarantine, readQuarantine } from '../quarantine/objects.ts';
import { bodyOf, grouped, listText, objectText, replayText } from '../quarantine/print.ts';
import { replayKeys } from '../quarantine/replay.ts';
import { type Actions, actOnStage } from '../stage/actions.ts';
import type { Stage } from '../stage/connect.ts';
import { stageOptions, stageUsage } from '../stage/options.ts';

const options = {
  ...stageOptions,
  marketplace: { type: 'string' },
  reason: { type: 'string' },
  keys: { type: 'boolean', default: false },
  body: { type: 'boolean', default: false },
  limit: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
} as const;

type Values = ReturnType<typeof read>['values'];
const read = (args: string[]) => parseArgs({ args, options, allowPositionals: true });

export const quarantine: Command = {
  name: 'quarantine',
  summary: 'pages that no parser understood: list, show, replay without fetching',
  usage: `narx quarantine list [--marketplace NAME] [--reason REASON] [--keys]
narx quarantine show <key> [--body]
narx quarantine replay [--marketplace NAME] [--reason REASON] [--limit N] [--dry-run]

The quarantine holds pages that the parsers did not understand, and rows that the database refused, for 90 days.

  list       how many there are, by marketplace and reason; with --keys their keys, one a line
  show       one of them: why it is there, and what arrived; with --body the page alone, byte for byte:
             narx quarantine show <key> --body | npx narx parse uzum -
  replay     after the parser was mended and deployed: has the stage's replay function parse them again, without
             fetching, and send what they hold to be stored as of the time when the page arrived. What is
             understood leaves the quarantine, the rest stays

${stageUsage}
  --marketplace NAME  only those of this marketplace
  --reason REASON     only those with this reason: format-changed, rejected, refused-by-database, …
  --limit N           replay the first N only
  --dry-run           tell what would be understood now, and change nothing

Exit codes: 0 done, and nothing is left that was asked for; 1 wrong call, no such stage, or stopped half way; 2 some stay.`,
  async run(args) {
    const { values, positionals } = read(args);
    return await actOnStage(actions, values, positionals);
  },
};

const actions: Actions<Values> = {
  list: async (stage, values) => {
    const keys = await listQuarantine(stage, filterOf(stage, values));
    if (values.keys) for (const { key } of keys) console.log(key);
    else console.log(values.json ? JSON.stringify(grouped(keys), null, 2) : listText(grouped(keys)));
    return 0;
  },
  show: async (stage, values, [key]) => {
    if (key === undefined) throw new UsageError('which object? narx quarantine list --keys names them.');
    const object = await readQuarantine(stage, key);
    if (values.json) console.log(JSON.stringify(object, null, 2));
    else if (!values.body) console.log(objectText(object));
    else if (object.type === 'page') process.stdout.write(bodyOf(object));
    else throw new UsageError('a row has no body; leave --body away.');
    return 0;
  },
  replay: async (stage, values) => {
    const limit = values.limit === undefined ? Number.POSITIVE_INFINITY : Number(values.limit);
    if (!(limit >= 1)) throw new UsageError(`--limit must be a number from 1 on, not "${values.limit}".`);
    const found = await listQuarantine(stage, filterOf(stage, values));
    const keys = found.map(({ key }) => key).slice(0, limit);
    const totals = await replayKeys(stage, keys, values['dry-run'], (done, of) => {
      if (!values.json && of > done) console.error(`${done} of ${of}`);
    });
    console.log(values.json ? JSON.stringify(totals, null, 2) : replayText(totals, values['dry-run']));
    if (totals.stopped !== null) return 1;
    return totals.results.some(({ result }) => result === 'kept') ? 2 : 0;
  },
};

function filterOf({ settings }: Stage, { marketplace, reason }: Values) {
  if (marketplace !== undefined && !Object.hasOwn(settings.marketplaces, marketplace))
    throw new UsageError(
      `no marketplace "${marketplace}"; there are ${Object.keys(settings.marketplaces).join(', ')}.`,
    );
  return { marketplace, reason };
}
