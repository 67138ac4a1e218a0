import { existsSync } from 'node:fs';
import path from 'node:path';
import type { CloudModel, FunctionSpec, MappingSpec, ScheduleSpec } from '../cloud-model.ts';
import type { Template } from './load.ts';
import { mappingId } from './mapping-id.ts';
import { resourcesOf } from './properties.ts';
import type { ResolvedReferences } from './references.ts';

/**
 * The functions that the system itself runs. Those that only serve custom resources of the deployment are left out:
 * the local stack does what they do itself.
 */
export function functionsOf(template: Template, references: ResolvedReferences): FunctionSpec[] {
  const providers = customResourceProviders(template);
  return resourcesOf(template, references, 'AWS::Lambda::Function').flatMap(({ properties, resource }) => {
    if (providers.has(properties.logicalId)) return [];
    const key = properties.text('Code.S3Key');
    const codeDir = path.join(template.folder, `asset.${path.basename(key, '.zip')}`);
    if (!existsSync(codeDir))
      throw new Error(`${properties.logicalId}: its code ${codeDir} is missing; synthesize again.`);
    // Variable by variable, so that a fault names the variable.
    const variables = resource.Properties?.['Environment'] as
      | { Variables?: Record<string, unknown> }
      | undefined;
    return [
      {
        logicalId: properties.logicalId,
        name: references.nameOf(properties.logicalId),
        handler: properties.text('Handler'),
        codeDir,
        memoryMb: properties.number('MemorySize', 128),
        timeoutSeconds: properties.number('Timeout', 3),
        environment: Object.fromEntries(
          Object.keys(variables?.Variables ?? {}).map((name) => [
            name,
            properties.text(`Environment.Variables.${name}`),
          ]),
        ),
      },
    ];
  });
}

function customResourceProviders(template: Template): Set<string> {
  return new Set(
    Object.values(template.resources).flatMap((resource) => {
      const token = resource.Properties?.['ServiceToken'] as { 'Fn::GetAtt'?: string[] } | undefined;
      const provider = token?.['Fn::GetAtt']?.[0];
      return provider === undefined ? [] : [provider];
    }),
  );
}

/** Event source mappings of queues. The defaults are those of the Lambda API. */
export function mappingsOf(template: Template, references: ResolvedReferences): MappingSpec[] {
  return resourcesOf(template, references, 'AWS::Lambda::EventSourceMapping').map(({ properties }) => ({
    logicalId: properties.logicalId,
    uuid: mappingId(template.stackName, properties.logicalId),
    functionName: functionNameOf(properties.text('FunctionName')),
    queueName: lastSegment(properties.text('EventSourceArn')),
    batchSize: properties.number('BatchSize', 10),
    batchingWindowSeconds: properties.number('MaximumBatchingWindowInSeconds', 0),
    maximumConcurrency:
      properties.value('ScalingConfig.MaximumConcurrency') === undefined
        ? null
        : properties.number('ScalingConfig.MaximumConcurrency'),
    reportBatchItemFailures: properties.list('FunctionResponseTypes').includes('ReportBatchItemFailures'),
    enabled: properties.value('Enabled') !== false,
  }));
}

/** Schedules that invoke a function. 185 is EventBridge Scheduler's own default for retries. */
export function schedulesOf(template: Template, references: ResolvedReferences): ScheduleSpec[] {
  return resourcesOf(template, references, 'AWS::Scheduler::Schedule').map(({ properties }) => {
    const deadLetters = properties.text('Target.DeadLetterConfig.Arn', null);
    return {
      logicalId: properties.logicalId,
      name: references.nameOf(properties.logicalId),
      expression: properties.text('ScheduleExpression'),
      timezone: properties.text('ScheduleExpressionTimezone', 'UTC') ?? 'UTC',
      functionName: functionNameOf(properties.text('Target.Arn')),
      input: properties.text('Target.Input', '{}') ?? '{}',
      enabled: properties.text('State', 'ENABLED') === 'ENABLED',
      maximumRetryAttempts: properties.number('Target.RetryPolicy.MaximumRetryAttempts', 185),
      deadLetterQueueName: deadLetters === null ? null : lastSegment(deadLetters),
    };
  });
}

/** Functions that the deployment runs before traffic, those that others depend on first. */
export function triggersOf(template: Template, references: ResolvedReferences): CloudModel['triggers'] {
  const triggers = resourcesOf(template, references, 'Custom::Trigger').map(({ properties }) => ({
    logicalId: properties.logicalId,
    functionName: functionNameOf(properties.text('HandlerArn')),
  }));
  const ordered: CloudModel['triggers'] = [];
  const seen = new Set<string>();
  const visit = (logicalId: string): void => {
    if (seen.has(logicalId)) return;
    seen.add(logicalId);
    for (const before of [template.resources[logicalId]?.DependsOn ?? []].flat()) visit(before);
    const trigger = triggers.find((candidate) => candidate.logicalId === logicalId);
    if (trigger) ordered.push(trigger);
  };
  for (const trigger of triggers) visit(trigger.logicalId);
  return ordered;
}

/** A function's name out of what the API accepts in its place: a name, or an ARN with or without a version. */
export function functionNameOf(nameOrArn: string): string {
  if (!nameOrArn.startsWith('arn:')) return nameOrArn.split(':')[0] ?? nameOrArn;
  return nameOrArn.split(':')[6] ?? nameOrArn;
}

function lastSegment(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}
