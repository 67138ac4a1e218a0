import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { healthSchema } from '../../functions/contract/api/responses.ts';
import { routeKey } from '../../functions/contract/api/routes.ts';
import { answersSoon } from '../stage/clients.ts';
import type { Stage } from '../stage/connect.ts';
import type { AlarmLine } from './model.ts';

/** The alarms of a stage that are on. Only in AWS is CloudWatch asked: the stack that runs here says it itself. */
export async function alarmsOn({ name }: Stage): Promise<AlarmLine[]> {
  const cloudwatch = new CloudWatchClient(answersSoon());
  try {
    const { MetricAlarms = [], CompositeAlarms = [] } = await cloudwatch.send(
      new DescribeAlarmsCommand({
        AlarmNamePrefix: `narx-${name}-`,
        AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
        StateValue: 'ALARM',
        MaxRecords: 100,
      }),
    );
    return [...MetricAlarms, ...CompositeAlarms].map(({ AlarmName, StateUpdatedTimestamp, StateReason }) => ({
      name: AlarmName ?? '',
      since: StateUpdatedTimestamp?.toISOString() ?? '',
      reason: StateReason ?? '',
    }));
  } finally {
    cloudwatch.destroy();
  }
}

/** What the domain's API says of its database, which no one else reaches from outside the VPC. Throws when it is not up. */
export async function askApi({ clients, names }: Stage, domain: string): Promise<void> {
  const { Payload } = await clients.lambda.send(
    new InvokeCommand({
      FunctionName: names.function('api', domain),
      Payload: JSON.stringify({ version: '2.0', routeKey: routeKey('health') }),
    }),
  );
  const { body } = z.object({ body: z.string() }).parse(JSON.parse(Payload?.transformToString() ?? 'null'));
  const { dependencies } = healthSchema.parse(JSON.parse(body));
  const postgres = dependencies.find(({ name }) => name === 'postgres');
  if (postgres?.status !== 'UP') throw new Error(postgres?.detail ?? 'the API does not say');
}
