import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { Client } from 'pg';
import { z } from 'zod';
import { countsOf } from '../../functions/adapters/sqs/depths.ts';
import type { Stage } from '../stage/connect.ts';
import type { AlarmLine, QueueStatus } from './model.ts';

/** As the other clients of a stage: whoever asks again and again leaves nothing behind. */
const answerMs = 5_000;

type QueueCounts = Omit<QueueStatus, 'consumer'>;

/** Depth of every queue and of its dead letters, as SQS estimates them. */
export async function readQueues({ clients, names }: Stage): Promise<QueueCounts[]> {
  return await Promise.all(
    names.queues.map(async ({ owner, kind, url, deadLetters }) => {
      const [counts, dead] = await Promise.all([
        countsOf(clients.sqs, url),
        countsOf(clients.sqs, deadLetters.url),
      ]);
      return { name: `${owner}-${kind}`, ...counts, dead: dead.waiting };
    }),
  );
}

/** Batches that wait in S3 because the queue could not be reached. */
export async function readSpill({ clients, names }: Stage): Promise<{ batches: number; more: boolean }> {
  const { KeyCount = 0, IsTruncated = false } = await clients.s3.send(
    new ListObjectsV2Command({ Bucket: names.buckets.spill, MaxKeys: 1_000 }),
  );
  return { batches: KeyCount, more: IsTruncated };
}

/** One login here; in AWS, where no database can be reached from outside its VPC, what the domain's API says of it. */
export async function askDatabase(stage: Stage, domain: string): Promise<void> {
  const server = stage.postgres(domain);
  if (server === null) return await (await import('./in-aws.ts')).askApi(stage, domain);
  const client = new Client({ ...server, connectionTimeoutMillis: 2_000, query_timeout: 2_000 });
  // What is lost while it is being closed is of no interest any more.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    client.end().catch(() => undefined);
  }
}

const localAlarms = z.array(
  z.object({ name: z.string(), state: z.string(), since: z.string(), reason: z.string() }),
);

/** The alarms of the stage that are on. */
export async function readAlarms(stage: Stage): Promise<AlarmLine[]> {
  if (stage.alarmsUrl === null) return await (await import('./in-aws.ts')).alarmsOn(stage);
  return localAlarms
    .parse(JSON.parse(await textAt(stage.alarmsUrl)))
    .filter(({ state }) => state === 'ALARM')
    .map(({ name, since, reason }) => ({ name, since, reason }));
}

/** Without fetch, which is loaded when it is first called: the SDK's clients have loaded node:http. */
async function textAt(url: string): Promise<string> {
  const asked = get(url, { signal: AbortSignal.timeout(answerMs) });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  return await text(response);
}
