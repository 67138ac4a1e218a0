/**
 * List prices, on demand, US dollars without tax, of us-east-1, looked at in November 2026 on the services' own pricing
 * pages. Free tiers are left out, but for EventBridge Scheduler's. eu-central-1 is 5 to 20 % dearer. Prices age: look
 * again before you rely on a line.
 */
export const pricesOf = { region: 'us-east-1', date: '2026-11' } as const;

export const hoursPerMonth = 730;
export const daysPerMonth = hoursPerMonth / 24;

export const price = {
  lambdaGbSecondArm: 0.0000133334,
  lambdaRequest: 0.2e-6,
  sqsRequest: 0.4e-6,
  /** An SQS request carries 64 KB; more counts as several. */
  sqsRequestBytes: 64 * 1024,
  dynamoWriteUnit: 0.625e-6,
  dynamoReadUnit: 0.125e-6,
  s3Put: 5e-6,
  s3GbMonth: 0.023,
  rdsStorageGbMonth: 0.115,
  rdsProxyVcpuHour: 0.015,
  metricMonth: 0.3,
  /** Each metric that an alarm looks at. */
  alarmMetricMonth: 0.1,
  compositeAlarmMonth: 0.5,
  dashboardMonth: 3,
  /** GetMetricData, each metric that is asked for. */
  metricRead: 0.01 / 1_000,
  logsGb: 0.5,
  schedulerInvocation: 1e-6,
  schedulerFree: 14e6,
  httpApiRequest: 1e-6,
  kmsKeyMonth: 1,
  egressGb: 0.09,
  /** For the comparison: a NAT gateway and what passes through it; an interface endpoint in one zone. */
  natHour: 0.045,
  natGb: 0.045,
} as const;

/** PostgreSQL, one zone; Multi-AZ is twice that. All of these classes have two vCPUs. */
export const rdsInstanceHour: Readonly<Record<string, number>> = {
  'db.t4g.micro': 0.016,
  'db.t4g.small': 0.032,
  'db.t4g.medium': 0.065,
  'db.t4g.large': 0.129,
  'db.m7g.large': 0.168,
};
export const rdsVcpus = 2;

/** What others ask for a thousand plain pages, by their public price lists, 2026; without storage, history or alarms. */
export const hostedPerThousand = [
  { name: 'Zyte API, HTTP responses, simplest tier, pay as you go', usd: 0.13 },
  { name: 'ScraperAPI, Business plan (3 million credits for $299)', usd: 0.1 },
] as const;
