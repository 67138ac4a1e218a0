import { Duration, RemovalPolicy, TimeZone, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ContextAttribute,
  Schedule,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
} from 'aws-cdk-lib/aws-scheduler';
import { LambdaInvoke } from 'aws-cdk-lib/aws-scheduler-targets';
import { type CfnQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import { logicalId, resourceName } from '../names.ts';
import type { NarxFunction } from './narx-function.ts';

/** The stage's schedules, in one group, with one role and one queue for events that could not be delivered. */
export class Scheduler extends Construct {
  readonly undeliverable: Queue;
  readonly schedules: Schedule[] = [];
  readonly #config: StageConfig;
  readonly #group: ScheduleGroup;
  readonly #role: Role;

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id);
    this.#config = config;
    this.#group = new ScheduleGroup(this, 'Group', {
      scheduleGroupName: resourceName(config),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.undeliverable = new Queue(this, 'Undeliverable', {
      queueName: resourceName(config, 'schedules', 'dlq'),
      retentionPeriod: Duration.days(config.queues.deadLetterRetentionDays),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    (this.undeliverable.node.defaultChild as CfnQueue).overrideLogicalId('SchedulesDeadLetters');
    Validations.of(this.undeliverable).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SQS3',
      reason: 'This is a dead-letter queue, of schedules; the rule knows only those of other queues.',
    });
    this.#role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { ArnEquals: { 'aws:SourceArn': this.#group.scheduleGroupArn } },
      }),
      description: `Schedules of ${resourceName(config)}`,
    });
    this.#role.addToPolicy(
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.undeliverable.queueArn] }),
    );
  }

  /** Lets schedules start this function. Once per function. */
  allow(target: NarxFunction): void {
    this.#role.addToPolicy(
      new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [target.functionArn] }),
    );
    // A slot that is this late has been overtaken by the next one; dispatch collapses it in any case.
    target.configureAsyncInvoke({ maxEventAge: Duration.minutes(15), retryAttempts: 1 });
  }

  /** Starts `target` with `input` and the slot as `scheduledTime`. */
  add(
    parts: [string, string],
    target: NarxFunction,
    expression: string,
    input: Record<string, string>,
  ): Schedule {
    const schedule = new Schedule(this, logicalId(...parts), {
      scheduleName: resourceName(this.#config, ...parts),
      scheduleGroup: this.#group,
      schedule: ScheduleExpression.expression(expression, TimeZone.ETC_UTC),
      target: new LambdaInvoke(target, {
        // What the role may do is said above, without the wildcard that this class would add.
        role: this.#role.withoutPolicyUpdates(),
        input: ScheduleTargetInput.fromObject({ ...input, scheduledTime: ContextAttribute.scheduledTime }),
        deadLetterQueue: this.undeliverable,
        maxEventAge: Duration.minutes(15),
        retryAttempts: 5,
      }),
    });
    schedule.node.addDependency(this.#role);
    this.schedules.push(schedule);
    return schedule;
  }
}
