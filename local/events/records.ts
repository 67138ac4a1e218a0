import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSMessageAttribute, SQSRecord } from 'aws-lambda';

/** A synchronous invocation's payload may have 6 MB. Source: Lambda quotas. */
export const maxPayloadBytes = 6 * 1024 * 1024;

function attribute(value: MessageAttributeValue): SQSMessageAttribute {
  return {
    ...(value.StringValue === undefined ? {} : { stringValue: value.StringValue }),
    ...(value.BinaryValue === undefined
      ? {}
      : { binaryValue: Buffer.from(value.BinaryValue).toString('base64') }),
    stringListValues: [],
    binaryListValues: [],
    dataType: value.DataType ?? 'String',
  };
}

/** The record that Lambda makes of a received message: lower-case names, system attributes as strings. */
export function toRecord(message: Message, queueArn: string, region: string): SQSRecord {
  return {
    messageId: message.MessageId ?? '',
    receiptHandle: message.ReceiptHandle ?? '',
    body: message.Body ?? '',
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: '0',
      SenderId: '',
      ApproximateFirstReceiveTimestamp: '0',
      ...message.Attributes,
    },
    messageAttributes: Object.fromEntries(
      Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, attribute(value)]),
    ),
    md5OfBody: message.MD5OfBody ?? '',
    ...(message.MD5OfMessageAttributes === undefined
      ? {}
      : { md5OfMessageAttributes: message.MD5OfMessageAttributes }),
    eventSource: 'aws:sqs',
    eventSourceARN: queueArn,
    awsRegion: region,
  };
}

const envelopeBytes = Buffer.byteLength(JSON.stringify({ Records: [] } satisfies SQSEvent));

/** A record is asked for more than once, and does not change. */
const measured = new WeakMap<SQSRecord, number>();

function recordBytes(record: SQSRecord): number {
  const bytes = measured.get(record) ?? Buffer.byteLength(JSON.stringify(record)) + 1;
  measured.set(record, bytes);
  return bytes;
}

/** What the records add to an invocation's payload, in bytes of JSON. */
export function payloadBytes(records: readonly SQSRecord[]): number {
  return records.reduce((sum, record) => sum + recordBytes(record), 0);
}

/**
 * The longest head of `records` that fits into one invocation, and the rest. A first record that is too large by itself is
 * taken alone: holding it back would block the poller for good.
 */
export function cutToPayload(
  records: readonly SQSRecord[],
  limitBytes: number = maxPayloadBytes,
): { batch: SQSRecord[]; rest: SQSRecord[] } {
  let bytes = envelopeBytes;
  let count = 0;
  for (const record of records) {
    bytes += recordBytes(record);
    if (count > 0 && bytes > limitBytes) break;
    count++;
  }
  return { batch: records.slice(0, count), rest: records.slice(count) };
}
