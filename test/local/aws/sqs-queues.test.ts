import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListDeadLetterSourceQueuesCommand,
  ListQueuesCommand,
  ListQueueTagsCommand,
  PurgeQueueCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  TagQueueCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { errorOf, sqsTarget } from './sqs-target.ts';

const target = sqsTarget();

describe('SQS queues', () => {
  it('gives a new queue the documented defaults', async () => {
    const queue = await target.queue();
    const { Attributes } = await target.client.send(
      new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      VisibilityTimeout: '30',
      DelaySeconds: '0',
      MaximumMessageSize: '1048576',
      MessageRetentionPeriod: '345600',
      ReceiveMessageWaitTimeSeconds: '0',
      ApproximateNumberOfMessages: '0',
      ApproximateNumberOfMessagesNotVisible: '0',
      ApproximateNumberOfMessagesDelayed: '0',
    });
    expect(Attributes?.QueueArn).toMatch(new RegExp(`^arn:aws:sqs:[\\w-]+:\\d{12}:${queue.name}$`));
    expect(Number(Attributes?.CreatedTimestamp)).toBeGreaterThan(1_700_000_000);
    expect(Attributes).not.toHaveProperty('RedrivePolicy');
  });

  it('creates a queue again when nothing differs, and refuses when an attribute does', async () => {
    const queue = await target.queue({ VisibilityTimeout: '77' });
    const again = (attributes?: Record<string, string>) =>
      target.client.send(
        new CreateQueueCommand({ QueueName: queue.name, ...(attributes && { Attributes: attributes }) }),
      );
    expect((await again()).QueueUrl).toBe(queue.url);
    expect((await again({ VisibilityTimeout: '77' })).QueueUrl).toBe(queue.url);
    expect(await errorOf(again({ VisibilityTimeout: '78' }))).toEqual({
      name: 'QueueNameExists',
      status: 400,
      code: 'QueueAlreadyExists',
      message:
        'A queue already exists with the same name and a different value for attribute VisibilityTimeout',
    });
  });

  it('compares redrive policies by what they say, not by their spelling', async () => {
    const dead = await target.queue();
    const queue = await target.queue({
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 3 }),
    });
    const { QueueUrl } = await target.client.send(
      new CreateQueueCommand({
        QueueName: queue.name,
        Attributes: {
          RedrivePolicy: JSON.stringify({ maxReceiveCount: '3', deadLetterTargetArn: dead.arn }),
        },
      }),
    );
    expect(QueueUrl).toBe(queue.url);
  });

  it.each([
    ['VisibilityTimeout', '43201'],
    ['DelaySeconds', '901'],
    ['MaximumMessageSize', '1048577'],
    ['MessageRetentionPeriod', '59'],
    ['ReceiveMessageWaitTimeSeconds', 'soon'],
  ])('refuses %s = %s', async (name, value) => {
    const queue = await target.queue();
    const error = await errorOf(
      target.client.send(
        new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes: { [name]: value } }),
      ),
    );
    expect(error).toMatchObject({ name: 'InvalidAttributeValue', status: 400 });
    expect(await queue.attribute(name)).not.toBe(value);
  });

  it('refuses attributes that do not exist', async () => {
    const queue = await target.queue();
    const set = new SetQueueAttributesCommand({
      QueueUrl: queue.url,
      Attributes: { Patience: '1' } as Record<string, string>,
    });
    expect(await errorOf(target.client.send(set))).toMatchObject({
      name: 'InvalidAttributeName',
      status: 400,
    });
  });

  it('returns only the attributes that were asked for, and none when none were', async () => {
    const queue = await target.queue({ DelaySeconds: '5' });
    const get = async (names: ('DelaySeconds' | 'RedrivePolicy')[]) =>
      (
        await target.client.send(
          new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: names }),
        )
      ).Attributes;
    expect(await get(['DelaySeconds', 'RedrivePolicy'])).toEqual({ DelaySeconds: '5' });
    expect(await get([])).toBeUndefined();
  });

  it('changes attributes in place', async () => {
    const queue = await target.queue({ VisibilityTimeout: '77' });
    await target.client.send(
      new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes: { DelaySeconds: '9' } }),
    );
    expect(await queue.attribute('VisibilityTimeout')).toBe('77');
    expect(await queue.attribute('DelaySeconds')).toBe('9');
  });

  it.each([
    ['without a maxReceiveCount', (arn: string) => ({ deadLetterTargetArn: arn })],
    ['with a maxReceiveCount of 0', (arn: string) => ({ deadLetterTargetArn: arn, maxReceiveCount: 0 })],
    ['with a target that is no ARN', () => ({ deadLetterTargetArn: 'dummy', maxReceiveCount: 3 })],
    [
      'to a queue that does not exist',
      (arn: string) => ({ deadLetterTargetArn: `${arn}x`, maxReceiveCount: 3 }),
    ],
  ])('refuses a redrive policy %s', async (_case, policy) => {
    const queue = await target.queue();
    const set = new SetQueueAttributesCommand({
      QueueUrl: queue.url,
      Attributes: { RedrivePolicy: JSON.stringify(policy(queue.arn)) },
    });
    expect(await errorOf(target.client.send(set))).toMatchObject({
      name: 'InvalidParameterValue',
      status: 400,
      message: expect.stringContaining('RedrivePolicy'),
    });
  });

  it('lists the sources of a dead-letter queue, until their policy is removed', async () => {
    const dead = await target.queue();
    const source = await target.queue({
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 3 }),
    });
    const list = async () =>
      (await target.client.send(new ListDeadLetterSourceQueuesCommand({ QueueUrl: dead.url }))).queueUrls;
    expect(await list()).toEqual([source.url]);
    await target.client.send(
      new SetQueueAttributesCommand({ QueueUrl: source.url, Attributes: { RedrivePolicy: '' } }),
    );
    expect(await list()).toEqual([]);
    expect(await source.attribute('RedrivePolicy')).toBeUndefined();
  });

  it('honours the redrive allow policy of a dead-letter queue', async () => {
    const dead = await target.queue({ RedriveAllowPolicy: JSON.stringify({ redrivePermission: 'denyAll' }) });
    const queue = await target.queue();
    const set = new SetQueueAttributesCommand({
      QueueUrl: queue.url,
      Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 3 }) },
    });
    expect(await errorOf(target.client.send(set))).toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('finds queues by name and lists them by prefix, in pages', async () => {
    const [first, second] = [await target.queue(), await target.queue()];
    const { QueueUrl } = await target.client.send(new GetQueueUrlCommand({ QueueName: first.name }));
    expect(QueueUrl).toBe(first.url);
    const urls: string[] = [];
    let token: string | undefined;
    do {
      const page = await target.client.send(
        new ListQueuesCommand({
          QueueNamePrefix: 'conformance-',
          MaxResults: 1,
          ...(token !== undefined && { NextToken: token }),
        }),
      );
      expect(page.QueueUrls?.length).toBe(1);
      urls.push(...(page.QueueUrls ?? []));
      token = page.NextToken;
    } while (token !== undefined);
    expect(urls).toEqual(expect.arrayContaining([first.url, second.url]));
    expect(new Set(urls).size).toBe(urls.length);
    const none = await target.client.send(new ListQueuesCommand({ QueueNamePrefix: 'nobody-has-this-' }));
    expect(none.QueueUrls).toBeUndefined();
  });

  it('forgets a deleted queue, and its name is taken for a minute', async () => {
    const queue = await target.queue();
    await target.client.send(new DeleteQueueCommand({ QueueUrl: queue.url }));
    expect(await errorOf(target.client.send(new GetQueueUrlCommand({ QueueName: queue.name })))).toEqual({
      name: 'QueueDoesNotExist',
      status: 400,
      code: 'AWS.SimpleQueueService.NonExistentQueue',
      message: 'The specified queue does not exist.',
    });
    const send = new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'lost' });
    expect(await errorOf(target.client.send(send))).toMatchObject({ name: 'QueueDoesNotExist' });
    const create = new CreateQueueCommand({ QueueName: queue.name });
    expect(await errorOf(target.client.send(create))).toMatchObject({
      name: 'QueueDeletedRecently',
      status: 400,
    });
    await target.elapse(60);
    await target.client.send(create);
  });

  it('purges visible, delayed and in-flight messages alike, once a minute', async () => {
    const queue = await target.queue();
    await target.client.send(
      new SendMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: [
          { Id: 'visible', MessageBody: 'a' },
          { Id: 'in-flight', MessageBody: 'b' },
          { Id: 'delayed', MessageBody: 'c', DelaySeconds: 60 },
        ],
      }),
    );
    await queue.receive({ MaxNumberOfMessages: 1, VisibilityTimeout: 1 });
    const purge = () => target.client.send(new PurgeQueueCommand({ QueueUrl: queue.url }));
    await purge();
    expect(await errorOf(purge())).toMatchObject({
      name: 'PurgeQueueInProgress',
      status: 403,
      code: 'AWS.SimpleQueueService.PurgeQueueInProgress',
    });
    await target.elapse(61);
    expect(await queue.receive()).toEqual([]);
    expect(await queue.attribute('ApproximateNumberOfMessagesNotVisible')).toBe('0');
    expect(await queue.attribute('ApproximateNumberOfMessagesDelayed')).toBe('0');
    await purge();
  });

  it('keeps tags', async () => {
    const queue = await target.queue();
    const tags = async () =>
      (await target.client.send(new ListQueueTagsCommand({ QueueUrl: queue.url }))).Tags;
    await target.client.send(
      new TagQueueCommand({ QueueUrl: queue.url, Tags: { team: 'prices', tier: '1' } }),
    );
    await target.client.send(new UntagQueueCommand({ QueueUrl: queue.url, TagKeys: ['tier'] }));
    expect(await tags()).toEqual({ team: 'prices' });
  });

  it.each(['with space', 'x'.repeat(81), ''])('refuses the queue name "%s"', async (QueueName) => {
    const error = await errorOf(target.client.send(new CreateQueueCommand({ QueueName })));
    expect(['InvalidParameterValue', 'MissingParameter']).toContain(error.name);
    expect(error.status).toBe(400);
  });
});
