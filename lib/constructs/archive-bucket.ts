import { Aws, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  ObjectOwnership,
  StorageClass,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import { resourceName } from '../names.ts';
import type { NarxFunction } from './narx-function.ts';

/**
 * What has left the database, for good: nothing in it expires, and it becomes cheaper with age (docs/decisions/0057). A version
 * that was replaced is kept for a year, so that neither a mistake nor a wrong key takes a month away.
 */
export class ArchiveBucket extends Construct {
  readonly #bucket: Bucket;

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id);
    this.#bucket = new Bucket(this, 'Bucket', {
      bucketName: `${resourceName(config, 'archive')}-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      versioned: true,
      lifecycleRules: [
        {
          id: 'tier',
          transitions: [
            { storageClass: StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(30) },
            { storageClass: StorageClass.GLACIER_INSTANT_RETRIEVAL, transitionAfter: Duration.days(90) },
            { storageClass: StorageClass.DEEP_ARCHIVE, transitionAfter: Duration.days(365) },
          ],
          noncurrentVersionExpiration: Duration.days(365),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
          expiredObjectDeleteMarker: true,
        },
      ],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    (this.#bucket.node.defaultChild as CfnBucket).overrideLogicalId('ArchiveBucket');
    Validations.of(this.#bucket).acknowledge({
      id: 'AwsSolutions::AwsSolutions-S1',
      reason:
        'One function per storage domain writes here: CloudTrail data events answer who, without a second bucket.',
    });
  }

  get bucketName(): string {
    return this.#bucket.bucketName;
  }

  /**
   * Reads and writes the files of one storage domain. It may not delete, and overwrites only what it names by its ETag.
   * Listing is what makes S3 answer that an object is not there, rather than that nobody may know.
   */
  grant(user: NarxFunction, domain: string): void {
    const files = this.#bucket.arnForObjects(`price_point/domain=${domain}/*`);
    user.allow(['s3:GetObject', 's3:PutObject'], [files]);
    user.allow(['s3:ListBucket'], [this.#bucket.bucketArn]);
    Validations.of(user.executionRole).acknowledge({
      id: `AwsSolutions::AwsSolutions-IAM5[Resource::<ArchiveBucket.Arn>/price_point/domain=${domain}/*]`,
      reason: 'Months and parts are not known beforehand; the function reaches those of its own domain only.',
    });
  }
}
