import { invalidValue, modelledError } from './errors.ts';
import { isInput } from './input.ts';

export interface RedrivePolicy {
  deadLetterTargetArn: string;
  maxReceiveCount: number;
}

export interface RedriveAllowPolicy {
  redrivePermission: 'allowAll' | 'denyAll' | 'byQueue';
  sourceQueueArns: string[];
}

/** Attributes in effect. Durations are in seconds, as SQS takes them. */
export interface QueueAttributes {
  visibilityTimeout: number;
  delaySeconds: number;
  maximumMessageSize: number;
  retentionSeconds: number;
  receiveWaitSeconds: number;
  redrivePolicy: RedrivePolicy | null;
  redriveAllowPolicy: RedriveAllowPolicy | null;
  /** Every attribute that was given or has a default, as text. */
  texts: Record<string, string>;
}

const defaults: Record<string, string> = {
  VisibilityTimeout: '30',
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
};

const ranges: Record<string, [number, number]> = {
  VisibilityTimeout: [0, 43_200],
  DelaySeconds: [0, 900],
  MaximumMessageSize: [1_024, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: [0, 20],
  KmsDataKeyReusePeriodSeconds: [60, 86_400],
};

/** Stored and given back, but without effect here: there is neither encryption nor authorization. */
const inert = ['Policy', 'KmsMasterKeyId', 'SqsManagedSseEnabled'];
const fifoOnly = ['FifoQueue', 'ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit'];

/** Attributes that GetQueueAttributes computes. */
export const computedAttributes = [
  'QueueArn',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
];
export const settableAttributes = [...Object.keys(ranges), ...inert, 'RedrivePolicy', 'RedriveAllowPolicy'];

export function newAttributes(given: Record<string, string>): QueueAttributes {
  return merge(defaults, given);
}

/** The attributes after SetQueueAttributes. Policies and keys are removed by an empty string. */
export function changedAttributes(current: QueueAttributes, given: Record<string, string>): QueueAttributes {
  return merge(current.texts, given);
}

/** The first given attribute whose value is not the one in effect: CreateQueue is idempotent only without any. */
export function differingAttribute(current: QueueAttributes, given: Record<string, string>): string | null {
  const wanted = changedAttributes(current, given).texts;
  return (
    Object.keys(given).find((name) => canonical(wanted[name]) !== canonical(current.texts[name])) ?? null
  );
}

function merge(base: Record<string, string>, given: Record<string, string>): QueueAttributes {
  const texts = { ...base };
  for (const [name, value] of Object.entries(given)) {
    check(name, value);
    if (value === '') delete texts[name];
    else texts[name] = value;
  }
  if (given['KmsMasterKeyId'] !== undefined && given['KmsMasterKeyId'] !== '') {
    if (given['SqsManagedSseEnabled'] === 'true') {
      throw modelledError(
        'InvalidAttributeName',
        'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
      );
    }
    texts['SqsManagedSseEnabled'] = 'false';
  }
  const number = (name: string) => Number(texts[name]);
  return {
    visibilityTimeout: number('VisibilityTimeout'),
    delaySeconds: number('DelaySeconds'),
    maximumMessageSize: number('MaximumMessageSize'),
    retentionSeconds: number('MessageRetentionPeriod'),
    receiveWaitSeconds: number('ReceiveMessageWaitTimeSeconds'),
    redrivePolicy: readRedrivePolicy(texts['RedrivePolicy']),
    redriveAllowPolicy: readRedriveAllowPolicy(texts['RedriveAllowPolicy']),
    texts,
  };
}

function check(name: string, value: string): void {
  if (fifoOnly.includes(name)) {
    throw modelledError(
      'UnsupportedOperation',
      `FIFO queues are not emulated: attribute ${name} cannot be set.`,
    );
  }
  if (!settableAttributes.includes(name)) {
    throw modelledError('InvalidAttributeName', `Unknown Attribute ${name}.`);
  }
  const range = ranges[name];
  const broken =
    (range !== undefined &&
      !(/^\d+$/.test(value) && Number(value) >= range[0] && Number(value) <= range[1])) ||
    (name === 'SqsManagedSseEnabled' && !['true', 'false'].includes(value)) ||
    (name === 'Policy' && value !== '' && !isInput(parsed(value)));
  if (broken) throw modelledError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
}

function readRedrivePolicy(text: string | undefined): RedrivePolicy | null {
  if (text === undefined) return null;
  const refuse = (reason: string) => invalidValue(text, 'RedrivePolicy', reason);
  const policy = parsed(text);
  if (!isInput(policy)) throw refuse('Redrive policy is not a valid JSON map.');
  const { deadLetterTargetArn, maxReceiveCount } = policy;
  if (deadLetterTargetArn === undefined || maxReceiveCount === undefined) {
    throw refuse(
      'Redrive policy does not contain mandatory attribute: deadLetterTargetArn or maxReceiveCount.',
    );
  }
  if (
    typeof deadLetterTargetArn !== 'string' ||
    !/^arn:aws[\w-]*:sqs:[\w-]+:\d{12}:.+$/.test(deadLetterTargetArn)
  ) {
    throw refuse('Invalid value for deadLetterTargetArn.');
  }
  const count = Number(maxReceiveCount);
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    throw refuse(
      `Invalid value for maxReceiveCount: ${String(maxReceiveCount)}, valid values are from 1 to 1000 both inclusive.`,
    );
  }
  return { deadLetterTargetArn, maxReceiveCount: count };
}

function readRedriveAllowPolicy(text: string | undefined): RedriveAllowPolicy | null {
  if (text === undefined) return null;
  const policy = parsed(text);
  const permission = isInput(policy) ? policy['redrivePermission'] : undefined;
  const sources = isInput(policy) ? (policy['sourceQueueArns'] ?? []) : undefined;
  if (
    (permission !== 'allowAll' && permission !== 'denyAll' && permission !== 'byQueue') ||
    !Array.isArray(sources) ||
    sources.length > 10 ||
    (permission === 'byQueue') !== sources.length > 0
  ) {
    throw invalidValue(text, 'RedriveAllowPolicy', 'Amazon SQS can not create the redrive allow policy.');
  }
  return { redrivePermission: permission, sourceQueueArns: sources.map(String) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** JSON texts are compared by what they say: `"3"` and `3`, spaces and the order of members make no difference. */
function canonical(text: string | undefined): string | undefined {
  const value = text === undefined ? undefined : parsed(text);
  if (!isInput(value)) return text;
  return JSON.stringify(
    Object.keys(value)
      .sort()
      .map((key) => [key, typeof value[key] === 'object' ? value[key] : String(value[key])]),
  );
}
