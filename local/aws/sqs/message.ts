import { createHash, hash } from 'node:crypto';
import { invalidParameter, invalidValue, malformedInput, missingParameter, modelledError } from './errors.ts';
import { type Input, isInput, optionalMap, optionalString } from './input.ts';

/** As on the wire: `BinaryValue` stays base64. */
export interface MessageAttribute {
  DataType: string;
  StringValue?: string;
  BinaryValue?: string;
}

export interface Message {
  /** Changes when a move task redrives the message, never when a redrive policy moves it. */
  id: string;
  body: string;
  md5OfBody: string;
  /** Body and attributes, in bytes as SQS counts them. */
  size: number;
  attributes: Readonly<Record<string, MessageAttribute>>;
  traceHeader: string | null;
  groupId: string | null;
  /** Milliseconds. Retention counts from here, in every queue that the message passes. */
  sentAt: number;
  firstReceivedAt: number | null;
  receiveCount: number;
  /** The queue whose redrive policy moved it. */
  deadLetterSourceArn: string | null;
}

/** The limit of a message and of a whole batch since August 2025. */
export const maxRequestBytes = 1_048_576;

/** Without the u flag, which would cost more than the MD5: unpaired surrogates are looked for separately. */
const forbiddenCharacter = /[^\t\n\r\x20-\uFFFD]/;
const isAllowedText = (text: string) => !forbiddenCharacter.test(text) && text.isWellFormed();
const attributeName = /^[\w.-]{1,256}$/;
const reservedName = /^(aws|amazon)\./i;

/** What a send request says of one message, checked but for its size. */
export interface MessageContent {
  body: string;
  attributes: Record<string, MessageAttribute>;
  traceHeader: string | null;
  groupId: string | null;
  size: number;
}

/**
 * Reads the members that SendMessage and an entry of SendMessageBatch share. Throws MissingParameter,
 * InvalidMessageContents or InvalidParameterValue.
 */
export function readContent(input: Input): MessageContent {
  const body = optionalString(input, 'MessageBody');
  if (body === undefined || body === '') throw missingParameter('MessageBody');
  if (!isAllowedText(body)) {
    throw modelledError('InvalidMessageContents', 'The message contains characters outside the allowed set.');
  }
  if (optionalString(input, 'MessageDeduplicationId') !== undefined) {
    throw invalidValue(
      input['MessageDeduplicationId'],
      'MessageDeduplicationId',
      'The request include parameter that is not valid for this queue type.',
    );
  }
  const attributes = readAttributes(optionalMap(input, 'MessageAttributes'));
  return {
    body,
    attributes,
    traceHeader: readTraceHeader(optionalMap(input, 'MessageSystemAttributes')),
    groupId: optionalString(input, 'MessageGroupId') ?? null,
    size: Buffer.byteLength(body) + attributesSize(attributes),
  };
}

/** Throws InvalidParameterValue for a message beyond the queue's MaximumMessageSize. */
export function checkSize(content: MessageContent, maximum: number): void {
  if (content.size > maximum) {
    throw invalidParameter(
      `One or more parameters are invalid. Reason: Message must be shorter than ${maximum} bytes.`,
    );
  }
}

export function newMessage(content: MessageContent, id: string, sentAt: number): Message {
  return {
    ...content,
    id,
    md5OfBody: hash('md5', content.body),
    sentAt,
    firstReceivedAt: null,
    receiveCount: 0,
    deadLetterSourceArn: null,
  };
}

function readAttributes(map: Input): Record<string, MessageAttribute> {
  const names = Object.keys(map);
  if (names.length > 10) {
    throw invalidParameter(
      `Number of message attributes [${names.length}] exceeds the allowed maximum [10].`,
    );
  }
  return Object.fromEntries(names.map((name) => [name, readAttribute(name, map[name])]));
}

function readAttribute(name: string, value: unknown): MessageAttribute {
  if (!attributeName.test(name) || reservedName.test(name) || /^\.|\.$|\.\./.test(name)) {
    throw invalidParameter(`Message (user) attribute name '${name}' is invalid.`);
  }
  if (!isInput(value)) throw malformedInput(`MessageAttributes.${name} must be a structure.`);
  const DataType = optionalString(value, 'DataType') ?? '';
  const type = DataType.split('.', 1)[0] ?? '';
  if (!['String', 'Number', 'Binary'].includes(type) || DataType.length > 256) {
    throw invalidParameter(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  const text = optionalString(value, type === 'Binary' ? 'BinaryValue' : 'StringValue');
  if (text === undefined || text === '') {
    throw invalidParameter(
      `Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`,
    );
  }
  if (type === 'Binary') return { DataType, BinaryValue: text };
  if (type === 'Number' && !Number.isFinite(Number(text))) {
    throw invalidParameter(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  }
  if (!isAllowedText(text)) {
    throw invalidParameter(`Invalid non-ASCII or control characters in message (user) attribute '${name}'.`);
  }
  return { DataType, StringValue: text };
}

function readTraceHeader(map: Input): string | null {
  for (const name of Object.keys(map)) {
    if (name !== 'AWSTraceHeader')
      throw invalidParameter(`Message system attribute name '${name}' is invalid.`);
  }
  const value = map['AWSTraceHeader'];
  if (value === undefined) return null;
  const header =
    isInput(value) && value['DataType'] === 'String' ? optionalString(value, 'StringValue') : undefined;
  if (header === undefined)
    throw invalidParameter("Message system attribute 'AWSTraceHeader' must be a String.");
  return header;
}

function attributesSize(attributes: Readonly<Record<string, MessageAttribute>>): number {
  let size = 0;
  for (const [name, { DataType, StringValue, BinaryValue }] of Object.entries(attributes)) {
    size += Buffer.byteLength(name) + Buffer.byteLength(DataType);
    size +=
      StringValue === undefined
        ? Buffer.byteLength(BinaryValue ?? '', 'base64')
        : Buffer.byteLength(StringValue);
  }
  return size;
}

/**
 * MD5 as the developer guide defines it ("Calculating the MD5 message digest for message attributes"): names sorted, each
 * of name, type and value preceded by its length, and a byte that tells strings from binaries. Null for no attributes.
 */
export function md5OfAttributes(attributes: Readonly<Record<string, MessageAttribute>>): string | null {
  const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.length === 0) return null;
  const digest = createHash('md5');
  const add = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    digest.update(length).update(bytes);
  };
  for (const [name, { DataType, StringValue, BinaryValue }] of entries) {
    add(Buffer.from(name));
    add(Buffer.from(DataType));
    digest.update(Buffer.of(BinaryValue === undefined ? 1 : 2));
    add(BinaryValue === undefined ? Buffer.from(StringValue ?? '') : Buffer.from(BinaryValue, 'base64'));
  }
  return digest.digest('hex');
}

/** MD5 of the one system attribute that a sender may give. */
export function md5OfTraceHeader(header: string | null): string | null {
  return header === null
    ? null
    : md5OfAttributes({ AWSTraceHeader: { DataType: 'String', StringValue: header } });
}
