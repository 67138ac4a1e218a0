import type { LambdaClient } from '@aws-sdk/client-lambda';
import { type StoreProbe, type StoreProbed, storeProbedSchema } from '../../contract/messages.ts';
import type { StorageProbe } from '../../core/ports/storage.ts';
import { ask } from './ask.ts';

/** Asks the store function, which is inside the VPC. */
export class StorageProbeByLambda implements StorageProbe {
  readonly #client: LambdaClient;

  constructor(client: LambdaClient) {
    this.#client = client;
  }

  async probe(functionName: string, request: StoreProbe): Promise<StoreProbed> {
    try {
      return await ask(this.#client, functionName, request, storeProbedSchema);
    } catch (error) {
      return { failure: String(error).slice(0, 300) };
    }
  }
}
