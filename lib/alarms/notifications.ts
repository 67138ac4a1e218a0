import { RemovalPolicy } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import { resourceName } from '../names.ts';

/** Where state changes of alarms go. Encrypted with a key of our own: CloudWatch cannot use the AWS managed one. */
export class Notifications extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id);
    const key = new Key(this, 'Key', {
      description: `Alarm notifications of ${resourceName(config)}`,
      enableKeyRotation: true,
      // It encrypts notifications on their way: nothing stored needs it later.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    key.grantEncryptDecrypt(new ServicePrincipal('cloudwatch.amazonaws.com'));
    this.topic = new Topic(this, 'Topic', {
      topicName: resourceName(config, 'alarms'),
      masterKey: key,
      enforceSSL: true,
    });
    for (const address of config.alarms.emails) this.topic.addSubscription(new EmailSubscription(address));
  }
}
