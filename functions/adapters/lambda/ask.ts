import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { z } from 'zod';
import { RetryLater } from '../../core/model/errors.ts';

/** Invokes a function and waits for its answer. Throws RetryLater when it failed, or answered what does not fit `answer`. */
export async function ask<Answer extends z.ZodType>(
  client: LambdaClient,
  functionName: string,
  request: unknown,
  answer: Answer,
): Promise<z.output<Answer>> {
  const { FunctionError, Payload } = await client.send(
    new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(request) }),
  );
  const text = Payload === undefined ? '' : Buffer.from(Payload).toString();
  if (FunctionError !== undefined) throw new RetryLater(`${functionName} failed: ${text.slice(0, 300)}`);
  try {
    return answer.parse(JSON.parse(text));
  } catch (cause) {
    throw new RetryLater(`${functionName} gave an answer that is none: ${text.slice(0, 300)}`, { cause });
  }
}
