import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { type DueRequest, dueResponseSchema } from '../../contract/messages.ts';
import { ConfigurationError, RetryLater } from '../../core/model/errors.ts';
import type { Reference } from '../../core/model/reference.ts';
import type { DueReferences } from '../../core/ports.ts';

/** Most that one request may ask for (`dueRequestSchema`). */
const MOST = 50_000;

/**
 * Asks the due function of the marketplace's storage domain, which is inside the VPC. Throws RetryLater when it failed
 * or answered something else; the references that it may have claimed then come back after one interval.
 */
export class DueByLambda implements DueReferences {
  readonly #client: LambdaClient;
  readonly #functionNames: Readonly<Record<string, string>>;

  constructor(client: LambdaClient, functionNames: Readonly<Record<string, string>>) {
    this.#client = client;
    this.#functionNames = functionNames;
  }

  async claim(marketplace: string, limit: number): Promise<Reference[]> {
    const name = this.#functionNames[marketplace];
    if (name === undefined) {
      throw new ConfigurationError([`DUE_FUNCTION_NAMES has no entry for the marketplace "${marketplace}".`]);
    }
    const request: DueRequest = { marketplace, limit: Math.min(limit, MOST) };
    const { FunctionError, Payload } = await this.#client.send(
      new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(request) }),
    );
    const text = Payload === undefined ? '' : Buffer.from(Payload).toString();
    if (FunctionError !== undefined) throw new RetryLater(`${name} failed: ${text.slice(0, 300)}`);
    try {
      return dueResponseSchema.parse(JSON.parse(text)).references;
    } catch (cause) {
      throw new RetryLater(`${name} answered what is not a list of references.`, { cause });
    }
  }
}
