import { Duration } from 'aws-cdk-lib';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import type { DeadLetteredQueue } from './dead-lettered-queue.ts';
import type { NarxFunction } from './narx-function.ts';

/**
 * Lets a function consume a queue with partial batch responses and limited concurrency. Without filters: Lambda deletes
 * what a filter does not match.
 */
export class QueueWorker extends Construct {
  readonly mapping: EventSourceMapping;

  constructor(
    scope: Construct,
    id: string,
    props: {
      config: StageConfig;
      source: DeadLetteredQueue;
      worker: NarxFunction;
      maxConcurrency: number;
    },
  ) {
    super(scope, id);
    const { config, source, worker, maxConcurrency } = props;
    const settings = config.queues[source.kind];
    worker.allow(
      ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:ChangeMessageVisibility', 'sqs:GetQueueAttributes'],
      [source.queue.queueArn],
    );
    this.mapping = new EventSourceMapping(this, 'Mapping', {
      target: worker,
      eventSourceArn: source.queue.queueArn,
      batchSize: settings.batchSize,
      maxBatchingWindow: Duration.seconds(settings.batchingWindowSeconds),
      maxConcurrency,
      reportBatchItemFailures: true,
    });
  }
}
