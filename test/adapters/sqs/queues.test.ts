import {
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  type SendMessageBatchCommandInput,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { SqsJobsQueue } from '../../../functions/adapters/sqs/jobs-queue.ts';
import { sendAll } from '../../../functions/adapters/sqs/send.ts';
import { type Job, jobSchema } from '../../../functions/contract/messages.ts';
import { ConfigurationError } from '../../../functions/core/model/errors.ts';

const sqs = mockClient(SQSClient);
afterAll(() => sqs.restore());
beforeEach(() => sqs.reset());
const client = new SQSClient({ region: 'eu-central-1' });
const url = 'https://sqs.eu-central-1.amazonaws.com/1/jobs';
const queue = new SqsJobsQueue(client, { uzum: url });
const pauses: number[] = [];
const pause = async (ms: number): Promise<void> => void pauses.push(ms);

function entries(count: number, bytes = 10) {
  return Array.from({ length: count }, (_, i) => ({ message: i, body: `"${i}"`, bytes }));
}
const calls = (): SendMessageBatchCommandInput[] =>
  sqs.commandCalls(SendMessageBatchCommand).map(({ args }) => args[0].input);

/** SQS that refuses the bodies it is given, each as many times as stated. */
function refusing(refusals: Record<string, number>, SenderFault = false): void {
  const left = { ...refusals };
  sqs.on(SendMessageBatchCommand).callsFake((input: SendMessageBatchCommandInput) => {
    const Successful = [];
    const Failed = [];
    for (const { Id, MessageBody = '' } of input.Entries ?? []) {
      const times = left[MessageBody] ?? 0;
      left[MessageBody] = times - 1;
      if (times > 0) Failed.push({ Id, SenderFault, Code: 'InternalError', Message: 'try again' });
      else Successful.push({ Id, MessageId: Id, MD5OfMessageBody: '' });
    }
    return { Successful, Failed };
  });
}

describe('sending', () => {
  test('goes in batches of ten', async () => {
    refusing({});
    const sent = await sendAll(client, url, entries(23));
    expect(calls().map(({ Entries }) => Entries?.length)).toEqual([10, 10, 3]);
    expect(sent.accepted).toHaveLength(23);
  });

  test('keeps a batch below the size that SQS takes', async () => {
    refusing({});
    await sendAll(client, url, entries(5, 400_000));
    expect(calls().map(({ Entries }) => Entries?.length)).toEqual([2, 2, 1]);
  });

  test('tries refused entries again, and only them', async () => {
    refusing({ '"3"': 2 });
    const sent = await sendAll(client, url, entries(5), { pause });
    expect(calls().map(({ Entries }) => Entries?.map(({ MessageBody }) => MessageBody))).toEqual([
      ['"0"', '"1"', '"2"', '"3"', '"4"'],
      ['"3"'],
      ['"3"'],
    ]);
    expect(sent).toEqual({ accepted: [0, 1, 2, 4, 3], refused: [] });
    expect(pauses).toHaveLength(2);
  });

  test('gives up after three attempts and says why', async () => {
    refusing({ '"1"': 99 });
    const sent = await sendAll(client, url, entries(3), { pause });
    expect(sent).toEqual({
      accepted: [0, 2],
      refused: [{ message: 1, detail: 'InternalError: try again' }],
    });
    expect(calls()).toHaveLength(3);
  });

  test('does not repeat what is the sender’s own fault', async () => {
    refusing({ '"1"': 1 }, true);
    expect((await sendAll(client, url, entries(3), { pause })).refused).toHaveLength(1);
    expect(calls()).toHaveLength(1);
  });

  test('has every message in exactly one list when one call of several fails whole', async () => {
    sqs
      .on(SendMessageBatchCommand)
      .rejectsOnce(Object.assign(new Error('no such queue'), { name: 'QueueDoesNotExist' }))
      .resolves({ Successful: [], Failed: [] });
    const sent = await sendAll(client, url, entries(20));
    expect(sent.accepted.length + sent.refused.length).toBe(20);
    expect(sent.refused).toHaveLength(10);
    expect(sent.refused[0]?.detail).toContain('no such queue');
  });

  test('throws when every call failed: nothing was taken', async () => {
    sqs.on(SendMessageBatchCommand).rejects(new Error('unreachable'));
    await expect(sendAll(client, url, entries(20))).rejects.toThrow('unreachable');
  });

  test('of nothing asks nothing', async () => {
    expect(await sendAll(client, url, [])).toEqual({ accepted: [], refused: [] });
    expect(calls()).toHaveLength(0);
  });
});

describe('the jobs queue', () => {
  const job: Job = {
    v: 1,
    marketplace: 'uzum',
    sweepId: '2031-02-03T04:05:00.000Z.uzum.sweep',
    jobNumber: 101,
    slot: '2031-02-03T04:05:00.000Z',
    references: [{ kind: 'product', externalId: '101' }],
  };

  test('carries jobs that scrape decodes', async () => {
    refusing({});
    expect((await queue.send('uzum', [job])).accepted).toEqual([job]);
    const body = calls()[0]?.Entries?.[0]?.MessageBody ?? '';
    expect(jobSchema.parse(JSON.parse(body))).toEqual(job);
  });

  test('counts waiting, in-flight and delayed messages as its backlog', async () => {
    sqs.on(GetQueueAttributesCommand, { QueueUrl: url }).resolves({
      Attributes: {
        ApproximateNumberOfMessages: '5',
        ApproximateNumberOfMessagesNotVisible: '40',
        ApproximateNumberOfMessagesDelayed: '300',
      },
    });
    expect(await queue.backlog('uzum')).toBe(345);
  });

  test('of a marketplace without a URL is a fault of the configuration', async () => {
    await expect(queue.backlog('olx')).rejects.toBeInstanceOf(ConfigurationError);
  });
});
