import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Command } from '../command.ts';
import type { PrintedReport, Report } from '../report/model.ts';
import { printReport } from '../report/print.ts';
import { localOptions, localUsage, readLocalOptions } from '../start/options.ts';
import { Progress } from '../start/progress.ts';
import { runMainJob } from '../start/run.ts';
import { openSession } from '../start/session.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What `.narx/report.json` holds of a report: what a script reads, not what a person looks at. */
function reportFile({ durationMs, balanced, truth, marketplaces, alarms }: PrintedReport): Report {
  const { checked, wrong, missing, extra } = truth;
  return { durationMs, balanced, truth: { checked, wrong, missing, extra }, marketplaces, alarms };
}

export const start: Command = {
  name: 'start',
  summary: 'the main job, locally: sweep, let prices change, refresh, report',
  usage: `narx start [options]   (npm start)

Synthesizes the stage, starts the stack and the marketplace simulator on this machine, sweeps every enabled
marketplace once, lets prices change, refreshes, and compares the database with the books and with the
simulator's ground truth. Writes report.json into the folder; the functions' logs are in its logs folder.

${localUsage}
  --json             print the report as JSON instead of as text

Exit codes: 0 the books balance and the truth fits; 1 they do not, or something failed.`,
  async run(args) {
    const startedAt = performance.now();
    const { values } = parseArgs({ args, options: { ...localOptions, json: { type: 'boolean' } } });
    const progress = new Progress();
    const options = readLocalOptions(values);
    const session = await openSession({ ...options, root, title: 'npm start', progress });
    let report: PrintedReport;
    try {
      report = await runMainJob(session, progress, startedAt);
    } catch (error) {
      progress.step(`The functions' logs are in ${join(options.folder, 'logs')}.`);
      throw error;
    } finally {
      for (const fault of await session.close()) progress.step(fault);
    }
    const file = join(options.folder, 'report.json');
    const json = JSON.stringify(reportFile(report), null, 2);
    writeFileSync(file, `${json}\n`);
    console.log(values.json ? json : printReport(report, process.stdout.columns));
    const { truth } = report;
    return report.balanced && truth.wrong + truth.missing + truth.extra === 0 ? 0 : 1;
  },
};
