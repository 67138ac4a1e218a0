import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { parquetPointFiles } from '../../functions/adapters/parquet/point-files.ts';
import { Database } from '../../functions/adapters/postgres/database.ts';
import { S3ArchiveObjects } from '../../functions/adapters/s3/archive-objects.ts';
import { RetryLater } from '../../functions/core/model/errors.ts';
import { type Command, UsageError } from '../command.ts';
import { type ExportFormat, exportFormats } from '../export/files.ts';
import type { Period } from '../export/points.ts';
import { exportProgress, exportSummary } from '../export/print.ts';
import { readerConnection } from '../export/reader.ts';
import { type ExportReport, exportPoints } from '../export/run.ts';
import { connectStage } from '../stage/connect.ts';
import { domainOf } from '../stage/domain.ts';
import { stageOptions, stageUsage } from '../stage/options.ts';

const options = {
  ...stageOptions,
  since: { type: 'string' },
  until: { type: 'string' },
  format: { type: 'string', default: 'csv' },
  domain: { type: 'string' },
  out: { type: 'string' },
  'database-only': { type: 'boolean', default: false },
  host: { type: 'string' },
  port: { type: 'string', default: '5432' },
  ca: { type: 'string' },
} as const;

const instant = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

export const exportHistory: Command = {
  name: 'export',
  summary: 'price points of a period, with product, SKU and seller, as CSV or Parquet',
  usage: `narx export --since TIME [--until TIME] [--format csv|parquet] [options]

Writes every price point that was first seen in the period, once: with marketplace, product, seller, category, SKU, until
when it was confirmed, price, old price, currency, availability, and whether it is the current one (docs/sql.md names the
columns). What the database holds is of one instant; what has left it is read from the archive in S3, month by month.
Rows of the database come first, then those of each archived month, each by SKU and time.

The price that was in force when the period began is in the period in which it was first seen: for it, go further back.

  --since TIME     2026-09-01 (UTC) or 2026-09-01T05:00:00+05:00; from then on
  --until TIME     before then; without it: all there is
  --format NAME    csv (RFC 4180, amounts as decimal text) or parquet (amounts DECIMAL(38, 12)); csv without it
  --domain NAME    storage domain; may be left away where the stage has one
  --out PATH       the file; without it: narx-<domain>-<since>.<format> in this folder
  --database-only  leave archived months out
${stageUsage}

In AWS the database is reached within its network only, as narx_reader with an IAM token of your shell (docs/sql.md):
  --host HOST      address of the database;  --port NUMBER, 5432 without it
  --ca FILE        certificate authorities of RDS: global-bundle.pem

Under PATH there is a whole export or what was there before: it is written to PATH.partial and renamed at the end.
Interrupted, it leaves that file behind, and the next call begins anew.

Exit codes: 0 written; 1 not written, with the reason in one line.`,
  async run(args) {
    const { values } = parseArgs({ args, options });
    const period = periodOf(values.since, values.until);
    const format = formatOf(values.format);
    const stage = await connectStage(values);
    try {
      const domain = domainOf(stage, values.domain);
      const since = period.since.toISOString().slice(0, 10);
      const path = resolve(values.out ?? `narx-${domain}-${since}.${format}`);
      const archive = {
        domain,
        objects: new S3ArchiveObjects(stage.clients.s3, stage.names.buckets.archive),
        files: parquetPointFiles,
      };
      await checkFolder(path);
      const database = new Database(readerConnection(stage, domain, values));
      const started = performance.now();
      let report: ExportReport;
      try {
        report = await exportPoints(
          database,
          { period, format, path, archive: values['database-only'] ? null : archive },
          exportProgress(values.json),
        );
      } catch (error) {
        if (!(error instanceof RetryLater)) throw error;
        throw new UsageError(`${error.message}; nothing was exported: try again.`);
      } finally {
        await database.close();
      }
      const { size } = await stat(path);
      console.log(
        values.json
          ? JSON.stringify({ path, domain, format, bytes: size, ...report })
          : exportSummary({ path, bytes: size, elapsedMs: performance.now() - started, ...report }),
      );
      return 0;
    } finally {
      stage.close();
    }
  },
};

function periodOf(since: string | undefined, until: string | undefined): Period {
  if (since === undefined) throw new UsageError('say from when on, such as: narx export --since 2026-09-01');
  const period = {
    since: instantOf('since', since),
    until: until === undefined ? null : instantOf('until', until),
  };
  if (period.until !== null && period.until <= period.since)
    throw new UsageError(`--until ${until} is not after --since ${since}.`);
  return period;
}

function instantOf(option: string, text: string): Date {
  if (!instant.safeParse(text).success)
    throw new UsageError(
      `--${option} ${text} is no time: write 2026-09-01, or 2026-09-01T05:00:00+05:00 with an offset.`,
    );
  return new Date(text);
}

function formatOf(text: string): ExportFormat {
  const format = exportFormats.find((one) => one === text);
  if (format === undefined)
    throw new UsageError(`there is no format "${text}"; there are ${exportFormats.join(' and ')}.`);
  return format;
}

/** Said before minutes of reading, not after. */
async function checkFolder(path: string): Promise<void> {
  const folder = dirname(path);
  const isFolder = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder)
    throw new UsageError(`there is no folder ${folder}: make it, or name another file with --out.`);
}
