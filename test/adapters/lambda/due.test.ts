import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { DueByLambda } from '../../../functions/adapters/lambda/due.ts';
import { ConfigurationError, RetryLater } from '../../../functions/core/model/errors.ts';

const lambda = mockClient(LambdaClient);
afterAll(() => lambda.restore());
beforeEach(() => lambda.reset());
const due = new DueByLambda(new LambdaClient({ region: 'eu-central-1' }), { uzum: 'narx-due' });

function answers(payload: unknown, FunctionError?: string): void {
  const bytes = new TextEncoder().encode(JSON.stringify(payload));
  // The SDK's payload is a Uint8Array with two more methods, which are not used.
  const Payload = Object.assign(bytes, { transformToString: () => '' });
  lambda
    .on(InvokeCommand)
    .resolves({ Payload, ...(FunctionError !== undefined && { FunctionError }) } as object);
}

test('asks the function of the marketplace and returns its references', async () => {
  const references = [{ kind: 'product', externalId: '1' }];
  answers({ references });
  expect(await due.claim('uzum', 100)).toEqual(references);
  const input = lambda.commandCalls(InvokeCommand)[0]?.args[0].input;
  expect(input?.FunctionName).toBe('narx-due');
  expect(JSON.parse(String(input?.Payload))).toEqual({ marketplace: 'uzum', limit: 100 });
});

test('never asks for more than one request may', async () => {
  answers({ references: [] });
  await due.claim('uzum', 80_000);
  const input = lambda.commandCalls(InvokeCommand)[0]?.args[0].input;
  expect(JSON.parse(String(input?.Payload))).toMatchObject({ limit: 50_000 });
});

test('a function that failed is retried later, with its message', async () => {
  answers({ errorType: 'Error', errorMessage: 'connection refused' }, 'Unhandled');
  await expect(due.claim('uzum', 1)).rejects.toThrow(/narx-due failed: .*connection refused/);
  await expect(due.claim('uzum', 1)).rejects.toBeInstanceOf(RetryLater);
});

test.each([[null], [{}], [{ references: [{ kind: 'thing' }] }]])('%j is no answer', async (payload) => {
  answers(payload);
  await expect(due.claim('uzum', 1)).rejects.toBeInstanceOf(RetryLater);
});

test('a marketplace without a due function is a fault of the configuration', async () => {
  await expect(due.claim('olx', 1)).rejects.toBeInstanceOf(ConfigurationError);
});
