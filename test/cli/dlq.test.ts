import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { main } from '../../cli/main.ts';
import { connectStage, type Stage } from '../../cli/stage/connect.ts';
import { DynamoFailureNotes } from '../../functions/adapters/dynamodb/failure-notes.ts';
import { DynamoLedger } from '../../functions/adapters/dynamodb/ledger.ts';
import type { Job } from '../../functions/contract/messages.ts';
import { startSqs } from '../../local/aws/sqs/server.ts';
import { announceStack } from '../../local/stack-file.ts';
import { startTable } from '../adapters/dynamodb/table.ts';

const folder = mkdtempSync(join(tmpdir(), 'narx-dlq-'));
let table: Awaited<ReturnType<typeof startTable>>;
let stage: Stage;
let client: SQSClient;

beforeAll(async () => {
  table = await startTable('narx-local-coordination');
});
afterAll(async () => {
  await table.stop();
  rmSync(folder, { recursive: true, force: true });
});

let printed: string[];
beforeEach(async () => {
  printed = [];
  for (const stream of ['log', 'error'] as const)
    vi.spyOn(console, stream).mockImplementation((line) => void printed.push(String(line)));
  const place = { region: 'eu-central-1', accountId: '000000000000', timeScale: 0.1 };
  const sqs = await startSqs(place);
  const nowhere = 'http://127.0.0.1:9';
  const endpoints = {
    sqs: sqs.url,
    dynamodb: table.url,
    s3: nowhere,
    lambda: nowhere,
    postgres: {},
    origins: {},
  };
  const withdraw = announceStack(join(folder, 'stack.json'), { stage: 'local', ...place, endpoints });
  stage = await connectStage({ folder });
  client = stage.clients.sqs;
  for (const { name, deadLetters } of stage.names.queues) {
    await client.send(new CreateQueueCommand({ QueueName: deadLetters.name }));
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: deadLetters.arn, maxReceiveCount: 5 });
    await client.send(
      new CreateQueueCommand({ QueueName: name, Attributes: { RedrivePolicy, VisibilityTimeout: '0' } }),
    );
  }
  return async () => {
    withdraw();
    stage.close();
    await sqs.close();
  };
});
const queue = () => stage.names.queues.find(({ name }) => name === 'narx-local-uzum-jobs') ?? expect.fail();
const dlq = async (...words: string[]) => await main(['dlq', ...words, '--folder', folder]);
const text = () => printed.join('\n');

const slot = '2031-02-03T04:05:00.000Z';
const job = (jobNumber: number): Job => ({
  ...{ v: 1, marketplace: 'uzum', sweepId: `${slot}.uzum.sweep`, jobNumber, slot },
  references: [{ kind: 'product', externalId: String(jobNumber) }],
});
/** Lets a message die as its queue lets it: received five times, each time noted as `reason` unless that is null. */
async function letDie(body: string, reason: string | null): Promise<string> {
  const { MessageId = '' } = await client.send(
    new SendMessageCommand({ QueueUrl: queue().url, MessageBody: body }),
  );
  const notes = new DynamoFailureNotes(stage.clients.dynamodb, stage.names.table);
  for (let receive = 1; receive <= 6; receive += 1) {
    await client.send(
      new ReceiveMessageCommand({ QueueUrl: queue().url, VisibilityTimeout: 0, WaitTimeSeconds: 0 }),
    );
    if (reason !== null && receive <= 5)
      await notes.note(queue().name, MessageId, {
        ...{ error: 'RetryLater', reason, functionName: 'narx-local-scrape-uzum' },
        at: new Date(`2031-02-03T04:0${receive}:00.000Z`),
      });
  }
  return MessageId;
}
async function visible(url: string): Promise<[visible: number, hidden: number]> {
  const names = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;
  const { Attributes = {} } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...names] }),
  );
  return [Number(Attributes[names[0]]), Number(Attributes[names[1]])];
}

describe('narx dlq list', () => {
  it('groups letters by what they died of, numbers and quotations aside, and leaves the queue as it was', async () => {
    await letDie(JSON.stringify(job(1)), 'Job 1 was refused by "shop"');
    await letDie(JSON.stringify(job(2)), 'Job 2 was refused by "market"');
    await letDie(JSON.stringify(job(3)), null);
    expect(await dlq('list')).toBe(0);
    expect(text()).toContain('uzum-jobs: 3 dead letters, kept until ');
    expect(text()).toContain(
      '    2  RetryLater: Job N was refused by "…"\n         last at 2031-02-03 04:05 UTC, in narx-local-scrape-uzum',
    );
    expect(text()).toContain('    1  no reason recorded: the function died');
    expect(text()).toMatch(/empty: .*ecommerce-snapshots/);
    expect(await visible(queue().deadLetters.url)).toEqual([3, 0]);
  });

  it('says when only some receives left a reason', async () => {
    const id = await letDie(JSON.stringify(job(1)), null);
    const notes = new DynamoFailureNotes(stage.clients.dynamodb, stage.names.table);
    await notes.note(queue().name, id, { error: 'E', reason: 'r', functionName: 'f', at: new Date() });
    await dlq('list', 'uzum-jobs', '--json');
    const [listed] = JSON.parse(text()) as [{ causes: { cause: string; ids: string[] }[] }];
    expect(listed.causes).toMatchObject([
      { cause: expect.stringMatching(/^E: r \(before or after that, the function died/), ids: [id] },
    ]);
  });

  it('looks at more letters than one call returns', async () => {
    for (let n = 0; n < 25; n += 1)
      await client.send(new SendMessageCommand({ QueueUrl: queue().deadLetters.url, MessageBody: `x${n}` }));
    await dlq('list', 'narx-local-uzum-jobs-dlq', '--json');
    expect(JSON.parse(text())).toMatchObject([{ waiting: 25, lookedAt: 25, causes: [{ count: 25 }] }]);
    expect(await visible(queue().deadLetters.url)).toEqual([25, 0]);
  });
});

describe('narx dlq show', () => {
  it('prints what each letter is and why it is there, and one of them decoded', async () => {
    const id = await letDie(JSON.stringify(job(7)), 'gone wrong');
    await letDie('{"v":9}', 'not of the expected form');
    await dlq('show', 'uzum-jobs');
    expect(text()).toContain(`${id}  sent `);
    expect(text()).toContain(`job 7 of ${slot}.uzum.sweep, 1 references\n  RetryLater: gone wrong`);
    expect(text()).toMatch(/7 bytes that do not decode \(v: .*\)/);
    printed = [];
    expect(await dlq('show', 'uzum-jobs', id)).toBe(0);
    expect(JSON.parse(text())).toMatchObject({
      id,
      lastFailure: { failures: 5, reason: 'gone wrong' },
      content: job(7),
    });
    expect(await dlq('show', 'uzum-jobs', 'nobody')).toBe(2);
  });
});

describe('narx dlq redrive', () => {
  it('tells what it would do, and then moves the letters at the rate that was given', async () => {
    for (const n of [1, 2, 3]) await letDie(JSON.stringify(job(n)), 'gone wrong');
    expect(await dlq('redrive', 'uzum-jobs', '--rate', '2', '--dry-run')).toBe(0);
    expect(text()).toContain('Would move 3 to narx-local-uzum-jobs, 2 a second: about 2 s.');
    expect(await visible(queue().deadLetters.url)).toEqual([3, 0]);
    expect(await dlq('redrive', 'uzum-jobs')).toBe(0);
    expect(text()).toContain('completed: 3 letters moved');
    expect(await visible(queue().deadLetters.url)).toEqual([0, 0]);
    expect(await visible(queue().url)).toEqual([3, 0]);
  });

  it.each(['0', '501', 'fast'])('refuses a rate of %s', async (rate) => {
    expect(await dlq('redrive', 'uzum-jobs', '--rate', rate)).toBe(1);
    expect(text()).toContain('--rate must be a whole number from 1 to 500');
  });
});

describe('narx dlq drop', () => {
  it('deletes those of one cause, whose references stay dead-lettered in the books', async () => {
    const ledger = new DynamoLedger(stage.clients.dynamodb, stage.names.table);
    await ledger.planJobs([job(11), job(12)], new Date(0));
    await letDie(JSON.stringify(job(11)), 'bad');
    await letDie(JSON.stringify(job(12)), 'worse');
    expect(await dlq('drop', 'uzum-jobs', '--cause', 'RetryLater: bad', '--yes')).toBe(0);
    expect(await visible(queue().deadLetters.url)).toEqual([1, 0]);
    expect(await ledger.books(job(11).sweepId)).toMatchObject({
      dispatched: 2,
      deadLettered: 1,
      inFlight: 1,
    });
  });

  it('asks first: nothing is deleted when nobody is there to answer', async () => {
    await letDie(JSON.stringify(job(1)), 'bad');
    expect(await dlq('drop', 'uzum-jobs')).toBe(1);
    expect(text()).toContain('Delete 1 dead letters of uzum-jobs for good?');
    expect(await visible(queue().deadLetters.url)).toEqual([1, 0]);
    expect(await dlq('drop', 'uzum-jobs', '--cause', 'something else', '--yes')).toBe(2);
  });
});

it('a queue that does not exist is answered with those that do', async () => {
  expect(await dlq('show', 'uzum')).toBe(1);
  expect(text()).toContain('no queue "uzum"; there are uzum-jobs, ');
});
