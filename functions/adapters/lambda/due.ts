import type { LambdaClient } from '@aws-sdk/client-lambda';
import { type DueRequest, dueResponseSchema } from '../../contract/messages.ts';
import { ConfigurationError } from '../../core/model/errors.ts';
import type { Reference } from '../../core/model/reference.ts';
import type { DueReferences } from '../../core/ports/database.ts';
import { ask } from './ask.ts';

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
    return (await ask(this.#client, name, request, dueResponseSchema)).references;
  }
}
