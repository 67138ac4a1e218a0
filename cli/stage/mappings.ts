import { ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import type { Stage } from './connect.ts';
import type { StageQueue } from './names.ts';

/** What feeds a queue's messages to its consumer. */
export interface StageMapping {
  queue: StageQueue;
  functionName: string;
  /** As GetEventSourceMapping and UpdateEventSourceMapping take it. */
  uuid: string;
  /** `Enabled`, `Disabled`, or a transition between them. */
  state: string;
}

/**
 * The event source mappings of a stage, asked of Lambda by function: their identifiers are made when the stage is deployed.
 * A queue that nothing consumes has none.
 */
export async function stageMappings(stage: Stage): Promise<StageMapping[]> {
  const found = await Promise.all(
    stage.names.queues.map(async (queue) => {
      const functionName = stage.names.function(queue.kind === 'jobs' ? 'scrape' : 'store', queue.owner);
      const { EventSourceMappings = [] } = await stage.clients.lambda.send(
        new ListEventSourceMappingsCommand({ FunctionName: functionName, EventSourceArn: queue.arn }),
      );
      return EventSourceMappings.map(({ UUID = '', State = '' }) => ({
        queue,
        functionName,
        uuid: UUID,
        state: State,
      }));
    }),
  );
  return found.flat();
}
