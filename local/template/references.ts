import type { References } from './intrinsics.ts';
import type { Template } from './load.ts';
import { mappingId } from './mapping-id.ts';
import { parameterValue, physicalNames } from './physical-names.ts';

/** Where the emulators are, as far as values of the template depend on it. */
export interface RunningEndpoints {
  queueUrl(queueName: string): string;
  postgres: { host: string; port: number };
}

/** The template's names and values, given the running emulators. */
export interface ResolvedReferences extends References {
  /** Throws for a logical id without a physical name, which is a programming error. */
  nameOf(logicalId: string): string;
}

/** Answers `Ref` and `Fn::GetAtt` for the resources that the local stack runs or that its values mention. */
export function referencesOf(template: Template, endpoints: RunningEndpoints): ResolvedReferences {
  const names = physicalNames(template);
  const typeOf = (logicalId: string): string => template.resources[logicalId]?.Type ?? '';
  const arn = (service: string, rest: string): string =>
    `arn:aws:${service}:${template.region}:${template.accountId}:${rest}`;
  const arnOf = (logicalId: string): string | undefined => {
    const name = names.get(logicalId);
    if (name === undefined) return undefined;
    switch (typeOf(logicalId)) {
      case 'AWS::SQS::Queue':
        return arn('sqs', name);
      case 'AWS::Lambda::Function':
        return arn('lambda', `function:${name}`);
      case 'AWS::DynamoDB::Table':
      case 'AWS::DynamoDB::GlobalTable':
        return arn('dynamodb', `table/${name}`);
      case 'AWS::S3::Bucket':
        return `arn:aws:s3:::${name}`;
      case 'AWS::CloudWatch::Alarm':
      case 'AWS::CloudWatch::CompositeAlarm':
        return arn('cloudwatch', `alarm:${name}`);
      case 'AWS::SNS::Topic':
        return arn('sns', name);
      case 'AWS::Scheduler::Schedule':
        return arn('scheduler', `schedule/default/${name}`);
      case 'AWS::Logs::LogGroup':
        return arn('logs', `log-group:${name}:*`);
      case 'AWS::IAM::Role':
        return `arn:aws:iam::${template.accountId}:role/${name}`;
      default:
        return undefined;
    }
  };
  const ref = (name: string): unknown => {
    const properties = template.resources[name]?.Properties ?? {};
    switch (typeOf(name)) {
      case '':
        return parameterValue(template, name);
      case 'AWS::SQS::Queue':
        return endpoints.queueUrl(names.get(name) ?? '');
      case 'AWS::SNS::Topic':
        return arnOf(name);
      case 'AWS::Lambda::EventSourceMapping':
        return mappingId(template.stackName, name);
      case 'AWS::ApiGatewayV2::Api':
      case 'AWS::ApiGatewayV2::Integration':
        return name;
      case 'AWS::Lambda::Version':
        return suffixed(properties['FunctionName'], '1');
      case 'AWS::Lambda::Alias':
        return suffixed(properties['FunctionName'], String(properties['Name']));
      default:
        return names.get(name);
    }
  };
  /** The value of a bare `{ Ref }`, for resources that only stand for another one. */
  const refTarget = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && 'Ref' in value ? ref(String(value.Ref)) : undefined;
  const suffixed = (functionName: unknown, suffix: string): string | undefined => {
    const name = refTarget(functionName);
    return name === undefined ? undefined : arn('lambda', `function:${String(name)}:${suffix}`);
  };
  const attribute = (logicalId: string, name: string): unknown => {
    const key = `${typeOf(logicalId)} ${name}`;
    switch (key) {
      case 'AWS::SQS::Queue QueueName':
        return names.get(logicalId);
      case 'AWS::SQS::Queue QueueUrl':
        return endpoints.queueUrl(names.get(logicalId) ?? '');
      case 'AWS::RDS::DBInstance Endpoint.Address':
      case 'AWS::RDS::DBProxy Endpoint':
        return endpoints.postgres.host;
      case 'AWS::RDS::DBInstance Endpoint.Port':
        return String(endpoints.postgres.port);
      case 'AWS::SNS::Topic TopicName':
        return names.get(logicalId);
      case 'AWS::SNS::Topic TopicArn':
        return arnOf(logicalId);
      default:
        return name === 'Arn' ? arnOf(logicalId) : undefined;
    }
  };
  return {
    ref,
    attribute,
    nameOf: (logicalId) => {
      const name = names.get(logicalId);
      if (name === undefined) throw new Error(`${logicalId} has no physical name`);
      return name;
    },
  };
}
