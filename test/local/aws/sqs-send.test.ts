import { createHash } from 'node:crypto';
import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { errorOf, sqsTarget, type TestQueue } from './sqs-target.ts';

const target = sqsTarget();
const mebibyte = 1_048_576;
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

const send = (queue: TestQueue, MessageBody: string) =>
  target.client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody }));
const sendBatch = (queue: TestQueue, Entries: { Id: string; MessageBody: string; DelaySeconds?: number }[]) =>
  target.client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));

describe('SQS SendMessage', () => {
  it('answers with an id and the MD5 of the body, and delivers the body unchanged', async () => {
    const queue = await target.queue();
    const body = '{"narx":"нарх","🧮":"\\u0000 is escaped", "tab":"\t"}\r\n';
    const sent = await send(queue, body);
    expect(sent.MD5OfMessageBody).toBe(md5(body));
    const [message] = await queue.receive();
    expect(message).toMatchObject({ MessageId: sent.MessageId, Body: body, MD5OfBody: md5(body) });
  });

  it('accepts a message of exactly 1 MiB and refuses one byte more', async () => {
    const queue = await target.queue();
    await send(queue, 'x'.repeat(mebibyte));
    expect(await errorOf(send(queue, 'x'.repeat(mebibyte + 1)))).toEqual({
      name: 'InvalidParameterValue',
      status: 400,
      code: 'InvalidParameterValue',
      message: 'One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.',
    });
    expect(await queue.attribute('ApproximateNumberOfMessages')).toBe('1');
  });

  it("counts bytes, not characters, and the attributes, against the queue's MaximumMessageSize", async () => {
    const queue = await target.queue({ MaximumMessageSize: '1024' });
    await send(queue, 'ы'.repeat(512));
    const tooLong = { name: 'InvalidParameterValue', message: expect.stringContaining('1024 bytes') };
    expect(await errorOf(send(queue, 'ы'.repeat(513)))).toMatchObject(tooLong);
    const withAttribute = (body: string) =>
      target.client.send(
        new SendMessageCommand({
          QueueUrl: queue.url,
          MessageBody: body,
          MessageAttributes: { k: { DataType: 'String', StringValue: 'v' } },
        }),
      );
    await withAttribute('x'.repeat(1024 - 'kStringv'.length));
    expect(await errorOf(withAttribute('x'.repeat(1025 - 'kStringv'.length)))).toMatchObject(tooLong);
  });

  it('refuses an empty body and characters that XML does not know', async () => {
    const queue = await target.queue();
    expect(await errorOf(send(queue, ''))).toMatchObject({ name: 'MissingParameter', status: 400 });
    for (const body of ['a\u0000b', 'a\u000bb', 'a\uffff']) {
      expect(await errorOf(send(queue, body))).toMatchObject({ name: 'InvalidMessageContents', status: 400 });
    }
  });

  it('refuses a delay beyond 15 minutes', async () => {
    const queue = await target.queue();
    const sendLate = new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'x', DelaySeconds: 901 });
    expect(await errorOf(target.client.send(sendLate))).toMatchObject({
      name: 'InvalidParameterValue',
      status: 400,
    });
  });

  it('refuses more than ten attributes, reserved names and unknown types', async () => {
    const queue = await target.queue();
    const text = { DataType: 'String', StringValue: 'v' };
    const refused = [
      Object.fromEntries(Array.from({ length: 11 }, (_, index) => [`a${index}`, text])),
      { 'AWS.trace': text },
      { 'bad name': text },
      { a: { DataType: 'Date', StringValue: '2026' } },
      { a: { DataType: 'Number', StringValue: 'many' } },
      { a: { DataType: 'String', StringValue: '' } },
    ];
    for (const MessageAttributes of refused) {
      const command = new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'x', MessageAttributes });
      expect(await errorOf(target.client.send(command))).toMatchObject({
        name: 'InvalidParameterValue',
        status: 400,
      });
    }
    expect(await queue.receive()).toEqual([]);
  });

  it('refuses what only FIFO queues take', async () => {
    const queue = await target.queue();
    const command = new SendMessageCommand({
      QueueUrl: queue.url,
      MessageBody: 'x',
      MessageDeduplicationId: 'once',
    });
    expect(await errorOf(target.client.send(command))).toMatchObject({ name: 'InvalidParameterValue' });
  });
});

describe('SQS SendMessageBatch', () => {
  it('answers for each entry by its id and leaves out the list that is empty', async () => {
    const queue = await target.queue();
    const result = await sendBatch(queue, [
      { Id: 'one', MessageBody: '1' },
      { Id: 'two', MessageBody: '2' },
    ]);
    expect(result.Successful?.map(({ Id, MD5OfMessageBody }) => [Id, MD5OfMessageBody])).toEqual([
      ['one', md5('1')],
      ['two', md5('2')],
    ]);
    expect(result.Failed).toBeUndefined();
    expect((await queue.receive()).map(({ Body }) => Body).sort()).toEqual(['1', '2']);
  });

  it('fails only the entry that is broken', async () => {
    const queue = await target.queue({ MaximumMessageSize: '1024' });
    const result = await sendBatch(queue, [
      { Id: 'good', MessageBody: 'x' },
      { Id: 'long', MessageBody: 'x'.repeat(1025) },
      { Id: 'late', MessageBody: 'x', DelaySeconds: 901 },
    ]);
    expect(result.Successful?.map(({ Id }) => Id)).toEqual(['good']);
    expect(result.Failed).toEqual([
      {
        Id: 'long',
        SenderFault: true,
        Code: 'InvalidParameterValue',
        Message: expect.stringContaining('Message must be shorter than 1024 bytes'),
      },
      { Id: 'late', SenderFault: true, Code: 'InvalidParameterValue', Message: expect.any(String) },
    ]);
  });

  it('refuses a batch of more than 1 MiB as a whole', async () => {
    const queue = await target.queue();
    const half = 'x'.repeat(mebibyte / 2);
    expect((await sendBatch(queue, [entry('a', half), entry('b', half)])).Successful).toHaveLength(2);
    expect(await errorOf(sendBatch(queue, [entry('a', half), entry('b', `${half}x`)]))).toEqual({
      name: 'BatchRequestTooLong',
      status: 400,
      code: 'AWS.SimpleQueueService.BatchRequestTooLong',
      message: 'Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.',
    });
    expect(await queue.attribute('ApproximateNumberOfMessages')).toBe('2');
  });

  it.each([
    ['EmptyBatchRequest', []],
    ['TooManyEntriesInBatchRequest', Array.from({ length: 11 }, (_, index) => entry(`e${index}`, 'x'))],
    ['BatchEntryIdsNotDistinct', [entry('same', 'x'), entry('same', 'y')]],
    ['InvalidBatchEntryId', [entry('not valid', 'x')]],
    ['InvalidBatchEntryId', [entry('x'.repeat(81), 'x')]],
  ])('throws %s and sends nothing', async (name, entries) => {
    const queue = await target.queue();
    expect(await errorOf(sendBatch(queue, entries))).toMatchObject({
      name,
      status: 400,
      code: `AWS.SimpleQueueService.${name}`,
    });
    expect(await queue.receive()).toEqual([]);
  });
});

function entry(Id: string, MessageBody: string) {
  return { Id, MessageBody };
}
