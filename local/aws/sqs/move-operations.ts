import type { Operations } from './call.ts';
import { optionalInteger, optionalString, requiredString } from './input.ts';
import { type MoveTask, maxMovesPerSecond } from './move-tasks.ts';

function shown(task: MoveTask): object {
  return {
    ...(task.status === 'RUNNING' && { TaskHandle: task.handle }),
    Status: task.status,
    SourceArn: task.sourceArn,
    ...(task.destinationArn !== null && { DestinationArn: task.destinationArn }),
    ...(task.perSecond !== null && { MaxNumberOfMessagesPerSecond: task.perSecond }),
    ApproximateNumberOfMessagesMoved: task.moved,
    ApproximateNumberOfMessagesToMove: task.toMove,
    ...(task.failureReason !== null && { FailureReason: task.failureReason }),
    StartedTimestamp: Math.floor(task.startedAt),
  };
}

export const moveOperations: Operations = {
  StartMessageMoveTask({ moveTasks, input }) {
    const task = moveTasks.start(
      requiredString(input, 'SourceArn'),
      optionalString(input, 'DestinationArn') ?? null,
      optionalInteger(input, 'MaxNumberOfMessagesPerSecond', 1, maxMovesPerSecond) ?? null,
    );
    return { TaskHandle: task.handle };
  },
  ListMessageMoveTasks({ moveTasks, input }) {
    const tasks = moveTasks.list(
      requiredString(input, 'SourceArn'),
      optionalInteger(input, 'MaxResults', 1, 10) ?? 1,
    );
    return { Results: tasks.map(shown) };
  },
  CancelMessageMoveTask({ moveTasks, input }) {
    return { ApproximateNumberOfMessagesMoved: moveTasks.cancel(requiredString(input, 'TaskHandle')).moved };
  },
};
