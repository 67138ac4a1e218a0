import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import { type CfnQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import { logicalId, resourceName } from '../names.ts';
import type { NarxFunction } from './narx-function.ts';

export interface DeadLetteredQueueProps {
  config: StageConfig;
  /** `uzum`, `jobs`: the queue is called `narx-<stage>-uzum-jobs`. */
  owner: string;
  kind: 'jobs' | 'snapshots';
  /** Fetched data cannot be planned again: such a queue outlives its stack. */
  removalPolicy: RemovalPolicy;
  /** Timeout of the function that consumes it. */
  consumerTimeoutSeconds: number;
}

/** A queue and its dead letters. The visibility timeout follows from the consumer's, so that the two cannot drift apart. */
export class DeadLetteredQueue extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly kind: 'jobs' | 'snapshots';
  readonly owner: string;

  constructor(scope: Construct, id: string, props: DeadLetteredQueueProps) {
    super(scope, id);
    const { config, owner, kind, removalPolicy } = props;
    const settings = config.queues[kind];
    this.kind = kind;
    this.owner = owner;
    this.deadLetters = new Queue(this, 'DeadLetters', {
      queueName: resourceName(config, owner, kind, 'dlq'),
      retentionPeriod: Duration.days(config.queues.deadLetterRetentionDays),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy,
    });
    this.queue = new Queue(this, 'Queue', {
      queueName: resourceName(config, owner, kind),
      retentionPeriod: Duration.days(settings.retentionDays),
      visibilityTimeout: Duration.seconds(
        visibilitySeconds(props.consumerTimeoutSeconds, settings.batchingWindowSeconds),
      ),
      receiveMessageWaitTime: Duration.seconds(20),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: settings.maxReceiveCount },
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy,
    });
    (this.queue.node.defaultChild as CfnQueue).overrideLogicalId(logicalId(owner, kind));
    (this.deadLetters.node.defaultChild as CfnQueue).overrideLogicalId(
      logicalId(owner, kind, 'dead-letters'),
    );
  }

  grantSend(sender: NarxFunction): void {
    sender.allow(['sqs:SendMessage', 'sqs:GetQueueAttributes'], [this.queue.queueArn]);
  }
}

/**
 * Six times the consumer's timeout and the batching window (Lambda developer guide, "Configuring a queue for use with
 * Lambda"). The longest timeout and window together stay far below the 12 hours that SQS allows.
 */
export function visibilitySeconds(consumerTimeoutSeconds: number, batchingWindowSeconds: number): number {
  return 6 * consumerTimeoutSeconds + batchingWindowSeconds;
}
