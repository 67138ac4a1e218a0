import { expect, it, vi } from 'vitest';
import { synthesized, uzumOnly } from '../support/synthesized.ts';
import { permissionsOf } from './permissions.ts';

vi.setConfig({ testTimeout: 120_000 });

/**
 * What each function may do, whole. A line that appears here is a decision: who is hurt when this function is taken over is in
 * SECURITY.md. Every function writes its own log; those in the VPC manage their network interfaces.
 */
const expected: Record<string, string[]> = {
  ApiEcommerce: [
    'dynamodb:GetItem on CoordinationTable',
    'managed AWSLambdaENIManagementAccess',
    'rds-db:connect on narx_api, through the proxy',
  ],
  ArchiveEcommerce: [
    'managed AWSLambdaENIManagementAccess',
    'rds-db:connect on narx_archive, through the proxy',
    's3:GetObject on ArchiveBucket/price_point/domain=ecommerce/*',
    's3:ListBucket on ArchiveBucket',
    's3:PutObject on ArchiveBucket/price_point/domain=ecommerce/*',
  ],
  AuditEcommerce: [
    'dynamodb:GetItem on CoordinationTable',
    'dynamodb:PutItem on CoordinationTable',
    'dynamodb:Query on CoordinationTable',
    'dynamodb:UpdateItem on CoordinationTable',
    'managed AWSLambdaENIManagementAccess',
    'rds-db:connect on narx_audit, through the proxy',
  ],
  AWSCDKTriggerCustomResourceProviderCustomResourceProviderHandler: [
    'lambda:InvokeFunction on MigrateEcommerce:*',
    'managed AWSLambdaBasicExecutionRole',
  ],
  Dispatch: [
    'dynamodb:DeleteItem on CoordinationTable',
    'dynamodb:GetItem on CoordinationTable',
    'dynamodb:PutItem on CoordinationTable',
    'dynamodb:Query on CoordinationTable',
    'dynamodb:UpdateItem on CoordinationTable',
    'lambda:InvokeFunction on DueEcommerce',
    's3:ListBucket on SpillBucket',
    'sqs:GetQueueAttributes on EcommerceSnapshots',
    'sqs:GetQueueAttributes on UzumJobs',
    'sqs:SendMessage on UzumJobs',
  ],
  DueEcommerce: ['managed AWSLambdaENIManagementAccess', 'rds-db:connect on narx_due, through the proxy'],
  Gatekeeper: [
    'cloudwatch:GetMetricData on *',
    'dynamodb:GetItem on CoordinationTable',
    'dynamodb:PutItem on CoordinationTable',
    'lambda:GetEventSourceMapping on arn:<partition>:lambda:<region>:<accountid>:event-source-mapping:EcommerceDomainStoreWorkerMapping',
    'lambda:GetEventSourceMapping on arn:<partition>:lambda:<region>:<accountid>:event-source-mapping:UzumMarketplaceScrapeWorkerMapping',
    'lambda:InvokeFunction on ScrapeUzum',
    'lambda:InvokeFunction on StoreEcommerce',
    'lambda:UpdateEventSourceMapping on arn:<partition>:lambda:<region>:<accountid>:event-source-mapping:EcommerceDomainStoreWorkerMapping',
    'lambda:UpdateEventSourceMapping on arn:<partition>:lambda:<region>:<accountid>:event-source-mapping:UzumMarketplaceScrapeWorkerMapping',
    'rds:DescribeDBInstances on arn:<partition>:rds:<region>:<accountid>:db:EcommerceDatabase',
  ],
  MigrateEcommerce: [
    'managed AWSLambdaENIManagementAccess',
    'rds-db:connect on narx_master, at the instance',
  ],
  Replay: [
    'dynamodb:GetItem on CoordinationTable',
    'dynamodb:UpdateItem on CoordinationTable',
    's3:DeleteObject on QuarantineBucket/*',
    's3:DeleteObject on SpillBucket/*',
    's3:GetObject on QuarantineBucket/*',
    's3:GetObject on SpillBucket/*',
    's3:ListBucket on QuarantineBucket',
    's3:ListBucket on SpillBucket',
    'sqs:GetQueueAttributes on EcommerceSnapshots',
    'sqs:SendMessage on EcommerceSnapshots',
  ],
  ScrapeUzum: [
    'dynamodb:GetItem on CoordinationTable',
    'dynamodb:PutItem on CoordinationTable',
    'dynamodb:UpdateItem on CoordinationTable',
    's3:PutObject on QuarantineBucket/*',
    's3:PutObject on SpillBucket/*',
    'sqs:ChangeMessageVisibility on UzumJobs',
    'sqs:DeleteMessage on UzumJobs',
    'sqs:GetQueueAttributes on EcommerceSnapshots',
    'sqs:GetQueueAttributes on UzumJobs',
    'sqs:ReceiveMessage on UzumJobs',
    'sqs:SendMessage on EcommerceSnapshots',
  ],
  StoreEcommerce: [
    'dynamodb:GetItem on CoordinationTable',
    'dynamodb:PutItem on CoordinationTable',
    'dynamodb:UpdateItem on CoordinationTable',
    'managed AWSLambdaENIManagementAccess',
    'rds-db:connect on narx_store, through the proxy',
    's3:PutObject on QuarantineBucket/*',
    'sqs:ChangeMessageVisibility on EcommerceSnapshots',
    'sqs:DeleteMessage on EcommerceSnapshots',
    'sqs:GetQueueAttributes on EcommerceSnapshots',
    'sqs:ReceiveMessage on EcommerceSnapshots',
  ],
};

const actual = permissionsOf(synthesized('prod', uzumOnly));

it('gives each function exactly what it needs', () => {
  const withoutLogs = Object.fromEntries(
    Object.entries(actual).map(([id, lines]) => [
      id.replace(/[0-9A-F]{8}$/, ''),
      lines.filter((line) => !line.startsWith('logs:')),
    ]),
  );
  expect(withoutLogs).toEqual(expected);
});

it('lets each function write to its own log group only', () => {
  for (const [id, lines] of Object.entries(actual)) {
    const logs = lines.filter((line) => line.startsWith('logs:'));
    expect(new Set(logs.map((line) => line.split(' on ')[1])).size, id).toBeLessThanOrEqual(1);
  }
});

it('has no wildcard but for the keys of a bucket, the versions of the function that the deployment triggers, and metrics, which have no ARN', () => {
  for (const [id, lines] of Object.entries(actual))
    for (const line of lines)
      if (line.includes('*'))
        expect(line, id).toMatch(
          /^s3:\w+ on \w+Bucket\/(\S+\/)?\*$|^lambda:InvokeFunction on Migrate\w+:\*$|^cloudwatch:GetMetricData on \*$/,
        );
});
