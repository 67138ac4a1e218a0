import {
  CancelMessageMoveTaskCommand,
  ListMessageMoveTasksCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
  type StartMessageMoveTaskCommandInput,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { errorOf, sqsTarget, type TestQueue } from './sqs-target.ts';

const target = sqsTarget();
const all = { MessageSystemAttributeNames: ['All' as const] };

async function sourceAndDead(
  maxReceiveCount = 1,
  deadAttributes?: Record<string, string>,
): Promise<{ source: TestQueue; dead: TestQueue }> {
  const dead = await target.queue(deadAttributes);
  const source = await target.queue({
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount }),
  });
  return { source, dead };
}

const send = (queue: TestQueue, MessageBody: string) =>
  target.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody }));

/** Sends messages and receives them until the redrive policy has moved them. */
async function deadLetter(source: TestQueue, bodies: string[]): Promise<void> {
  for (const body of bodies) await send(source, body);
  for (let left = bodies.length; left > 0; ) left -= (await source.receive({ VisibilityTimeout: 0 })).length;
  await source.receive({ VisibilityTimeout: 0 });
}

const start = (input: StartMessageMoveTaskCommandInput) =>
  target.client.send(new StartMessageMoveTaskCommand(input));
const tasks = async (queue: TestQueue, MaxResults?: number) =>
  (
    await target.client.send(
      new ListMessageMoveTasksCommand({ SourceArn: queue.arn, ...(MaxResults && { MaxResults }) }),
    )
  ).Results ?? [];
const visible = (queue: TestQueue) => queue.attribute('ApproximateNumberOfMessages');

describe('SQS redrive policy', () => {
  it('moves a message at the receive after maxReceiveCount, not before', async () => {
    const { source, dead } = await sourceAndDead(2);
    await send(source, 'poison');
    expect(await source.receive({ VisibilityTimeout: 0 })).toHaveLength(1);
    expect(await source.receive({ VisibilityTimeout: 0 })).toHaveLength(1);
    expect([await visible(source), await visible(dead)]).toEqual(['1', '0']);
    expect(await source.receive()).toEqual([]);
    expect([await visible(source), await visible(dead)]).toEqual(['0', '1']);
  });

  it('keeps id, body, sent time and receive count, and says where the message came from', async () => {
    const { source, dead } = await sourceAndDead(1);
    await send(source, 'poison');
    const [before] = await source.receive({ ...all, VisibilityTimeout: 0 });
    await target.elapse(2);
    await source.receive();
    const [after] = await dead.receive(all);
    expect(after).toMatchObject({ MessageId: before?.MessageId, Body: 'poison' });
    expect(after?.Attributes).toMatchObject({
      SentTimestamp: before?.Attributes?.SentTimestamp,
      ApproximateReceiveCount: '2',
      DeadLetterQueueSourceArn: source.arn,
    });
  });

  it('counts the retention in the dead-letter queue from the original send', async () => {
    const { source, dead } = await sourceAndDead(1, { MessageRetentionPeriod: '60' });
    await send(source, 'poison');
    await source.receive({ VisibilityTimeout: 0 });
    await target.elapse(50);
    await source.receive();
    expect(await visible(dead)).toBe('1');
    await target.elapse(11);
    expect(await dead.receive()).toEqual([]);
  });

  it('delivers the healthy messages of the same receive', async () => {
    const { source } = await sourceAndDead(1);
    await send(source, 'poison');
    await source.receive({ VisibilityTimeout: 0 });
    await send(source, 'healthy');
    expect((await source.receive()).map(({ Body }) => Body)).toEqual(['healthy']);
  });

  it('counts receives in each queue of a chain of dead-letter queues by itself', async () => {
    const last = await target.queue();
    const { source, dead } = await sourceAndDead(2, {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: last.arn, maxReceiveCount: 2 }),
    });
    await send(source, 'poison');
    for (let receive = 0; receive < 3; receive++) await source.receive({ VisibilityTimeout: 0 });
    expect(await dead.receive()).toHaveLength(1);
    expect(await visible(last)).toBe('0');
  });
});

describe('SQS message move tasks', () => {
  it('moves dead letters back to where they came from, as new messages', async () => {
    const { source, dead } = await sourceAndDead(1);
    await deadLetter(source, ['a', 'b']);
    const [deadMessage] = await dead.receive({ ...all, VisibilityTimeout: 0, MaxNumberOfMessages: 1 });
    await target.elapse(2);
    await start({ SourceArn: dead.arn });
    await target.elapse(2);
    expect(await tasks(dead)).toEqual([
      {
        Status: 'COMPLETED',
        SourceArn: dead.arn,
        ApproximateNumberOfMessagesMoved: 2,
        ApproximateNumberOfMessagesToMove: 2,
        StartedTimestamp: expect.any(Number),
      },
    ]);
    const back = await source.receive(all);
    expect(back.map(({ Body }) => Body).sort()).toEqual(['a', 'b']);
    for (const message of back) {
      expect(message.MessageId).not.toBe(deadMessage?.MessageId);
      expect(message.Attributes).toMatchObject({ ApproximateReceiveCount: '1' });
      expect(message.Attributes).not.toHaveProperty('DeadLetterQueueSourceArn');
      expect(Number(message.Attributes?.SentTimestamp)).toBeGreaterThan(
        Number(deadMessage?.Attributes?.SentTimestamp),
      );
    }
    expect(await visible(dead)).toBe('0');
  });

  it('returns each message to its own source when several share the dead-letter queue', async () => {
    const { source, dead } = await sourceAndDead(1);
    const other = await target.queue({
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 }),
    });
    await deadLetter(source, ['from source']);
    await deadLetter(other, ['from other']);
    await start({ SourceArn: dead.arn });
    await target.elapse(2);
    expect((await source.receive()).map(({ Body }) => Body)).toEqual(['from source']);
    expect((await other.receive()).map(({ Body }) => Body)).toEqual(['from other']);
  });

  it('moves to another destination on request', async () => {
    const { source, dead } = await sourceAndDead(1);
    const elsewhere = await target.queue();
    await deadLetter(source, ['a']);
    await start({ SourceArn: dead.arn, DestinationArn: elsewhere.arn });
    await target.elapse(2);
    expect(await elsewhere.receive()).toHaveLength(1);
    expect(await tasks(dead)).toMatchObject([{ DestinationArn: elsewhere.arn, Status: 'COMPLETED' }]);
  });

  it('keeps to the rate, allows one task at a time, and stops when cancelled', async () => {
    const { source, dead } = await sourceAndDead(1);
    await deadLetter(
      source,
      Array.from({ length: 8 }, (_, index) => `${index}`),
    );
    const { TaskHandle } = await start({ SourceArn: dead.arn, MaxNumberOfMessagesPerSecond: 1 });
    expect(await tasks(dead)).toMatchObject([
      {
        Status: 'RUNNING',
        TaskHandle,
        MaxNumberOfMessagesPerSecond: 1,
        ApproximateNumberOfMessagesToMove: 8,
      },
    ]);
    expect(await errorOf(start({ SourceArn: dead.arn }))).toMatchObject({
      name: 'InvalidParameterValue',
      message: expect.stringContaining('There is already a task running'),
    });
    await target.elapse(3.5);
    const cancel = () => target.client.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    const { ApproximateNumberOfMessagesMoved: moved = 0 } = await cancel();
    expect(moved).toBeLessThanOrEqual(3);
    await target.elapse(5);
    const [task] = await tasks(dead);
    expect(task).toMatchObject({ Status: 'CANCELLED' });
    expect(task).not.toHaveProperty('TaskHandle');
    expect(Number(await visible(source)) + Number(await visible(dead))).toBe(8);
    expect(Number(await visible(dead))).toBeGreaterThanOrEqual(4);
    expect(await errorOf(cancel())).toMatchObject({ name: 'ResourceNotFoundException', status: 404 });
  });

  it('lists the newest task first', async () => {
    const { source, dead } = await sourceAndDead(1);
    for (const MaxNumberOfMessagesPerSecond of [100, 200]) {
      await deadLetter(source, ['a']);
      await start({ SourceArn: dead.arn, MaxNumberOfMessagesPerSecond });
      await target.elapse(2);
      await source.receive();
    }
    expect(await tasks(dead)).toMatchObject([{ MaxNumberOfMessagesPerSecond: 200 }]);
    expect(await tasks(dead, 10)).toMatchObject([
      { MaxNumberOfMessagesPerSecond: 200 },
      { MaxNumberOfMessagesPerSecond: 100 },
    ]);
  });

  it('fails on a message that was sent to the dead-letter queue by hand, and loses nothing', async () => {
    const { dead } = await sourceAndDead(1);
    await send(dead, 'by hand');
    await start({ SourceArn: dead.arn });
    await target.elapse(2);
    expect(await tasks(dead)).toMatchObject([
      { Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' },
    ]);
    expect(await visible(dead)).toBe('1');
  });

  it('refuses a source that is no dead-letter queue, and queues that do not exist', async () => {
    const { source, dead } = await sourceAndDead(1);
    expect(await errorOf(start({ SourceArn: source.arn }))).toEqual({
      name: 'InvalidParameterValue',
      status: 400,
      code: 'InvalidParameterValue',
      message: 'Source queue must be configured as a Dead Letter Queue.',
    });
    for (const [input, parameter] of [
      [{ SourceArn: `${dead.arn}x` }, 'SourceArn'],
      [{ SourceArn: dead.arn, DestinationArn: `${dead.arn}x` }, 'DestinationArn'],
    ] as const) {
      expect(await errorOf(start(input))).toEqual({
        name: 'ResourceNotFoundException',
        status: 404,
        code: 'ResourceNotFoundException',
        message: `The resource that you specified for the ${parameter} parameter doesn't exist.`,
      });
    }
    const tooFast = { SourceArn: dead.arn, MaxNumberOfMessagesPerSecond: 501 };
    expect(await errorOf(start(tooFast))).toMatchObject({ name: 'InvalidParameterValue' });
    const cancel = new CancelMessageMoveTaskCommand({ TaskHandle: 'garbage' });
    expect(await errorOf(target.client.send(cancel))).toMatchObject({
      name: 'InvalidParameterValue',
      message: 'Value for parameter TaskHandle is invalid.',
    });
  });
});
