import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type Command, UsageError } from '../command.ts';
import { connectStage } from '../stage/connect.ts';
import { stageOptions, stageUsage } from '../stage/options.ts';
import { collectStatus } from '../status/collect.ts';
import type { StatusReport } from '../status/model.ts';
import { printStatus } from '../status/print.ts';

/** When it is to be told, in milliseconds since the process began: before and after that npx takes half of the second. */
const answeredByMs = 350;
/** How long is waited for what does not answer over the internet. */
const awsMs = 2_500;

/**
 * How long is waited for what does not answer on this machine: what is left of the time. Where starting alone took long, the machine
 * is busy or slow, and what answers needs longer too: beside a busy stack up to seven tenths of what starting took.
 */
function localWaitMs(sinceStartMs: number): number {
  return Math.round(Math.max(answeredByMs - sinceStartMs, 1.5 * sinceStartMs));
}

const exitCodes: Record<StatusReport['status'], number> = { healthy: 0, degraded: 2, stale: 3 };

export const status: Command = {
  name: 'status',
  summary: 'what is up, fresh, paused, waiting and alarming in a stage',
  usage: `narx status [options]

Asks everything that a running stage consists of, all at once, and answers within a second (${awsMs / 1000} s for a stage in AWS; later
only on a machine that is busy): what has not answered by then is DOWN, and what only it knows is shown as "?". First the verdict and what is
wrong, then marketplaces with gates and freshness, queues, breakers and the books of the newest sweeps.

  HEALTHY    everything answers, nothing is paused, no alarm is on, no dead letters, prices are fresh
  DEGRADED   one of these does not hold
  STALE      the oldest price of a marketplace is past its target

The age of prices is what the audit measured last ("measured"). In the table of sweeps "same" are references that were seen
unchanged, "open" those still in flight; a "+" says that dispatch has not come to the end of the sweep.

${stageUsage}

Exit codes: 0 healthy; 2 degraded; 3 stale; 1 wrong call, or there is no such stage.`,
  async run(args) {
    const { values } = parseArgs({ args, options: stageOptions });
    const withinMs = values.stage === undefined ? localWaitMs(performance.now()) : awsMs;
    const stage = await Promise.race([
      connectStage(values),
      sleep(withinMs, null, { ref: false }).then(() => {
        throw new UsageError(`AWS does not answer within ${withinMs} ms: is there a way to it from here?`);
      }),
    ]);
    try {
      const report = await collectStatus(stage, withinMs);
      console.log(
        values.json
          ? JSON.stringify(report, null, 2)
          : printStatus(report, Math.max(60, process.stdout.columns ?? 100)),
      );
      return exitCodes[report.status];
    } finally {
      stage.close();
    }
  },
};
