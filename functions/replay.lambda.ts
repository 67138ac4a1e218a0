import type { Context } from 'aws-lambda';
import { createS3, createSqs } from './adapters/clients.ts';
import { systemClock } from './adapters/clock.ts';
import { readEnv } from './adapters/env.ts';
import { S3SpilledObjects } from './adapters/s3/spill.ts';
import { SqsVisitsQueue } from './adapters/sqs/visits-queue.ts';
import { createLog, createMetrics } from './adapters/telemetry.ts';
import { replayEnv } from './contract/env.ts';
import { metric } from './contract/metrics.ts';
import { replaySpill, type SpillRun } from './core/replay-spill.ts';

const env = readEnv(replayEnv);
const log = createLog('replay');
const spilled = new S3SpilledObjects(createS3(env.ENDPOINTS), env.SPILL_BUCKET);
const sqs = createSqs(env.ENDPOINTS);
const domains = Object.entries(env.SNAPSHOTS_QUEUE_URLS).map(([domain, url]) => ({
  domain,
  visits: new SqsVisitsQueue(sqs, url),
  metrics: createMetrics('replay', { domain }),
}));
/** Of an invocation: kept for one more object, and what a queue that does not answer may take. */
const RESERVE_SHARE = 1 / 2;
const SEND_SHARE = 1 / 6;

/**
 * Called every minute by a schedule, or by hand: empties the spill of every storage domain as far as its queue takes it. Returns
 * what is left. Throws after all domains had their turn when one could not be looked at; its heartbeat is missing then.
 */
export async function handler(_event: unknown, context: Context): Promise<Record<string, SpillRun>> {
  const wholeMs = context.getRemainingTimeInMillis();
  const limits = {
    mayGoOn: () => context.getRemainingTimeInMillis() > wholeMs * RESERVE_SHARE,
    sendMs: wholeMs * SEND_SHARE,
  };
  const runs = await Promise.allSettled(
    domains.map(async ({ domain, visits, metrics }) => {
      try {
        const run = await replaySpill(domain, { spilled, visits, clock: systemClock, log }, limits);
        metrics.gauge(metric.spillObjects, run.waiting);
        metrics.gauge(metric.oldestSpillAgeSeconds, run.oldestAgeMs / 1000 / env.TIME_SCALE);
        metrics.count(metric.heartbeat, 1);
        return [domain, run] as const;
      } catch (error) {
        log.error('Spill not looked after', { domain, error });
        throw error;
      } finally {
        metrics.flush();
      }
    }),
  );
  for (const run of runs) if (run.status === 'rejected') throw run.reason;
  return Object.fromEntries(runs.flatMap((run) => (run.status === 'fulfilled' ? [run.value] : [])));
}
