import { parseArgs } from 'node:util';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import type { DispatchMode } from '../../functions/contract/messages.ts';
import type { CursorKey } from '../../functions/core/ports/checkpoints.ts';
import type { StageConfig } from '../../lib/config/schema.ts';
import { inspect } from '../checkpoint/inspect.ts';
import { changesOf, toDocument, toText } from '../checkpoint/print.ts';
import { plannedRepair, repair, type Target } from '../checkpoint/repair.ts';
import { type Command, UsageError } from '../command.ts';
import { confirmed, confirmOptions } from '../stage/confirm.ts';
import { connectStage, type Stage } from '../stage/connect.ts';
import { stageOptions, stageUsage } from '../stage/options.ts';

const options = {
  ...stageOptions,
  ...confirmOptions,
  mode: { type: 'string' },
  to: { type: 'string' },
  previous: { type: 'boolean', default: false },
} as const;

/** `narx checkpoint`: the cursors of dispatch, and a way out when one cannot be read. */
export const checkpoint: Command = {
  name: 'checkpoint',
  summary: 'show the cursors of dispatch, or repair one that cannot be read',
  usage: `narx checkpoint show [marketplace] [--stage NAME] [--json]
narx checkpoint repair <marketplace> [--mode MODE] [--to POSITION | --previous] [--yes]

show prints each cursor: where it is, who owns it, and what of it cannot be read. repair says what
it will write and asks. It keeps what is readable, gives the cursor the position up to which the
books prove everything planned, and sets the old item aside. A dispatcher that is at work is fenced
off; an item that changed in the meantime is left as it is.

  --mode MODE      sweep, refresh or discover; needed when the marketplace has several
  --to POSITION    this position in place of the one that the books prove
  --previous       the position before the last move, from the broken item
  --yes            do not ask
${stageUsage}

Exit codes: show: 0, or 2 when a cursor cannot be read. repair: 0 written, 1 not.`,
  async run(args) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options });
    const [action, marketplace, ...more] = positionals;
    if ((action !== 'show' && action !== 'repair') || more.length > 0)
      throw new UsageError('say show or repair, then a marketplace; narx checkpoint --help tells more.');
    if (action === 'repair' && marketplace === undefined)
      throw new UsageError('say which marketplace to repair.');
    const target = targetOf(values);
    const stage = await connectStage(values);
    try {
      const keys = keysOf(stage.settings, marketplace, values.mode);
      if (action === 'show') return await show(stage, keys, values.json);
      const [key, ...others] = keys;
      if (key === undefined || others.length > 0)
        throw new UsageError(`say which cursor with --mode: ${keys.map(({ mode }) => mode).join(', ')}.`);
      return await mend(stage, key, target, values);
    } finally {
      stage.close();
    }
  },
};

async function show(stage: Stage, keys: readonly CursorKey[], json: boolean): Promise<number> {
  const found = await Promise.all(keys.map((key) => inspect(stage, key)));
  if (json) console.log(JSON.stringify(found.map(toDocument), null, 2));
  else console.log(found.map(toText).join('\n\n'));
  return found.some(({ fault }) => fault !== null) ? 2 : 0;
}

async function mend(
  stage: Stage,
  key: CursorKey,
  target: Target,
  { yes, json }: { yes: boolean; json: boolean },
): Promise<number> {
  const { marketplace, mode } = key;
  const found = await inspect(stage, key);
  const ledger = new DynamoLedger(stage.clients.dynamodb, stage.names.table);
  const firstId = stage.settings.marketplaces[marketplace]?.plan.sweep?.first ?? 1;
  const cursor = await plannedRepair(found, target, { ledger, firstId, now: new Date() });
  console.error(found.fault ?? `The cursor of ${marketplace}/${mode} can be read; it will be replaced.`);
  console.error(changesOf(found, cursor));
  if (cursor.sweepId === null)
    console.error('The next slot begins a new sweep: the books know none to go on with.');
  if (!(await confirmed(`Write this cursor of ${marketplace}/${mode}?`, { yes }))) {
    console.error('Nothing was changed.');
    return 1;
  }
  const { keptAs } = await repair(stage, found, cursor);
  if (json) console.log(JSON.stringify({ marketplace, mode, cursor, keptAs }, null, 2));
  else {
    console.log(`Repaired: ${marketplace}/${mode} goes on after ${cursor.position ?? 'nothing'}.`);
    if (keptAs !== null)
      console.log(`The old item is kept as CURSOR#${marketplace} / ${keptAs} for 90 days.`);
  }
  return 0;
}

/** Of what the stage's schedules move. */
function keysOf(
  settings: StageConfig,
  marketplace: string | undefined,
  mode: string | undefined,
): CursorKey[] {
  const enabled = Object.entries(settings.marketplaces).filter(([, it]) => it.enabled);
  if (marketplace !== undefined && !enabled.some(([id]) => id === marketplace))
    throw new UsageError(
      `no marketplace "${marketplace}"; there are ${enabled.map(([id]) => id).join(', ')}.`,
    );
  const keys = enabled
    .filter(([id]) => marketplace === undefined || id === marketplace)
    .flatMap(([id, { schedules }]) =>
      (['sweep', 'refresh', 'discover'] satisfies DispatchMode[])
        .filter((it) => schedules[it] !== undefined && (mode === undefined || it === mode))
        .map((it): CursorKey => ({ marketplace: id, mode: it })),
    );
  if (keys.length > 0) return keys;
  throw new UsageError(
    `nothing moves a cursor of the mode "${mode}" there: leave --mode away to see them all.`,
  );
}

function targetOf({ to, previous }: { to?: string | undefined; previous: boolean }): Target {
  if (to === undefined) return { from: previous ? 'previous' : 'ledger' };
  if (previous) throw new UsageError('give --to or --previous, not both.');
  const position = Number(to);
  if (!/^\d+$/.test(to) || !Number.isSafeInteger(position))
    throw new UsageError(`--to wants a position, a whole number, not "${to}".`);
  return { from: 'operator', position };
}
