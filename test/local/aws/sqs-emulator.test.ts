import { request } from 'node:http';
import {
  CreateQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it, vi } from 'vitest';
import { ManualTime } from './manual-time.ts';
import { closing, startEmulator, withQueue } from './sqs-emulator.ts';
import { errorOf } from './sqs-target.ts';

/** What AWS does not have: the time scale and statistics. */
describe('the SQS emulator', () => {
  it('has queue URLs on the loopback interface that a client needs no endpoint for', async () => {
    const { sqs } = await withQueue();
    expect(sqs.queueUrl('jobs')).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/000000000000\/jobs$/);
    const client = new SQSClient({
      region: 'eu-central-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    });
    closing.push(() => client.destroy());
    // The SDK says that it takes the URL's host as the endpoint.
    vi.spyOn(console, 'warn').mockReturnValue(undefined);
    const QueueUrl = sqs.queueUrl('jobs');
    expect(
      (await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))).MessageId,
    ).toBeDefined();
  });

  it('refuses FIFO queues clearly', async () => {
    const { client } = await startEmulator();
    const error = await errorOf(client.send(new CreateQueueCommand({ QueueName: 'jobs.fifo' })));
    expect(error).toMatchObject({ name: 'UnsupportedOperation', message: 'FIFO queues are not emulated.' });
  });

  it('answers requests of other protocols with an error of this one', async () => {
    const { sqs } = await startEmulator();
    const response = await fetch(sqs.url, { method: 'POST', body: 'Action=ListQueues' });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      __type: 'com.amazon.coral.service#SerializationException',
    });
  });

  it('outlives clients that send half a request', async () => {
    const { sqs, send } = await withQueue();
    const half = request(sqs.url, { method: 'POST', headers: { 'content-length': '100' } });
    const failed = new Promise((resolve) => half.on('error', resolve));
    half.write('{"half":');
    half.destroy();
    await failed;
    expect((await send('x')).MessageId).toBeDefined();
  });

  it('ends long polls when it is closed', async () => {
    const time = new ManualTime();
    const { sqs, client } = await withQueue({ time });
    const waiting = errorOf(
      client.send(new ReceiveMessageCommand({ QueueUrl: sqs.queueUrl('jobs'), WaitTimeSeconds: 20 })),
    );
    await time.waitForTimer();
    await sqs.close();
    // No status: the connection ended without an answer.
    expect((await waiting).status).toBeUndefined();
  });

  it('multiplies visibility, delay and retention by the time scale, but not the wait of a receive', async () => {
    const time = new ManualTime();
    const { sqs, client, send, receive } = await withQueue(
      { time, timeScale: 0.1 },
      { MessageRetentionPeriod: '600', DelaySeconds: '20' },
    );
    await send('x');
    time.advance(1_999);
    expect(await receive()).toEqual([]);
    time.advance(1);
    expect(await receive(30)).toHaveLength(1);
    time.advance(2_999);
    expect(await receive()).toEqual([]);
    time.advance(1);
    expect(await receive(0)).toHaveLength(1);
    time.advance(60_000 - 5_000);
    let answered = false;
    const waiting = client
      .send(new ReceiveMessageCommand({ QueueUrl: sqs.queueUrl('jobs'), WaitTimeSeconds: 2 }))
      .then(({ Messages }) => {
        answered = true;
        return Messages;
      });
    await time.waitForTimer();
    time.advance(1_999);
    expect(answered).toBe(false);
    time.advance(1);
    expect(await waiting).toBeUndefined();
  });

  it('moves messages faster by the time scale', async () => {
    const time = new ManualTime();
    const { sqs, client } = await startEmulator({ time, timeScale: 0.1 });
    await client.send(new CreateQueueCommand({ QueueName: 'dead' }));
    const arn = 'arn:aws:sqs:eu-central-1:000000000000:dead';
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: arn, maxReceiveCount: 1 });
    await client.send(new CreateQueueCommand({ QueueName: 'jobs', Attributes: { RedrivePolicy } }));
    const QueueUrl = sqs.queueUrl('jobs');
    const Entries = Array.from({ length: 10 }, (_, index) => ({ Id: `${index}`, MessageBody: 'x' }));
    await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
    for (let receive = 0; receive < 2; receive++) {
      await client.send(
        new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0, MaxNumberOfMessages: 10 }),
      );
    }
    expect(sqs.statistics()['dead']).toMatchObject({ visible: 10, sent: 0 });
    await client.send(new StartMessageMoveTaskCommand({ SourceArn: arn, MaxNumberOfMessagesPerSecond: 2 }));
    time.advance(250);
    expect(sqs.statistics()['dead']?.visible).toBe(5);
    time.advance(250);
    expect(sqs.statistics()['dead']?.visible).toBe(0);
    expect(sqs.statistics()['jobs']?.visible).toBe(10);
  });
});

describe('statistics of the SQS emulator', () => {
  it('counts what waits, is in flight and delayed, and what was sent, received and deleted so far', async () => {
    const { send, receive, remove, statistics, sqs, client } = await withQueue();
    for (const body of ['a', 'b', 'c']) await send(body);
    await client.send(
      new SendMessageCommand({ QueueUrl: sqs.queueUrl('jobs'), MessageBody: 'late', DelaySeconds: 60 }),
    );
    await remove((await receive(60)).at(0)?.ReceiptHandle);
    await send('d');
    expect(statistics()).toMatchObject({
      visible: 1,
      inFlight: 2,
      delayed: 1,
      sent: 5,
      received: 3,
      deleted: 1,
    });
  });

  it("gives the age of the oldest message in the template's seconds", async () => {
    const time = new ManualTime();
    const { send, receive, remove, statistics } = await withQueue({ time, timeScale: 0.01 });
    expect(statistics()?.oldestAgeSeconds).toBe(0);
    await send('a');
    time.advance(1_000);
    await send('b');
    time.advance(1_000);
    expect(statistics()?.oldestAgeSeconds).toBeCloseTo(200);
    await remove((await receive()).find(({ Body }) => Body === 'a')?.ReceiptHandle);
    expect(statistics()?.oldestAgeSeconds).toBeCloseTo(100);
  });

  it('leaves poison messages out of the age, as AWS does', async () => {
    const time = new ManualTime();
    const { send, receive, statistics } = await withQueue({ time });
    await send('poison');
    for (let round = 0; round < 2; round++) await receive(0);
    time.advance(100_000);
    expect(statistics()?.oldestAgeSeconds).toBe(100);
    await receive(0);
    expect(statistics()).toMatchObject({ oldestAgeSeconds: 0, visible: 1 });
  });
});
