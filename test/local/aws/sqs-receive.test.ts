import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { errorOf, sqsTarget, type TestQueue } from './sqs-target.ts';

const target = sqsTarget();

const send = (queue: TestQueue, MessageBody: string) =>
  target.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody }));

describe('SQS ReceiveMessage', () => {
  it('gives one message unless more are asked for, and never more than asked', async () => {
    const queue = await target.queue();
    await target.client.send(
      new SendMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: Array.from({ length: 10 }, (_, index) => ({ Id: `${index}`, MessageBody: `${index}` })),
      }),
    );
    const one = await target.client.send(new ReceiveMessageCommand({ QueueUrl: queue.url }));
    expect(one.Messages).toHaveLength(1);
    expect((await queue.receive({ MaxNumberOfMessages: 3 })).length).toBeLessThanOrEqual(3);
  });

  it('leaves Messages out when there is none', async () => {
    const queue = await target.queue();
    const empty = await target.client.send(new ReceiveMessageCommand({ QueueUrl: queue.url }));
    expect(empty.Messages).toBeUndefined();
  });

  it.each([
    { MaxNumberOfMessages: 11 },
    { MaxNumberOfMessages: 0 },
    { WaitTimeSeconds: 21 },
    { VisibilityTimeout: 43_201 },
  ])('refuses %o', async (options) => {
    const queue = await target.queue();
    expect(await errorOf(queue.receive(options))).toMatchObject({
      name: 'InvalidParameterValue',
      status: 400,
      message: expect.stringContaining('is invalid. Reason: Must be between'),
    });
  });

  it('gives the system attributes that were asked for', async () => {
    const queue = await target.queue();
    await send(queue, 'x');
    const [first] = await queue.receive({ MessageSystemAttributeNames: ['All'], VisibilityTimeout: 0 });
    const sentAt = Number(first?.Attributes?.SentTimestamp);
    expect(first?.Attributes).toEqual({
      SenderId: expect.any(String),
      SentTimestamp: expect.stringMatching(/^\d{13}$/),
      ApproximateReceiveCount: '1',
      ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
    });
    await target.elapse(2);
    const [second] = await queue.receive({
      MessageSystemAttributeNames: [
        'ApproximateReceiveCount',
        'SentTimestamp',
        'ApproximateFirstReceiveTimestamp',
      ],
      VisibilityTimeout: 0,
    });
    expect(second?.Attributes).toEqual({
      ApproximateReceiveCount: '2',
      SentTimestamp: String(sentAt),
      ApproximateFirstReceiveTimestamp: first?.Attributes?.ApproximateFirstReceiveTimestamp,
    });
    const [third] = await queue.receive();
    expect(third?.Attributes).toBeUndefined();
  });

  it('still takes the older AttributeNames', async () => {
    const queue = await target.queue();
    await send(queue, 'x');
    const [message] = await queue.receive({ AttributeNames: ['ApproximateReceiveCount' as 'All'] });
    expect(message?.Attributes).toEqual({ ApproximateReceiveCount: '1' });
  });

  it('gives text, number and binary attributes back as they were sent, with their MD5', async () => {
    const queue = await target.queue();
    const MessageAttributes = {
      text: { DataType: 'String', StringValue: 'нарх' },
      count: { DataType: 'Number.int', StringValue: '42' },
      bytes: { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 1, 254, 255) },
    };
    const sent = await target.client.send(
      new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'x', MessageAttributes }),
    );
    const [message] = await queue.receive({ MessageAttributeNames: ['All'] });
    expect(message?.MessageAttributes).toEqual(MessageAttributes);
    expect(message?.MD5OfMessageAttributes).toBe(sent.MD5OfMessageAttributes);
  });

  // The digests were recorded against AWS.
  it('filters attributes by name and prefix, and computes the MD5 of what is left', async () => {
    const queue = await target.queue();
    const text = (StringValue: string) => ({ DataType: 'String', StringValue });
    await target.client.send(
      new SendMessageCommand({
        QueueUrl: queue.url,
        MessageBody: 'msg',
        MessageAttributes: { Hello: text('There'), General: text('Kenobi'), 'Help.Me': text('Me') },
      }),
    );
    const md5 = async (...MessageAttributeNames: string[]) =>
      (await queue.receive({ MessageAttributeNames, VisibilityTimeout: 0 }))[0]?.MD5OfMessageAttributes;
    expect(await md5('All')).toBe('4c360f3fdafd970e05fae2f149d997f5');
    expect(await md5('.*')).toBe('4c360f3fdafd970e05fae2f149d997f5');
    expect(await md5('Hello', 'General')).toBe('fca026605781cb4126a1e9044df24232');
    expect(await md5('Hello', 'Foo')).toBe('a311262e065454b75da111d535b8dacd');
    expect(await md5('Hel.*')).toBe('83fee93c1bcd8b9a5a923ffacdc636c7');
    expect(await md5('Foo')).toBeUndefined();
    expect(await md5()).toBeUndefined();
  });

  it('carries the trace header', async () => {
    const queue = await target.queue();
    const header = 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1';
    await target.client.send(
      new SendMessageCommand({
        QueueUrl: queue.url,
        MessageBody: 'x',
        MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: header } },
      }),
    );
    const [message] = await queue.receive({ MessageSystemAttributeNames: ['AWSTraceHeader'] });
    expect(message?.Attributes).toEqual({ AWSTraceHeader: header });
  });
});

describe('SQS long polling', () => {
  it('wakes up at once when a message is sent', async () => {
    const queue = await target.queue();
    const waiting = queue.receive({ WaitTimeSeconds: 20 });
    await send(queue, 'wake up');
    expect((await waiting).map(({ Body }) => Body)).toEqual(['wake up']);
  });

  it('returns empty when the wait is over', async () => {
    const queue = await target.queue();
    let waiting = true;
    const received = queue.receive({ WaitTimeSeconds: 1 }).finally(() => {
      waiting = false;
    });
    while (waiting) await target.elapse(0.1);
    expect(await received).toEqual([]);
  });

  it('takes the wait from the queue when the request has none', async () => {
    const queue = await target.queue({ ReceiveMessageWaitTimeSeconds: '20' });
    const waiting = queue.receive();
    await send(queue, 'wake up');
    expect(await waiting).toHaveLength(1);
  });

  it('wakes up when a delay runs out and when a visibility timeout does', async () => {
    const queue = await target.queue();
    await target.client.send(
      new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'late', DelaySeconds: 2 }),
    );
    for (let round = 0; round < 2; round++) {
      let waiting = true;
      const received = queue.receive({ WaitTimeSeconds: 10, VisibilityTimeout: 2 }).finally(() => {
        waiting = false;
      });
      while (waiting) await target.elapse(0.1);
      expect((await received).map(({ Body }) => Body)).toEqual(['late']);
    }
  });

  it('gives each message to one waiting receive only', async () => {
    const queue = await target.queue();
    const waiting = [1, 2, 3].map(() => queue.receive({ WaitTimeSeconds: 20, MaxNumberOfMessages: 1 }));
    for (const body of ['a', 'b', 'c']) await send(queue, body);
    const bodies = (await Promise.all(waiting)).flat().map(({ Body }) => Body);
    expect(bodies.sort()).toEqual(['a', 'b', 'c']);
  });

  it('does not give a message to a client that hung up', async () => {
    const queue = await target.queue();
    const impatient = new AbortController();
    const waiting = target.client.send(
      new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 20 }),
      {
        abortSignal: impatient.signal,
      },
    );
    // Another request on its own connection gives the first the time to arrive.
    await queue.attribute('QueueArn');
    impatient.abort();
    expect((await errorOf(waiting)).name).toBe('AbortError');
    await queue.attribute('QueueArn');
    await send(queue, 'for the living');
    const [message] = await queue.receive({ WaitTimeSeconds: 5, MessageSystemAttributeNames: ['All'] });
    expect(message?.Attributes?.ApproximateReceiveCount).toBe('1');
    await target.client.send(
      new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle: message?.ReceiptHandle }),
    );
  });
});
