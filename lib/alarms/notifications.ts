import { RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct, type IDependable } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import { logicalId, resourceName } from '../names.ts';
import type { Level } from './definition.ts';

/**
 * Where state changes of alarms go, one topic for each level: what is critical wakes somebody, a warning waits for the
 * morning. Encrypted with a key of our own: CloudWatch cannot use the AWS managed one.
 */
export class Notifications extends Construct {
  readonly topics: Readonly<Record<Level, Topic>>;
  readonly #key: Key;

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id);
    const key = new Key(this, 'Key', {
      description: `Alarm notifications of ${resourceName(config)}`,
      enableKeyRotation: true,
      // It encrypts notifications on their way: nothing stored needs it later.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    key.grantEncryptDecrypt(new ServicePrincipal('cloudwatch.amazonaws.com'));
    const topic = (level: Level): Topic => {
      const made = new Topic(this, logicalId(level), {
        topicName: resourceName(config, 'alarms', level),
        masterKey: key,
        enforceSSL: true,
      });
      for (const address of config.alarms.emails[level]) made.addSubscription(new EmailSubscription(address));
      return made;
    };
    this.topics = { critical: topic('critical'), warning: topic('warning') };
    this.#key = key;
  }

  /** Lets an AWS service publish here on behalf of an account. Returns what must exist before it can. */
  allow(service: string, account: string): IDependable {
    const principal = new ServicePrincipal(service, {
      conditions: { StringEquals: { 'aws:SourceAccount': account } },
    });
    this.#key.grantEncryptDecrypt(principal);
    for (const topic of Object.values(this.topics))
      topic.addToResourcePolicy(
        new PolicyStatement({
          actions: ['sns:Publish'],
          principals: [principal],
          resources: [topic.topicArn],
        }),
      );
    return this;
  }
}
