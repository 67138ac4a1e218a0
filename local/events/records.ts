import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSEvent, SQSMessageAttribute, SQSRecord } from 'aws-lambda';

/** A synchronous invocation's payload may have 6 MB. Source: Lambda quotas. */
const maxPayloadBytes = 6 * 1024 * 1024;

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
function remembered(measure: (record: SQSRecord) => number): (record: SQSRecord) => number {
  const known = new WeakMap<SQSRecord, number>();
  return (record) => {
    const bytes = known.get(record) ?? measure(record);
    known.set(record, bytes);
    return bytes;
  };
}

const jsonBytes = (record: SQSRecord): number => Buffer.byteLength(JSON.stringify(record)) + 1;
const exactBytes = remembered(jsonBytes);
/** No less than `exactBytes`, and cheaper: of what SQS lets into a body, JSON writes nothing in more than twice its bytes. */
const bytesAtMost = remembered(
  (record) => jsonBytes({ ...record, body: '' }) + 2 * Buffer.byteLength(record.body),
);

const payloadBytes = (records: readonly SQSRecord[], of: (record: SQSRecord) => number): number =>
  records.reduce((sum, record) => sum + of(record), envelopeBytes);

/** Whether one invocation can take all of the records. */
export function fits(records: readonly SQSRecord[], limitBytes: number = maxPayloadBytes): boolean {
  return payloadBytes(records, bytesAtMost) <= limitBytes || payloadBytes(records, exactBytes) <= limitBytes;
}

/**
 * The longest head of `records` that fits into one invocation, and the rest. A first record that is too large by itself is
 * taken alone: holding it back would block the poller for good.
 */
export function cutToPayload(
  records: readonly SQSRecord[],
  limitBytes: number = maxPayloadBytes,
): { batch: SQSRecord[]; rest: SQSRecord[] } {
  if (fits(records, limitBytes)) return { batch: [...records], rest: [] };
  let bytes = envelopeBytes;
  let count = 0;
  for (const record of records) {
    bytes += exactBytes(record);
    if (count > 0 && bytes > limitBytes) break;
    count++;
  }
  return { batch: records.slice(0, count), rest: records.slice(count) };
}
