import type { Context } from 'aws-lambda';
import { createDynamoDb, createS3, createSqs } from './adapters/clients.ts';
import { systemClock } from './adapters/clock.ts';
import { DynamoLedger } from './adapters/dynamodb/ledger.ts';
import { readEnv } from './adapters/env.ts';
import { S3QuarantinedObjects } from './adapters/s3/quarantine.ts';
import { S3RawPages } from './adapters/s3/raw-pages.ts';
import { S3SpilledObjects } from './adapters/s3/spill.ts';
import { SqsVisitsQueue } from './adapters/sqs/visits-queue.ts';
import { createLog, createMetrics } from './adapters/telemetry.ts';
import { replayEnv } from './contract/env.ts';
import { type QuarantineReplay, replayEventSchema } from './contract/messages.ts';
import { metric } from './contract/metrics.ts';
import { PoisonMessage } from './core/model/errors.ts';
import { type ReplayTarget, replayQuarantine } from './core/replay-quarantine.ts';
import { replaySpill, type SpillRun } from './core/replay-spill.ts';
import { findMarketplace } from './marketplaces/index.ts';

const env = readEnv(replayEnv);
const log = createLog('replay');
const s3 = createS3(env.ENDPOINTS);
const sqs = createSqs(env.ENDPOINTS);
const spilled = new S3SpilledObjects(s3, env.SPILL_BUCKET);
const raw = new S3RawPages(s3, env.RAW_BUCKET);
const domains = Object.entries(env.SNAPSHOTS_QUEUE_URLS).map(([domain, url]) => ({
  domain,
  visits: new SqsVisitsQueue(sqs, url),
  metrics: createMetrics('replay', { domain }),
}));
const quarantine = {
  quarantined: new S3QuarantinedObjects(s3, env.QUARANTINE_BUCKET),
  ledger: new DynamoLedger(createDynamoDb(env.ENDPOINTS), env.COORDINATION_TABLE),
  target,
  clock: systemClock,
  log,
};
/** Of an invocation: kept for one more object, and what a queue that does not answer may take. */
const RESERVE_SHARE = 1 / 2;
const SEND_SHARE = 1 / 6;

/**
 * Called every minute by a schedule, or by hand: empties the spill of every storage domain as far as its queue takes it. Returns
 * what is left. Throws after all domains had their turn when one could not be looked at; its heartbeat is missing then.
 * With names of objects of the quarantine (`npx narx quarantine replay`): replays those instead.
 */
export async function handler(
  input: unknown,
  context: Context,
): Promise<Record<string, SpillRun> | QuarantineReplay> {
  const event = replayEventSchema.safeParse(input ?? {});
  if (!event.success) throw new PoisonMessage(`Not an event for replay: ${event.error.message}`);
  const wholeMs = context.getRemainingTimeInMillis();
  const limits = {
    mayGoOn: () => context.getRemainingTimeInMillis() > wholeMs * RESERVE_SHARE,
    sendMs: wholeMs * SEND_SHARE,
  };
  if (event.data.quarantine) return await replayQuarantine(event.data.quarantine, quarantine, limits);
  return await emptySpill(limits);
}

async function emptySpill(limits: {
  mayGoOn: () => boolean;
  sendMs: number;
}): Promise<Record<string, SpillRun>> {
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

function target(id: string): ReplayTarget | null {
  const settings = env.MARKETPLACES[id];
  const marketplace = findMarketplace(id);
  const domain = domains.find((candidate) => candidate.domain === settings?.domain);
  if (!settings || !marketplace || !domain) return null;
  return { marketplace, visits: domain.visits, raw: settings.keepRaw ? raw : null };
}
