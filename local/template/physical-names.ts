import { createHash } from 'node:crypto';
import { type References, resolve, Unresolved } from './intrinsics.ts';
import type { Resource, Template } from './load.ts';

/** The property that names a resource, and the longest name that AWS accepts. */
const naming: Record<string, { property: string; longest: number; lowerCase?: true }> = {
  'AWS::SQS::Queue': { property: 'QueueName', longest: 80 },
  'AWS::Lambda::Function': { property: 'FunctionName', longest: 64 },
  'AWS::Scheduler::Schedule': { property: 'Name', longest: 64 },
  'AWS::Scheduler::ScheduleGroup': { property: 'Name', longest: 64 },
  'AWS::DynamoDB::Table': { property: 'TableName', longest: 255 },
  'AWS::DynamoDB::GlobalTable': { property: 'TableName', longest: 255 },
  'AWS::S3::Bucket': { property: 'BucketName', longest: 63, lowerCase: true },
  'AWS::RDS::DBInstance': { property: 'DBInstanceIdentifier', longest: 63, lowerCase: true },
  'AWS::RDS::DBProxy': { property: 'DBProxyName', longest: 60, lowerCase: true },
  'AWS::CloudWatch::Alarm': { property: 'AlarmName', longest: 255 },
  'AWS::CloudWatch::CompositeAlarm': { property: 'AlarmName', longest: 255 },
  'AWS::SNS::Topic': { property: 'TopicName', longest: 256 },
  'AWS::Logs::LogGroup': { property: 'LogGroupName', longest: 512 },
  'AWS::IAM::Role': { property: 'RoleName', longest: 64 },
};

/** What the pseudo parameters and the parameters with a default stand for; undefined for anything else. */
export function parameterValue(template: Template, name: string): unknown {
  const pseudo: Record<string, string> = {
    'AWS::AccountId': template.accountId,
    'AWS::Region': template.region,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': template.stackName,
    'AWS::StackId': `arn:aws:cloudformation:${template.region}:${template.accountId}:stack/${template.stackName}/local`,
  };
  return pseudo[name] ?? template.parameters[name];
}

/**
 * The physical name of every resource that has one: the explicit one, or `<stack>-<logicalId>`, cut to what AWS
 * accepts. A name that refers to another resource counts as none.
 */
export function physicalNames(template: Template): Map<string, string> {
  const parametersOnly: References = {
    ref: (name) => parameterValue(template, name),
    attribute: () => undefined,
  };
  return new Map(
    Object.entries(template.resources).flatMap(([logicalId, resource]) => {
      const name = physicalName(template, logicalId, resource, parametersOnly);
      return name === null ? [] : [[logicalId, name]];
    }),
  );
}

function physicalName(
  template: Template,
  logicalId: string,
  resource: Resource,
  references: References,
): string | null {
  const rule = naming[resource.Type];
  if (!rule) return null;
  try {
    const explicit = resolve(resource.Properties?.[rule.property], references);
    if (typeof explicit === 'string') return explicit;
  } catch (error) {
    if (!(error instanceof Unresolved)) throw error;
  }
  const generated = `${template.stackName}-${logicalId}`;
  const name = rule.lowerCase ? generated.toLowerCase() : generated;
  if (name.length <= rule.longest) return name;
  return `${name.slice(0, rule.longest - 9)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
}
