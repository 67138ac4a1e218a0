import type { Context } from 'aws-lambda';
import { z } from 'zod';
import { createArchiveS3 } from './adapters/clients.ts';
import { systemClock } from './adapters/clock.ts';
import { readEnv } from './adapters/env.ts';
import { parquetPointFiles } from './adapters/parquet/point-files.ts';
import { PostgresArchiveMonths } from './adapters/postgres/archive-months.ts';
import { proxyConnection } from './adapters/postgres/connect.ts';
import { Database } from './adapters/postgres/database.ts';
import { S3ArchiveObjects } from './adapters/s3/archive-objects.ts';
import { createLog, createMetrics } from './adapters/telemetry.ts';
import { type ArchiveResult, archiveRequestSchema } from './contract/archive.ts';
import { archiveEnv } from './contract/env.ts';
import { metric } from './contract/metrics.ts';
import { answerArchiveRequest } from './core/archive/requests.ts';
import type { ArchiveWorld } from './core/archive/world.ts';

const env = readEnv(archiveEnv);
const log = createLog('archive');
const metrics = createMetrics('archive', { domain: env.DOMAIN });
const world: Omit<ArchiveWorld, 'hasTime' | 'remainingMs'> = {
  domain: env.DOMAIN,
  // The longest statement is archive_keep, which the role's own timeout ends after ten minutes.
  months: new PostgresArchiveMonths(new Database(proxyConnection(env, 620_000))),
  objects: new S3ArchiveObjects(createArchiveS3(env.ENDPOINTS), env.ARCHIVE_BUCKET),
  files: parquetPointFiles,
  // A group is what is in memory at once, in several forms while it is compressed and compared, and a file is held whole: with
  // groups of 100,000 and files of 2,000,000 rows a month of ten million did not fit into 512 MB.
  sizes: { group: 50_000, file: 1_000_000 },
  log,
};

/**
 * Moves months of price history that are older than the retention to S3, and answers `npx narx archive`. Works until a
 * quarter of its time is left; what remains is done by the next run. The heartbeat comes last, so that its absence alarms.
 */
export async function handler(event: unknown, context: Context): Promise<ArchiveResult> {
  const request = archiveRequestSchema.parse({
    action: 'run',
    ...z.record(z.string(), z.unknown()).parse(event),
  });
  const within = 'withinSeconds' in request ? request.withinSeconds : undefined;
  const availableMs = context.getRemainingTimeInMillis();
  const leaveMs = Math.max(availableMs / 4, availableMs - (within ?? Number.POSITIVE_INFINITY) * 1_000);
  const remainingMs = (): number => context.getRemainingTimeInMillis();
  const hasTime = (): boolean => remainingMs() > leaveMs;
  const before = new Date(systemClock.now().getTime() - env.HISTORY_RETENTION_DAYS * 86_400_000);
  try {
    const result = await answerArchiveRequest({ ...world, hasTime, remainingMs }, request, before);
    if (request.action === 'run') {
      metrics.count(metric.pointsArchived, result.rows);
      metrics.count(metric.monthsArchived, result.dropped.length);
      metrics.count(metric.heartbeat, 1);
    }
    return result;
  } finally {
    metrics.flush();
  }
}
