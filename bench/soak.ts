/**
 * `npx narx bench soak`: thousands of invocations in one environment of scrape and one of store, as processes of their own
 * through the local Lambda host. Memory, sockets and files must be level: what the last tenth uses is compared with the
 * second tenth (the first one compiles and fills caches). Exits 1 when they are not. Linux only (reads /proc).
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Progress } from '../cli/start/progress.ts';
import { openSession, type Session } from '../cli/start/session.ts';
import { table } from '../cli/table.ts';
import type { Job, VisitsMessage } from '../functions/contract/messages.ts';
import { resourceName } from '../lib/names.ts';

/** Distinct jobs: the same products come again and again, as they do. */
const JOBS = 500;
const REFERENCES = 4;
const TENTHS = 10;
const MB = 1024 * 1024;
const MOST_GROWTH = 0.1;
/** A connection that is being replaced is there twice for a moment. */
const MOST_HANDLES_MORE = 5;

const { values } = parseArgs({ options: { invocations: { type: 'string', default: '10000' } } });
const invocations = Number(values.invocations);

interface Level {
  residentMb: number;
  files: number;
  sockets: number;
}

const session = await openSession({
  root: fileURLToPath(new URL('..', import.meta.url)),
  folder: join(fileURLToPath(new URL('..', import.meta.url)), '.narx'),
  stage: 'bench',
  title: 'npx narx bench soak',
  timeScale: 0.1,
  seed: 1,
  progress: new Progress(),
});
try {
  const { stack } = session;
  // What is fetched is not stored: the soak of store has an environment of its own, and no other.
  for (const { uuid } of stack.mappings.list()) stack.mappings.setEnabled(uuid, false);
  while (stack.mappings.list().some(({ state }) => state !== 'Disabled')) await sleep(100);
  // What is stored is entered in the books: an error in each invocation would be another soak.
  const jobs = Array.from({ length: JOBS }, (_, n) => jobOf(n));
  await session.ledger.planJobs(jobs, new Date());
  const level = await Promise.all([
    soak(session, 'scrape', 'uzum', 'uzum-jobs', jobOf),
    soak(session, 'store', 'ecommerce', 'ecommerce-snapshots', visitsOf),
  ]);
  process.exitCode = level.every(Boolean) ? 0 : 1;
} finally {
  await session.close();
}

/** One invocation after the other, each with one message; true when everything stayed level. */
async function soak(
  { settings, stack }: Session,
  service: string,
  owner: string,
  queue: string,
  bodyOf: (n: number) => Job | VisitsMessage,
): Promise<boolean> {
  const name = resourceName(settings, service, owner);
  const levels: Level[] = [];
  const environments = new Set<number>();
  let failed = 0;
  const began = performance.now();
  for (let tenth = 0; tenth < TENTHS; tenth += 1) {
    const seen: Level[] = [];
    for (let n = 0; n < invocations / TENTHS; n += 1) {
      const number = tenth * Math.ceil(invocations / TENTHS) + n;
      const event = eventOf(number, bodyOf(number), queue);
      const { functionError, payload } = await stack.host.invoke(name, event);
      if (functionError || JSON.stringify(payload).includes('itemIdentifier')) failed += 1;
      const [pid = 0, ...others] = stack.host.pids()[name] ?? [];
      if (environments.add(pid).size > 1 || others.length > 0)
        throw new Error(`${name} has had more than one environment: nothing can be compared.`);
      if (n % 25 === 0) seen.push(levelOf(pid));
    }
    levels.push(medianOf(seen));
    const { residentMb } = medianOf(seen);
    const seconds = (performance.now() - began) / 1000;
    console.error(`${seconds.toFixed(0)} s ${name}: ${(tenth + 1) * 10} %, ${residentMb.toFixed(0)} MB`);
  }
  console.log(`\n${name}: ${invocations} invocations, ${failed} failed, in one environment`);
  console.log(
    table(
      ['tenth', 'resident MB', 'files', 'sockets'],
      levels.map(({ residentMb, files, sockets }, i) => [
        String(i + 1),
        residentMb.toFixed(1),
        String(files),
        String(sockets),
      ]),
    ),
  );
  const [second, last] = [levels[1], levels.at(-1)];
  if (!second || !last) return false;
  const growth = last.residentMb / second.residentMb - 1;
  const level =
    failed === 0 &&
    growth <= MOST_GROWTH &&
    last.files <= second.files + MOST_HANDLES_MORE &&
    last.sockets <= second.sockets + MOST_HANDLES_MORE;
  console.log(
    `memory ${(growth * 100).toFixed(1)} % from the second tenth to the last: ${level ? 'level' : 'NOT LEVEL'}`,
  );
  return level;
}

function levelOf(pid: number): Level {
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const targets = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '';
    }
  });
  const sockets = targets.filter((target) => target.startsWith('socket:')).length;
  return { residentMb: (Number(resident) * 1024) / MB, files: targets.length - sockets, sockets };
}

function medianOf(levels: readonly Level[]): Level {
  const of = (key: keyof Level): number =>
    levels.map((level) => level[key]).sort((a, b) => a - b)[Math.floor(levels.length / 2)] ?? 0;
  return { residentMb: of('residentMb'), files: of('files'), sockets: of('sockets') };
}

/** The n-th invocation's job. */
function jobOf(n: number): Job {
  const jobNumber = n % JOBS;
  const slot = '2031-01-01T00:00:00.000Z';
  const references = Array.from({ length: REFERENCES }, (_, i) => ({
    kind: 'product' as const,
    externalId: String(jobNumber * REFERENCES + i + 1),
  }));
  return { v: 1, marketplace: 'uzum', sweepId: `${slot}.uzum.sweep`, jobNumber, slot, references };
}

/** Two SKUs each, at another price each time. */
function visitsOf(n: number): VisitsMessage {
  const { sweepId, jobNumber, references } = jobOf(n);
  const observedAt = new Date(Date.parse('2026-01-01T00:00:00.000Z') + n * 60_000).toISOString();
  const nothing = { title: null, oldPrice: null, available: null, availability: 'in_stock' as const };
  const visits = references.map(({ externalId }, index) => ({
    outcome: 'ok' as const,
    index,
    snapshot: {
      kind: 'product' as const,
      externalId,
      observedAt,
      title: `Product ${externalId}`,
      currency: 'UZS',
      seller: null,
      category: null,
      offers: ['a', 'b'].map((sku) => ({
        externalId: `${externalId}${sku}`,
        price: String(1_000 + (n % 7)),
        ...nothing,
      })),
    },
  }));
  return { v: 1, marketplace: 'uzum', sweepId, jobNumber, visits, discovered: [] };
}

function eventOf(n: number, body: Job | VisitsMessage, queue: string): unknown {
  const at = String(Date.now());
  return {
    Records: [
      {
        messageId: `soak-${n}`,
        receiptHandle: 'soak',
        body: JSON.stringify(body),
        attributes: {
          ApproximateReceiveCount: '1',
          SentTimestamp: at,
          SenderId: 'soak',
          ApproximateFirstReceiveTimestamp: at,
        },
        messageAttributes: {},
        md5OfBody: '',
        eventSource: 'aws:sqs',
        eventSourceARN: `arn:aws:sqs:eu-central-1:000000000000:${queue}`,
        awsRegion: 'eu-central-1',
      },
    ],
  };
}
