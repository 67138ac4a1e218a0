import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { type ProbeRequest, type ProbeResult, probeResponseSchema } from '../../contract/messages.ts';
import type { Probe } from '../../core/ports.ts';

/** Invokes the scrape function and waits for what it found. Once: a repeated call would be a second probe. */
export class ProbeByLambda implements Probe {
  readonly #client: LambdaClient;

  constructor(client: LambdaClient) {
    this.#client = client;
  }

  async probe(functionName: string, request: ProbeRequest): Promise<ProbeResult> {
    try {
      const { FunctionError, Payload } = await this.#client.send(
        new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(request) }),
      );
      const text = Payload === undefined ? '' : Buffer.from(Payload).toString();
      if (FunctionError !== undefined) return failed(`${functionName} failed: ${text.slice(0, 300)}`);
      return probeResponseSchema.parse(JSON.parse(text));
    } catch (error) {
      return failed(`${functionName} gave no answer: ${String(error).slice(0, 300)}`);
    }
  }
}

function failed(detail: string): ProbeResult {
  return { outcome: 'failed', detail, retryAfterMs: null };
}
