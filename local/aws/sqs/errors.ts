/**
 * An error as SQS's JSON protocol gives it: `type` goes into `__type`, `code` (the older query protocol's name, which the
 * SDKs still read) into the header `x-amzn-query-error` and into the entries of batch results.
 */
export class SqsError extends Error {
  readonly type: string;
  readonly code: string;
  readonly status: number;

  constructor(type: string, code: string, status: number, message: string) {
    super(message);
    this.type = type;
    this.code = code;
    this.status = status;
  }
}

/** Codes and statuses are those of the service model (trait `awsQueryError`). */
const modelled = {
  BatchEntryIdsNotDistinct: ['AWS.SimpleQueueService.BatchEntryIdsNotDistinct', 400],
  BatchRequestTooLong: ['AWS.SimpleQueueService.BatchRequestTooLong', 400],
  EmptyBatchRequest: ['AWS.SimpleQueueService.EmptyBatchRequest', 400],
  InvalidAddress: ['InvalidAddress', 404],
  InvalidAttributeName: ['InvalidAttributeName', 400],
  InvalidAttributeValue: ['InvalidAttributeValue', 400],
  InvalidBatchEntryId: ['AWS.SimpleQueueService.InvalidBatchEntryId', 400],
  InvalidMessageContents: ['InvalidMessageContents', 400],
  MessageNotInflight: ['AWS.SimpleQueueService.MessageNotInflight', 400],
  OverLimit: ['OverLimit', 403],
  PurgeQueueInProgress: ['AWS.SimpleQueueService.PurgeQueueInProgress', 403],
  QueueDeletedRecently: ['AWS.SimpleQueueService.QueueDeletedRecently', 400],
  QueueDoesNotExist: ['AWS.SimpleQueueService.NonExistentQueue', 400],
  QueueNameExists: ['QueueAlreadyExists', 400],
  ReceiptHandleIsInvalid: ['ReceiptHandleIsInvalid', 404],
  RequestThrottled: ['RequestThrottled', 403],
  ResourceNotFoundException: ['ResourceNotFoundException', 404],
  TooManyEntriesInBatchRequest: ['AWS.SimpleQueueService.TooManyEntriesInBatchRequest', 400],
  UnsupportedOperation: ['AWS.SimpleQueueService.UnsupportedOperation', 400],
} as const satisfies Record<string, readonly [string, number]>;

/** One of the errors that the service model names. */
export function modelledError(name: keyof typeof modelled, message: string): SqsError {
  const [code, status] = modelled[name];
  return new SqsError(`com.amazonaws.sqs#${name}`, code, status, message);
}

/** The errors below are the request layer's: AWS sends them, but the service model does not name them. */
export function invalidParameter(message: string): SqsError {
  return new SqsError(
    'com.amazon.coral.service#InvalidParameterValueException',
    'InvalidParameterValue',
    400,
    message,
  );
}

export function invalidValue(value: unknown, parameter: string, reason: string): SqsError {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return invalidParameter(`Value ${text} for parameter ${parameter} is invalid. Reason: ${reason}`);
}

export function missingParameter(parameter: string): SqsError {
  return new SqsError(
    'com.amazon.coral.service#MissingRequiredParameterException',
    'MissingParameter',
    400,
    `The request must contain the parameter ${parameter}.`,
  );
}

export function malformedInput(message: string): SqsError {
  return new SqsError('com.amazon.coral.service#SerializationException', 'MalformedInput', 400, message);
}

export function unknownOperation(target: string): SqsError {
  return new SqsError(
    'com.amazon.coral.service#UnknownOperationException',
    'InvalidAction',
    400,
    `The action or operation requested is invalid: ${target === '' ? 'no X-Amz-Target header' : target}.`,
  );
}

/** An error that a drill asks for. Names of the service model get their real type. */
export function injectedError(code: string, status: number, message: string): SqsError {
  if (!(code in modelled)) return new SqsError(`com.amazonaws.sqs#${code}`, code, status, message);
  const name = code as keyof typeof modelled;
  return new SqsError(`com.amazonaws.sqs#${name}`, modelled[name][0], status, message);
}

export const noSuchQueue = (): SqsError =>
  modelledError('QueueDoesNotExist', 'The specified queue does not exist.');
