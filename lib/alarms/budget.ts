import { Aws } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import type { Construct } from 'constructs';
import type { StageConfig } from '../config/schema.ts';
import { resourceName } from '../names.ts';
import type { Notifications } from './notifications.ts';

/**
 * What the stage may cost in a month, all services together (F55): a warning when the forecast exceeds it, critical when the
 * bill does. AWS tells the stage's costs by its tag, once an administrator has activated `narx:stage` as a cost allocation
 * tag (docs/deploy.md); until then the budget sees nothing.
 */
export function addBudget(scope: Construct, config: StageConfig, notifications: Notifications): void {
  const notify = (notificationType: 'FORECASTED' | 'ACTUAL', level: 'warning' | 'critical') => ({
    notification: {
      notificationType,
      comparisonOperator: 'GREATER_THAN',
      threshold: 100,
      thresholdType: 'PERCENTAGE',
    },
    subscribers: [{ subscriptionType: 'SNS', address: notifications.topics[level].topicArn }],
  });
  const budget = new CfnBudget(scope, 'Budget', {
    budget: {
      budgetName: resourceName(config, 'monthly'),
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: config.alarms.dollarsPerMonth, unit: 'USD' },
      costFilters: { TagKeyValue: [`user:narx:stage$${config.stage}`] },
    },
    notificationsWithSubscribers: [notify('FORECASTED', 'warning'), notify('ACTUAL', 'critical')],
  });
  // Budgets tries the topics when it is created.
  budget.node.addDependency(notifications.allow('budgets.amazonaws.com', Aws.ACCOUNT_ID));
}
