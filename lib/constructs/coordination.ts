import { Aws, Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AttributeType, Billing, type CfnGlobalTable, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type CfnBucket,
  ObjectOwnership,
} from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import { logicalId, resourceName } from '../names.ts';
import { ArchiveBucket } from './archive-bucket.ts';
import type { NarxFunction } from './narx-function.ts';

/** A quarantined payload is of use until its parser is mended. */
const quarantineDays = 90;
/** Spilled visits leave as soon as their queue takes messages again; like a dead letter, they are kept for 14 days. */
const spillDays = 14;

type TableAction = 'GetItem' | 'Query' | 'PutItem' | 'UpdateItem' | 'DeleteItem';

/** What the functions share besides the queues: the coordination table (docs/architecture.md) and the buckets. */
export class Coordination extends Construct {
  readonly table: TableV2;
  readonly quarantine: Bucket;
  readonly rawPages: Bucket;
  readonly archive: ArchiveBucket;
  readonly spill: Bucket;

  constructor(scope: Construct, id: string, config: StageConfig) {
    super(scope, id);
    this.table = new TableV2(this, 'Table', {
      tableName: resourceName(config, 'coordination'),
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      timeToLiveAttribute: 'ttl',
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    (this.table.node.defaultChild as CfnGlobalTable).overrideLogicalId('CoordinationTable');

    this.quarantine = this.#bucket(config, 'quarantine', quarantineDays);
    this.rawPages = this.#bucket(config, 'raw', config.rawRetentionDays);
    this.archive = new ArchiveBucket(this, 'Archive', config);
    this.spill = this.#bucket(config, 'spill', spillDays);
  }

  /**
   * Cursors, the ledger and parked references are single items and queries: nobody scans. What a function may do follows
   * from what it does: dispatch owns the cursors, scrape parks and keeps books, store keeps books, audit corrects them.
   */
  grant(user: NarxFunction, ...actions: TableAction[]): void {
    user.allow(
      actions.map((action) => `dynamodb:${action}`),
      [this.table.tableArn],
    );
  }

  grantQuarantine(user: NarxFunction): void {
    grantPut(user, this.quarantine, 'QuarantineBucket');
  }

  grantRawPages(user: NarxFunction): void {
    grantPut(user, this.rawPages, 'RawBucket');
  }

  grantSpill(user: NarxFunction): void {
    grantPut(user, this.spill, 'SpillBucket');
  }

  /** To see that objects wait in the spill, not what is in them. */
  grantSpillLook(user: NarxFunction): void {
    user.allow(['s3:ListBucket'], [this.spill.bucketArn]);
  }

  /** To read and delete what is in the spill and in the quarantine, and to tell what is no longer there. */
  grantReplay(user: NarxFunction): void {
    user.allow(['s3:ListBucket'], [this.spill.bucketArn, this.quarantine.bucketArn]);
    user.allow(
      ['s3:DeleteObject', 's3:GetObject'],
      [this.spill.arnForObjects('*'), this.quarantine.arnForObjects('*')],
    );
    for (const logical of ['SpillBucket', 'QuarantineBucket'])
      acknowledgeKeys(
        user,
        logical,
        'what was fetched; the function may empty these two buckets and nothing else.',
      );
  }

  /** Of what was received: nothing in it is changed, and each object expires some days after it was last written. */
  #bucket(config: StageConfig, name: 'quarantine' | 'raw' | 'spill', days: number): Bucket {
    const bucket = new Bucket(this, logicalId(name), {
      bucketName: `${resourceName(config, name)}-${Aws.ACCOUNT_ID}-${Aws.REGION}`,
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      // A second write of a page has the same key and body: an older version would protect nothing.
      versioned: false,
      lifecycleRules: [
        {
          id: 'expire',
          expiration: Duration.days(days),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
      ],
      removalPolicy: RemovalPolicy.RETAIN,
    });
    (bucket.node.defaultChild as CfnBucket).overrideLogicalId(logicalId(name, 'bucket'));
    Validations.of(bucket).acknowledge({
      id: 'AwsSolutions::AwsSolutions-S1',
      reason:
        'Few functions write here and engineers read: CloudTrail data events answer who, without a second bucket.',
    });
    return bucket;
  }
}

function grantPut(user: NarxFunction, bucket: Bucket, logical: string): void {
  user.allow(['s3:PutObject'], [bucket.arnForObjects('*')]);
  acknowledgeKeys(
    user,
    logical,
    'what was fetched; the function may add objects to this one bucket and nothing else.',
  );
}

function acknowledgeKeys(user: NarxFunction, logical: string, madeFrom: string): void {
  Validations.of(user.executionRole).acknowledge({
    id: `AwsSolutions::AwsSolutions-IAM5[Resource::<${logical}.Arn>/*]`,
    reason: `Keys are made from ${madeFrom}`,
  });
}
