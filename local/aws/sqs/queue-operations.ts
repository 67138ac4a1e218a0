import type { Call, Operations } from './call.ts';
import { invalidParameter, invalidValue, modelledError, noSuchQueue } from './errors.ts';
import {
  optionalInteger,
  optionalString,
  optionalStringMap,
  optionalStrings,
  requiredString,
} from './input.ts';
import { Queue } from './queue.ts';
import {
  changedAttributes,
  computedAttributes,
  differingAttribute,
  newAttributes,
  settableAttributes,
} from './queue-attributes.ts';

function targetQueue({ sqs, input }: Call): Queue {
  return sqs.byUrl(requiredString(input, 'QueueUrl'));
}

function queueName(call: Call): string {
  const name = requiredString(call.input, 'QueueName');
  if (name.endsWith('.fifo')) throw modelledError('UnsupportedOperation', 'FIFO queues are not emulated.');
  if (!/^[\w-]{1,80}$/.test(name)) {
    throw invalidParameter(
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
    );
  }
  return name;
}

function createQueue(call: Call): object {
  const { sqs, input } = call;
  const name = queueName(call);
  const given = optionalStringMap(input, 'Attributes');
  const existing = sqs.named(name);
  if (existing === undefined) {
    const attributes = newAttributes(given);
    sqs.checkRedrivePolicy(sqs.arn(name), attributes);
    sqs.add(new Queue(name, sqs.arn(name), sqs.now(), attributes, optionalStringMap(input, 'tags')));
  } else {
    const attribute = differingAttribute(existing.attributes, given);
    if (attribute !== null) {
      throw modelledError(
        'QueueNameExists',
        `A queue already exists with the same name and a different value for attribute ${attribute}`,
      );
    }
  }
  return { QueueUrl: sqs.queueUrl(name) };
}

function getQueueUrl({ sqs, input }: Call): object {
  const name = requiredString(input, 'QueueName');
  const account = optionalString(input, 'QueueOwnerAWSAccountId') ?? sqs.settings.accountId;
  if (account !== sqs.settings.accountId || sqs.named(name) === undefined) throw noSuchQueue();
  return { QueueUrl: sqs.queueUrl(name) };
}

function getQueueAttributes(call: Call): object {
  const queue = targetQueue(call);
  const names = optionalStrings(call.input, 'AttributeNames');
  const values: Record<string, string> = {
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(queue.visible),
    ApproximateNumberOfMessagesNotVisible: String(queue.inFlight),
    ApproximateNumberOfMessagesDelayed: String(queue.delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAt / 1000)),
    ...queue.attributes.texts,
  };
  if (names.includes('All')) return { Attributes: values };
  const asked: Record<string, string> = {};
  for (const name of names) {
    if (!computedAttributes.includes(name) && !settableAttributes.includes(name)) {
      throw modelledError('InvalidAttributeName', `Unknown Attribute ${name}.`);
    }
    const value = values[name];
    if (value !== undefined) asked[name] = value;
  }
  return Object.keys(asked).length > 0 ? { Attributes: asked } : {};
}

function setQueueAttributes(call: Call): object {
  const queue = targetQueue(call);
  const attributes = changedAttributes(queue.attributes, optionalStringMap(call.input, 'Attributes'));
  call.sqs.checkRedrivePolicy(queue.arn, attributes);
  queue.attributes = attributes;
  queue.modifiedAt = call.sqs.now();
  return {};
}

/** One page of names in order. The token is the last name of the page before. */
function pageOf(call: Call, names: string[]): { urls: string[]; next: { NextToken?: string } } {
  const max = optionalInteger(call.input, 'MaxResults', 1, 1000);
  const token = optionalString(call.input, 'NextToken');
  const after = token === undefined ? '' : Buffer.from(token, 'base64').toString();
  if (token !== undefined && max === undefined) {
    throw invalidValue(
      token,
      'NextToken',
      'MaxResults is a mandatory parameter when you provide a value for NextToken.',
    );
  }
  const rest = names.sort().filter((name) => name > after);
  const page = rest.slice(0, max ?? 1000);
  const last = page.at(-1);
  return {
    urls: page.map((name) => call.sqs.queueUrl(name)),
    next:
      max !== undefined && last !== undefined && rest.length > page.length
        ? { NextToken: Buffer.from(last).toString('base64') }
        : {},
  };
}

function listQueues(call: Call): object {
  const prefix = optionalString(call.input, 'QueueNamePrefix') ?? '';
  const { urls, next } = pageOf(
    call,
    [...call.sqs.queues.keys()].filter((name) => name.startsWith(prefix)),
  );
  return urls.length > 0 ? { QueueUrls: urls, ...next } : {};
}

function listDeadLetterSourceQueues(call: Call): object {
  const sources = call.sqs.sourcesOf(targetQueue(call));
  const { urls, next } = pageOf(
    call,
    sources.map(({ name }) => name),
  );
  return { queueUrls: urls, ...next };
}

function purgeQueue(call: Call): object {
  const queue = targetQueue(call);
  const now = call.sqs.now();
  if (now < queue.purgedAt + call.sqs.scaled(60)) {
    throw modelledError(
      'PurgeQueueInProgress',
      `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`,
    );
  }
  queue.purgedAt = now;
  queue.purge();
  return {};
}

export const queueOperations: Operations = {
  CreateQueue: createQueue,
  GetQueueUrl: getQueueUrl,
  GetQueueAttributes: getQueueAttributes,
  SetQueueAttributes: setQueueAttributes,
  ListQueues: listQueues,
  ListDeadLetterSourceQueues: listDeadLetterSourceQueues,
  PurgeQueue: purgeQueue,
  DeleteQueue(call) {
    call.sqs.delete(targetQueue(call));
    return {};
  },
  TagQueue(call) {
    Object.assign(targetQueue(call).tags, optionalStringMap(call.input, 'Tags'));
    return {};
  },
  UntagQueue(call) {
    const { tags } = targetQueue(call);
    for (const key of optionalStrings(call.input, 'TagKeys')) delete tags[key];
    return {};
  },
  ListQueueTags(call) {
    const { tags } = targetQueue(call);
    return Object.keys(tags).length > 0 ? { Tags: tags } : {};
  },
};
