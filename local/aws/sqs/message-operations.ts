import { randomUUID } from 'node:crypto';
import { readEntries, runBatch } from './batch.ts';
import type { Call, Operations } from './call.ts';
import { invalidValue, missingParameter, modelledError, SqsError } from './errors.ts';
import { type Input, optionalInteger, optionalStrings, requiredString } from './input.ts';
import {
  checkSize,
  type Message,
  type MessageAttribute,
  type MessageContent,
  maxRequestBytes,
  md5OfAttributes,
  md5OfTraceHeader,
  newMessage,
  readContent,
} from './message.ts';
import type { Held, Queue } from './queue.ts';
import { readReceiptHandle, writeReceiptHandle } from './receipt-handle.ts';
import type { Sqs } from './sqs.ts';

const maxVisibilitySeconds = 43_200;

function targetQueue({ sqs, input }: Call): Queue {
  return sqs.byUrl(requiredString(input, 'QueueUrl'));
}

function send(sqs: Sqs, queue: Queue, input: Input, content: MessageContent): object {
  checkSize(content, queue.attributes.maximumMessageSize);
  const delaySeconds = optionalInteger(input, 'DelaySeconds', 0, 900) ?? queue.attributes.delaySeconds;
  const message = newMessage(content, randomUUID(), sqs.now());
  sqs.send(queue, message, delaySeconds);
  const md5 = md5OfAttributes(message.attributes);
  const systemMd5 = md5OfTraceHeader(message.traceHeader);
  return {
    MessageId: message.id,
    MD5OfMessageBody: message.md5OfBody,
    ...(md5 !== null && { MD5OfMessageAttributes: md5 }),
    ...(systemMd5 !== null && { MD5OfMessageSystemAttributes: systemMd5 }),
  };
}

function sendMessage(call: Call): object {
  const queue = targetQueue(call);
  const result = send(call.sqs, queue, call.input, readContent(call.input));
  call.sqs.polls.notify(queue);
  return result;
}

function sendMessageBatch(call: Call): object {
  const queue = targetQueue(call);
  const contents = new Map(readEntries(call.input).map(({ id, entry }) => [id, contentOrError(entry)]));
  let bytes = 0;
  for (const content of contents.values()) bytes += content instanceof SqsError ? 0 : content.size;
  if (bytes > maxRequestBytes) {
    throw modelledError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${maxRequestBytes} bytes. You have sent ${bytes} bytes.`,
    );
  }
  const result = runBatch(call, (entry, id) => {
    const content = contents.get(id) ?? contentOrError(entry);
    if (content instanceof SqsError) throw content;
    return send(call.sqs, queue, entry, content);
  });
  call.sqs.polls.notify(queue);
  return result;
}

/** A broken entry fails by itself, not the batch. */
function contentOrError(entry: Input): MessageContent | SqsError {
  try {
    return readContent(entry);
  } catch (error) {
    if (error instanceof SqsError) return error;
    throw error;
  }
}

async function receiveMessage(call: Call): Promise<object> {
  const { sqs, input, gone } = call;
  const queue = targetQueue(call);
  const messages = await sqs.polls.receive(
    queue,
    {
      max: optionalInteger(input, 'MaxNumberOfMessages', 1, 10) ?? 1,
      visibilitySeconds:
        optionalInteger(input, 'VisibilityTimeout', 0, maxVisibilitySeconds) ??
        queue.attributes.visibilityTimeout,
      waitSeconds: optionalInteger(input, 'WaitTimeSeconds', 0, 20) ?? queue.attributes.receiveWaitSeconds,
    },
    gone,
  );
  if (messages.length === 0) return {};
  const systemNames = [
    ...optionalStrings(input, 'MessageSystemAttributeNames'),
    ...optionalStrings(input, 'AttributeNames'),
  ];
  const names = optionalStrings(input, 'MessageAttributeNames');
  return { Messages: messages.map((held) => shown(queue, held, systemNames, names)) };
}

function shown(queue: Queue, { message, number }: Held, systemNames: string[], names: string[]): object {
  const system = systemAttributes(message, systemNames);
  const attributes = selected(message.attributes, names);
  const md5 = md5OfAttributes(attributes);
  return {
    MessageId: message.id,
    ReceiptHandle: writeReceiptHandle(queue.name, number),
    MD5OfBody: message.md5OfBody,
    Body: message.body,
    ...(Object.keys(system).length > 0 && { Attributes: system }),
    ...(md5 !== null && { MessageAttributes: attributes, MD5OfMessageAttributes: md5 }),
  };
}

function systemAttributes(message: Message, names: string[]): Record<string, string> {
  if (names.length === 0) return {};
  const values: Record<string, string | number | null> = {
    SenderId: 'AIDALOCALSENDER',
    SentTimestamp: Math.floor(message.sentAt),
    ApproximateReceiveCount: message.receiveCount,
    ApproximateFirstReceiveTimestamp: Math.floor(message.firstReceivedAt ?? 0),
    DeadLetterQueueSourceArn: message.deadLetterSourceArn,
    AWSTraceHeader: message.traceHeader,
    MessageGroupId: message.groupId,
  };
  const asked = Object.entries(values).filter(
    ([name, value]) => value !== null && (names.includes('All') || names.includes(name)),
  );
  return Object.fromEntries(asked.map(([name, value]) => [name, String(value)]));
}

/** `All` and `.*` select everything, `foo.*` and `foo*` a prefix. */
function selected(attributes: Message['attributes'], names: string[]): Record<string, MessageAttribute> {
  const matches = (attribute: string) =>
    names.some((name) => {
      if (name === 'All' || name === '.*' || name === '*') return true;
      return name.endsWith('*') ? attribute.startsWith(name.replace(/\.?\*$/, '')) : attribute === name;
    });
  return Object.fromEntries(Object.entries(attributes).filter(([attribute]) => matches(attribute)));
}

/** A handle whose message is gone already deletes nothing and succeeds, as does an outdated handle. */
function deleteMessage(sqs: Sqs, queue: Queue, input: Input): object {
  const held = queue.find(readReceiptHandle(requiredString(input, 'ReceiptHandle'), queue.name));
  if (held !== undefined && queue.misdelivery?.survivesDelete(held.number)) queue.hide(held, sqs.now());
  else if (held !== undefined) queue.remove(held);
  queue.deleted++;
  return {};
}

function changeVisibility(sqs: Sqs, queue: Queue, input: Input): object {
  const handle = requiredString(input, 'ReceiptHandle');
  const seconds = optionalInteger(input, 'VisibilityTimeout', 0, maxVisibilitySeconds);
  if (seconds === undefined) throw missingParameter('VisibilityTimeout');
  const held = queue.find(readReceiptHandle(handle, queue.name));
  if (held === undefined) {
    throw invalidValue(
      handle,
      'ReceiptHandle',
      'Message does not exist or is not available for visibility timeout change.',
    );
  }
  if (held.state !== 'in-flight')
    throw modelledError('MessageNotInflight', "The specified message isn't in flight.");
  const until = sqs.now() + sqs.scaled(seconds);
  if (until > held.lastReceivedAt + sqs.scaled(maxVisibilitySeconds)) {
    throw invalidValue(
      seconds,
      'VisibilityTimeout',
      `Total VisibilityTimeout for the message is beyond the limit [${maxVisibilitySeconds} seconds]`,
    );
  }
  queue.hide(held, until);
  return {};
}

export const messageOperations: Operations = {
  SendMessage: sendMessage,
  SendMessageBatch: sendMessageBatch,
  ReceiveMessage: receiveMessage,
  DeleteMessage: (call) => deleteMessage(call.sqs, targetQueue(call), call.input),
  DeleteMessageBatch(call) {
    const queue = targetQueue(call);
    return runBatch(call, (entry) => deleteMessage(call.sqs, queue, entry));
  },
  ChangeMessageVisibility(call) {
    const queue = targetQueue(call);
    changeVisibility(call.sqs, queue, call.input);
    call.sqs.polls.notify(queue);
    return {};
  },
  ChangeMessageVisibilityBatch(call) {
    const queue = targetQueue(call);
    const result = runBatch(call, (entry) => changeVisibility(call.sqs, queue, entry));
    call.sqs.polls.notify(queue);
    return result;
  },
};
