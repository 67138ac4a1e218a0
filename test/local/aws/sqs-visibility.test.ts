import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { errorOf, sqsTarget, type TestQueue } from './sqs-target.ts';

const target = sqsTarget();

async function queueWith(bodies: string[], attributes?: Record<string, string>): Promise<TestQueue> {
  const queue = await target.queue(attributes);
  for (const MessageBody of bodies) {
    await target.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody }));
  }
  return queue;
}

/** The handle of the one message that is visible. */
async function handleOf(queue: TestQueue, VisibilityTimeout?: number): Promise<string> {
  const [message] = await queue.receive(VisibilityTimeout === undefined ? {} : { VisibilityTimeout });
  return message?.ReceiptHandle ?? 'nothing was visible';
}

const remove = (queue: TestQueue, ReceiptHandle: string) =>
  target.client.send(new DeleteMessageCommand({ QueueUrl: queue.url, ReceiptHandle }));
const change = (queue: TestQueue, ReceiptHandle: string, VisibilityTimeout: number) =>
  target.client.send(
    new ChangeMessageVisibilityCommand({ QueueUrl: queue.url, ReceiptHandle, VisibilityTimeout }),
  );

describe('SQS visibility', () => {
  it('hides a received message for the timeout of the queue, then shows it again', async () => {
    const queue = await queueWith(['x'], { VisibilityTimeout: '3' });
    await handleOf(queue);
    expect(await queue.receive()).toEqual([]);
    expect(await queue.attribute('ApproximateNumberOfMessagesNotVisible')).toBe('1');
    expect(await queue.attribute('ApproximateNumberOfMessages')).toBe('0');
    await target.elapse(3.1);
    expect(await queue.attribute('ApproximateNumberOfMessages')).toBe('1');
    expect(await queue.receive()).toHaveLength(1);
  });

  it('lets a receive choose its own timeout', async () => {
    const queue = await queueWith(['x'], { VisibilityTimeout: '600' });
    await handleOf(queue, 1);
    await target.elapse(1.1);
    expect(await queue.receive()).toHaveLength(1);
  });

  it('hides a delayed message until its delay is over; the delay of the message wins', async () => {
    const queue = await queueWith([], { DelaySeconds: '600' });
    await target.client.send(
      new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'x', DelaySeconds: 2 }),
    );
    expect(await queue.receive()).toEqual([]);
    expect(await queue.attribute('ApproximateNumberOfMessagesDelayed')).toBe('1');
    await target.elapse(2.1);
    expect(await queue.receive()).toHaveLength(1);
  });

  it('shows a message at once when its visibility is set to zero', async () => {
    const queue = await queueWith(['x']);
    await change(queue, await handleOf(queue), 0);
    expect(await queue.receive()).toHaveLength(1);
  });

  it('extends the timeout, counted from the change', async () => {
    const queue = await queueWith(['x'], { VisibilityTimeout: '3' });
    const handle = await handleOf(queue);
    await target.elapse(2);
    await change(queue, handle, 4);
    await target.elapse(3);
    expect(await queue.receive()).toEqual([]);
    await target.elapse(1.1);
    expect(await queue.receive()).toHaveLength(1);
  });

  it('refuses timeouts out of range, and more than twelve hours in all', async () => {
    const queue = await queueWith(['x']);
    const handle = await handleOf(queue);
    expect(await errorOf(change(queue, handle, 43_201))).toMatchObject({ name: 'InvalidParameterValue' });
    await target.elapse(2);
    expect(await errorOf(change(queue, handle, 43_200))).toMatchObject({
      name: 'InvalidParameterValue',
      message: expect.stringContaining('Total VisibilityTimeout for the message is beyond the limit'),
    });
    await change(queue, handle, 43_190);
  });

  it('refuses to change the visibility of a message that is visible or gone', async () => {
    const queue = await queueWith(['x']);
    const handle = await handleOf(queue, 1);
    await target.elapse(1.1);
    expect(await errorOf(change(queue, handle, 5))).toMatchObject({
      name: 'MessageNotInflight',
      status: 400,
      code: 'AWS.SimpleQueueService.MessageNotInflight',
    });
    await remove(queue, await handleOf(queue));
    expect(await errorOf(change(queue, handle, 5))).toMatchObject({
      name: 'InvalidParameterValue',
      message: expect.stringContaining('Message does not exist or is not available'),
    });
  });

  it('applies a new timeout of the queue to later receives only', async () => {
    const queue = await queueWith(['x'], { VisibilityTimeout: '2' });
    await handleOf(queue);
    await target.client.send(
      new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes: { VisibilityTimeout: '600' } }),
    );
    await target.elapse(2.1);
    expect(await queue.receive()).toHaveLength(1);
  });

  it('changes visibilities in batches, entry by entry', async () => {
    const queue = await queueWith(['a', 'b']);
    const handles = (await queue.receive()).map(({ ReceiptHandle }) => ReceiptHandle ?? '');
    const result = await target.client.send(
      new ChangeMessageVisibilityBatchCommand({
        QueueUrl: queue.url,
        Entries: [
          { Id: 'a', ReceiptHandle: handles[0], VisibilityTimeout: 0 },
          { Id: 'garbage', ReceiptHandle: 'garbage', VisibilityTimeout: 0 },
        ],
      }),
    );
    expect(result.Successful).toEqual([{ Id: 'a' }]);
    expect(result.Failed).toEqual([
      { Id: 'garbage', SenderFault: true, Code: 'ReceiptHandleIsInvalid', Message: expect.any(String) },
    ]);
    expect(await queue.receive()).toHaveLength(1);
  });
});

describe('SQS DeleteMessage', () => {
  it('deletes for good', async () => {
    const queue = await queueWith(['x'], { VisibilityTimeout: '1' });
    await remove(queue, await handleOf(queue));
    await target.elapse(1.1);
    expect(await queue.receive()).toEqual([]);
    expect(await queue.attribute('ApproximateNumberOfMessagesNotVisible')).toBe('0');
  });

  it('succeeds again for a message that is gone', async () => {
    const queue = await queueWith(['x']);
    const handle = await handleOf(queue);
    await remove(queue, handle);
    await remove(queue, handle);
    expect(await queue.receive()).toEqual([]);
  });

  it('accepts an outdated handle, even while another consumer has the message', async () => {
    const queue = await queueWith(['x']);
    const outdated = await handleOf(queue, 0);
    expect(await handleOf(queue, 1)).not.toBe(outdated);
    await remove(queue, outdated);
    await target.elapse(1.1);
    expect(await queue.receive()).toEqual([]);
  });

  it('refuses a handle that is garbage or of another queue', async () => {
    const [queue, other] = [await queueWith(['x']), await queueWith(['y'])];
    const foreign = await handleOf(other);
    for (const handle of ['garbage', 'AQEBgarbage', foreign]) {
      expect(await errorOf(remove(queue, handle))).toMatchObject({
        name: 'ReceiptHandleIsInvalid',
        status: 404,
        code: 'ReceiptHandleIsInvalid',
      });
    }
    expect(await queue.receive()).toHaveLength(1);
  });

  it('deletes in batches, entry by entry', async () => {
    const queue = await queueWith(['a', 'b']);
    const messages = await queue.receive();
    const result = await target.client.send(
      new DeleteMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: [
          ...messages.map(({ ReceiptHandle }, index) => ({ Id: `m${index}`, ReceiptHandle })),
          { Id: 'garbage', ReceiptHandle: 'garbage' },
        ],
      }),
    );
    expect(result.Successful?.map(({ Id }) => Id)).toEqual(['m0', 'm1']);
    expect(result.Failed?.map(({ Id, Code }) => [Id, Code])).toEqual([['garbage', 'ReceiptHandleIsInvalid']]);
  });
});

describe('SQS retention', () => {
  it('drops what is older than the retention, also in flight', async () => {
    const queue = await queueWith(['a', 'b'], { MessageRetentionPeriod: '60' });
    await queue.receive({ MaxNumberOfMessages: 1, VisibilityTimeout: 600 });
    await target.elapse(30);
    await target.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'younger' }));
    await target.elapse(31);
    expect((await queue.receive()).map(({ Body }) => Body)).toEqual(['younger']);
    expect(await queue.attribute('ApproximateNumberOfMessagesNotVisible')).toBe('1');
  });
});
