import { parseArgs } from 'node:util';
import { type ArchiveRequest, type ArchiveResult, monthSchema } from '../../functions/contract/archive.ts';
import { callArchive, callUntilDone } from '../archive/call.ts';
import { monthsTable, progressLine } from '../archive/print.ts';
import { type Command, UsageError } from '../command.ts';
import { connectStage } from '../stage/connect.ts';
import { domainOf } from '../stage/domain.ts';
import { stageOptions, stageUsage } from '../stage/options.ts';

const actions = ['run', 'list', 'verify', 'restore', 'release'] as const;
type Action = (typeof actions)[number];

export const archive: Command = {
  name: 'archive',
  summary: 'months of price history that left the database: list, run, verify, restore, release',
  usage: `narx archive run|list [--domain NAME] [options]
narx archive verify|restore|release <month> [--domain NAME] [options]

run        moves the months that are older than the retention to S3, now, and waits until that is done
list       months and where they are
verify     reads a month back from S3 and compares it with its manifest: bytes, rows, order
restore    puts a month back into the database, as a read-only partition; queries then see one history
release    gives the space of a restored month back; its files stay

<month> is a month in UTC, such as 2026-06.

  --domain NAME    storage domain; may be left away where the stage has one
${stageUsage}

Everything is done by the archive function of the domain, which goes on where it stopped: Ctrl-C, and call it again.

Exit codes: 0 done; 1 not done, with the reason in one line.`,
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { ...stageOptions, domain: { type: 'string' } },
    });
    const request = requestOf(positionals);
    const stage = await connectStage(values);
    try {
      const domain = domainOf(stage, values.domain);
      const call = (of: ArchiveRequest): Promise<ArchiveResult> => callArchive(stage, domain, of);
      if (request.action === 'list' || request.action === 'release') {
        const result = await call(request);
        if (values.json) console.log(JSON.stringify(result.months));
        else console.log(monthsTable(domain, result.months));
        return 0;
      }
      const started = Date.now();
      const { result, rows, dropped } = await callUntilDone(call, request, (progress) => {
        if (!values.json) progressLine(request.action, progress, Date.now() - started);
      });
      if (values.json) console.log(JSON.stringify({ ...result, rows, dropped }));
      else console.log(closing(request, { rows, dropped, isEmpty: result.rowsTotal === 0 }));
      return 0;
    } finally {
      stage.close();
    }
  },
};

function requestOf([action, month, ...more]: string[]): ArchiveRequest {
  const known = actions.find((one) => one === action);
  if (known === undefined) throw new UsageError(`say what to do: ${actions.join(', ')}.`);
  if (more.length > 0) throw new UsageError(`"${more[0]}" is one word too many; see narx archive --help.`);
  if (known === 'run' || known === 'list') {
    if (month !== undefined) throw new UsageError(`${known} takes no month: it is about all of them.`);
    return { action: known };
  }
  if (month === undefined || !monthSchema.safeParse(month).success)
    throw new UsageError(`${known} wants a month, such as: narx archive ${known} 2026-06`);
  return { action: known, month };
}

function closing(
  request: ArchiveRequest & { action: Action },
  { rows, dropped, isEmpty }: { rows: number; dropped: string[]; isEmpty: boolean },
): string {
  const count = `${rows.toLocaleString('en')} price points`;
  switch (request.action) {
    case 'run':
      return dropped.length === 0
        ? 'No month is older than the retention: nothing to do.'
        : `Archived ${dropped.join(', ')}: ${count} are in S3, read back and equal; what is in force stayed.`;
    case 'verify':
      return `${request.month} is whole: ${count}, as its manifest says.`;
    case 'restore':
      return rows === 0 && !isEmpty
        ? `${request.month} is in the database already.`
        : `${request.month} is readable again: ${count}. narx archive release ${request.month} gives the space back.`;
    default:
      return '';
  }
}
