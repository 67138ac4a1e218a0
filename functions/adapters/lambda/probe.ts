import type { LambdaClient } from '@aws-sdk/client-lambda';
import { type ProbeRequest, type ProbeResult, probeResponseSchema } from '../../contract/messages.ts';
import type { Probe } from '../../core/ports/fetching.ts';
import { ask } from './ask.ts';

/** Asks the scrape function. Once: a repeated call would be a second probe. */
export class ProbeByLambda implements Probe {
  readonly #client: LambdaClient;

  constructor(client: LambdaClient) {
    this.#client = client;
  }

  async probe(functionName: string, request: ProbeRequest): Promise<ProbeResult> {
    try {
      return await ask(this.#client, functionName, request, probeResponseSchema);
    } catch (error) {
      return { outcome: 'failed', detail: String(error).slice(0, 300), retryAfterMs: null };
    }
  }
}
