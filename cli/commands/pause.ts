import { parseArgs } from 'node:util';
import { type Command, UsageError } from '../command.ts';
import { give, pauseOrder } from '../pause/order.ts';
import { connectStage } from '../stage/connect.ts';
import { stageOptions, stageUsage } from '../stage/options.ts';
import { type StagePause, stagePauses } from '../stage/pauses.ts';

/** `narx pause`: stops asking a marketplace, or writing to a storage domain; without one, what is paused. */
export const pause: Command = {
  name: 'pause',
  summary: 'stop a marketplace or a storage domain until it is resumed; or show what is paused',
  usage: `narx pause [--stage NAME] [--json]
narx pause <marketplace | storage domain> --reason TEXT [--stage NAME]

Without a name: everything that is paused, by whom, why, since when, and when it is tried again.

A marketplace that is paused is not asked, and nothing is planned for it. A storage domain that is
paused is not written to: what was fetched waits in its queue, for up to ten days, and fetching goes
on. narx resume ends it.

  --reason TEXT    for whoever finds it paused
${stageUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { ...stageOptions, reason: { type: 'string' } },
    });
    const [target, ...more] = positionals;
    if (more.length > 0) throw new UsageError('name one marketplace or storage domain.');
    const reason = values.reason?.trim() ?? '';
    if (target !== undefined && reason === '')
      throw new UsageError(`say why with --reason, for whoever finds ${target} paused.`);
    const stage = await connectStage(values);
    try {
      if (target === undefined) {
        const pauses = await stagePauses(stage);
        console.log(values.json ? JSON.stringify(pauses, null, 2) : toText(pauses));
        return 0;
      }
      const state = await give(stage, pauseOrder(stage.settings, target, reason));
      console.log(values.json ? JSON.stringify({ [target]: state }) : `${target} is ${state}: ${reason}`);
      return 0;
    } finally {
      stage.close();
    }
  },
};

function toText(pauses: readonly StagePause[]): string {
  if (pauses.length === 0) return 'Nothing is paused.';
  return pauses
    .map((paused) => {
      const name = 'marketplace' in paused ? paused.marketplace : paused.domain;
      const next = untilWhen(paused);
      return `${name}: by ${paused.by} since ${clock(paused.since)}, ${next}\n  ${paused.reason}`;
    })
    .join('\n');
}

function untilWhen({ by, nextProbe }: StagePause): string {
  if (nextProbe !== null) return `next probe ${clock(nextProbe)}`;
  return by === 'storage' ? 'until the disk has room' : 'until narx resume';
}

const clock = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`;
