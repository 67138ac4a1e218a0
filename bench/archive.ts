/**
 * `npx narx bench archive`: a month of price points of a large marketplace is archived, verified and restored with one command
 * each, against the local stack: the deployed function in its process, with its memory limit. Compares what readers see before
 * and after by a checksum. Figures worth keeping go to bench/RESULTS.md by hand.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Client } from 'pg';
import { Progress } from '../cli/start/progress.ts';
import { openSession, type Session } from '../cli/start/session.ts';
import { table } from '../cli/table.ts';
import { archiveResultSchema } from '../functions/contract/archive.ts';
import { resourceName } from '../lib/names.ts';
import { monthToArchive } from '../local/postgres/installed-earlier.ts';
import { checksumOf, connectOwner, fillMonth } from './archive/month.ts';

const domain = 'ecommerce';
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, '.narx');

const { values } = parseArgs({
  options: { points: { type: 'string', default: '10000000' }, json: { type: 'boolean', default: false } },
});
const points = Number(values.points);

interface Step {
  command: string;
  seconds: number;
  pointsPerSecond: number;
  /** The most that the function's process had resident until then. */
  peakMb: number;
}

const session = await openSession({
  root,
  folder,
  stage: 'bench',
  title: 'npx narx bench archive',
  // Minutes of the function are minutes.
  timeScale: 1,
  seed: 1,
  progress: new Progress(),
});
try {
  const retentionDays = session.settings.storageDomains[domain]?.historyRetentionDays;
  if (retentionDays === undefined) throw new Error(`The stage bench has no storage domain ${domain}.`);
  const owner = await connectOwner(session, domain);
  const begin = monthToArchive(new Date(), retentionDays);
  const month = begin.toISOString().slice(0, 7);
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  say(`filling ${month} with ${points.toLocaleString('en')} price points`);
  await fillMonth(owner, begin, points);
  say('adding up what readers see');
  const before = await checksumOf(owner);
  const steps: Step[] = [];
  for (const words of [['run'], ['verify', month], ['restore', month]])
    steps.push(await step(session, words));
  const listed = archiveResultSchema.shape.months.parse(JSON.parse(await narx(['list'])));
  say('adding up what readers see now');
  const after = await checksumOf(owner);
  await report(owner, month, steps, listed, { before, after });
  await owner.end();
  process.exitCode = before === after ? 0 : 1;
} finally {
  await session.close();
}

/** One command of the user, and what the function's process took meanwhile. */
async function step({ settings, stack }: Session, words: string[]): Promise<Step> {
  const name = resourceName(settings, 'archive', domain);
  let peakBytes = 0;
  const look = setInterval(() => {
    for (const pid of stack.host.pids()[name] ?? []) peakBytes = Math.max(peakBytes, peakOf(pid));
  }, 250);
  const started = performance.now();
  try {
    await narx(words);
  } finally {
    clearInterval(look);
  }
  const seconds = (performance.now() - started) / 1_000;
  return {
    command: `narx archive ${words.join(' ')}`,
    seconds,
    pointsPerSecond: points / seconds,
    peakMb: peakBytes / 2 ** 20,
  };
}

/** Linux counts the highest residency itself; a process that has just ended had its maximum before. */
function peakOf(pid: number): number {
  try {
    return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Rejects when the command fails; what it tells goes to stderr, as for a user. */
async function narx(words: string[]): Promise<string> {
  const args = ['archive', ...words, '--domain', domain, '--folder', folder, '--json'];
  const child = spawn(process.execPath, [join(root, 'cli', 'narx.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`narx ${args.join(' ')} ended with ${String(code)}`);
  return Buffer.concat(chunks).toString();
}

async function report(
  owner: Client,
  month: string,
  steps: Step[],
  listed: { month: string; rows: number | null; bytes: number | null }[],
  checksums: { before: string; after: string },
): Promise<void> {
  const { rows } = await owner.query<{ bytes: number }>(
    `select pg_total_relation_size('price_point_restored_${month.replace('-', '_')}')::float8 as bytes`,
  );
  const archived = listed.find((one) => one.month === month);
  const bytesPerPoint = {
    parquet: (archived?.bytes ?? 0) / (archived?.rows ?? 1),
    restored: (rows[0]?.bytes ?? 0) / (archived?.rows ?? 1),
  };
  if (values.json) {
    console.log(JSON.stringify({ month, points, steps, bytesPerPoint, ...checksums }, null, 2));
    return;
  }
  console.log(
    table(
      ['command', 'seconds', 'points/s', 'peak MB of the function'],
      steps.map(({ command, seconds, pointsPerSecond, peakMb }) => [
        command,
        seconds.toFixed(0),
        Math.round(pointsPerSecond).toLocaleString('en'),
        peakMb.toFixed(0),
      ]),
    ),
  );
  console.log(
    `\nParquet ${bytesPerPoint.parquet.toFixed(1)} bytes a point; as a restored partition ${bytesPerPoint.restored.toFixed(0)}`,
  );
  console.log(
    checksums.before === checksums.after
      ? `what readers see is equal to before: ${checksums.after}`
      : `WHAT READERS SEE IS NOT WHAT IT WAS: ${checksums.before} before, ${checksums.after} after`,
  );
}
