import { parseArgs } from 'node:util';
import { type Command, UsageError } from '../command.ts';
import { give, resumeOrder } from '../pause/order.ts';
import { connectStage } from '../stage/connect.ts';
import { stageOptions, stageUsage } from '../stage/options.ts';

/** `narx resume`: ends what `narx pause` began, and a marketplace's cool-down. */
export const resume: Command = {
  name: 'resume',
  summary: 'end the pause of a marketplace or a storage domain',
  usage: `narx resume <marketplace | storage domain> [--stage NAME] [--json]

A marketplace is asked again at once, also one that refused us a moment ago: be sure that the block
is over. A storage domain is written to again unless its breaker is open: that closes by itself.

${stageUsage}`,
  async run(args) {
    const { values, positionals } = parseArgs({ args, allowPositionals: true, options: stageOptions });
    const [target, ...more] = positionals;
    if (target === undefined || more.length > 0)
      throw new UsageError('name one marketplace or storage domain; narx pause shows what is paused.');
    const stage = await connectStage(values);
    try {
      const state = await give(stage, resumeOrder(stage.settings, target));
      console.log(values.json ? JSON.stringify({ [target]: state }) : `${target} is ${state}`);
      return 0;
    } finally {
      stage.close();
    }
  },
};
