import { setTimeout as sleep } from 'node:timers/promises';
import {
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { UsageError } from '../command.ts';
import type { Stage } from '../stage/connect.ts';
import type { StageQueue } from '../stage/names.ts';

export interface Redriven {
  status: string;
  moved: number;
  failure: string | null;
}

/**
 * Moves dead letters back to their queue with a message move task, at most `rate` a second (SQS takes 1 to 500), and follows it
 * until it ends. A task that runs already is followed instead: SQS runs one per queue. The task goes on when this process ends.
 */
export async function redrive(
  stage: Stage,
  queue: StageQueue,
  rate: number,
  tell: (moved: number, of: number) => void,
): Promise<Redriven> {
  const running = await newestTask(stage, queue);
  if (running?.Status !== 'RUNNING')
    await stage.clients.sqs.send(
      new StartMessageMoveTaskCommand({
        SourceArn: queue.deadLetters.arn,
        MaxNumberOfMessagesPerSecond: rate,
      }),
    );
  for (;;) {
    const task = await newestTask(stage, queue);
    if (!task) throw new UsageError(`SQS does not know the task that it was given; try again.`);
    const moved = task.ApproximateNumberOfMessagesMoved ?? 0;
    tell(moved, task.ApproximateNumberOfMessagesToMove ?? moved);
    if (task.Status !== 'RUNNING' && task.Status !== 'CANCELLING')
      return { status: task.Status ?? 'UNKNOWN', moved, failure: task.FailureReason ?? null };
    await sleep(stage.local ? 200 : 2_000);
  }
}

async function newestTask(
  { clients }: Stage,
  { deadLetters }: StageQueue,
): Promise<ListMessageMoveTasksResultEntry | undefined> {
  const { Results = [] } = await clients.sqs.send(
    new ListMessageMoveTasksCommand({ SourceArn: deadLetters.arn, MaxResults: 1 }),
  );
  return Results[0];
}
