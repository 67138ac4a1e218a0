import {
  GetEventSourceMappingCommand,
  type LambdaClient,
  ResourceInUseException,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import type { QueueConsumers } from '../../core/ports/queues.ts';

/** Event source mappings by their identifier. Errors of the SDK are thrown as they are. */
export class LambdaQueueConsumers implements QueueConsumers {
  readonly #client: LambdaClient;

  constructor(client: LambdaClient) {
    this.#client = client;
  }

  async state(mapping: string): Promise<'enabled' | 'disabled' | 'changing'> {
    const { State } = await this.#client.send(new GetEventSourceMappingCommand({ UUID: mapping }));
    if (State === 'Enabled') return 'enabled';
    return State === 'Disabled' ? 'disabled' : 'changing';
  }

  async setEnabled(mapping: string, enabled: boolean): Promise<boolean> {
    try {
      await this.#client.send(new UpdateEventSourceMappingCommand({ UUID: mapping, Enabled: enabled }));
      return true;
    } catch (error) {
      if (error instanceof ResourceInUseException) return false;
      throw error;
    }
  }
}
