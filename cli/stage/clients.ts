import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { RunningStack } from '../../local/stack-file.ts';

/** SDK clients of one stage. They give up soon: somebody is waiting in front of a terminal. */
export interface StageClients {
  sqs: SQSClient;
  s3: S3Client;
  dynamodb: DynamoDBClient;
  lambda: LambdaClient;
}

/** Longest wait for one answer in milliseconds, with one more attempt. */
const answerMs = 5_000;
/** A function that is called answers when it is done: within its timeout, 15 minutes at most. It is called once. */
const functionMs = 905_000;

function limits(requestTimeout: number, maxAttempts: number) {
  const requestHandler = new NodeHttpHandler({
    connectionTimeout: 2_000,
    requestTimeout,
    throwOnRequestTimeout: true,
  });
  return { maxAttempts, requestHandler };
}

/** Settings of a client whose service answers at once. */
export const answersSoon = () => limits(answerMs, 2);

/** Clients of the stack that runs here; null: of AWS, with region and credentials of the shell. */
export function createClients(stack: RunningStack | null): StageClients {
  const place =
    stack === null
      ? {}
      : { region: stack.region, credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
  const at = (service: 'sqs' | 's3' | 'dynamodb' | 'lambda') => ({
    ...place,
    ...(stack === null ? {} : { endpoint: stack.endpoints[service] }),
  });
  return {
    sqs: new SQSClient({ ...at('sqs'), ...answersSoon() }),
    s3: new S3Client({ ...at('s3'), ...answersSoon(), forcePathStyle: stack !== null }),
    dynamodb: new DynamoDBClient({ ...at('dynamodb'), ...answersSoon() }),
    lambda: new LambdaClient({ ...at('lambda'), ...limits(functionMs, 1) }),
  };
}
