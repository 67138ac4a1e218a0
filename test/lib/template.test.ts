import { readdirSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { apiRoutes, type RouteId, routeKey } from '../../functions/contract/api/routes.ts';
import { config } from '../../narx.config.ts';
import { objectsIn, ofType, synthesized, uzumOnly } from '../support/synthesized.ts';

// Loading the CDK and synthesizing takes seconds, on a machine that is busy many.
vi.setConfig({ testTimeout: 120_000 });

const resources = synthesized('prod');
const functions = ofType(resources, 'AWS::Lambda::Function');
/** CDK's own function that calls migrate during a deployment; its runtime and architecture are not ours to choose. */
const ours = functions.filter(([, { Handler }]) => Handler !== '__entrypoint__.handler');
const queues = new Map(ofType(resources, 'AWS::SQS::Queue'));
const logicalIdOf = (intrinsic: unknown): string => {
  const { Ref, 'Fn::GetAtt': get } = intrinsic as { Ref?: string; 'Fn::GetAtt'?: [string, string] };
  return Ref ?? get?.[0] ?? expect.fail(`${JSON.stringify(intrinsic)} does not point to a resource`);
};

describe('functions', () => {
  it('are the files in functions/, each deployed at least once', () => {
    const services = readdirSync('functions')
      .filter((name) => name.endsWith('.lambda.ts'))
      .map((name) => name.replace('.lambda.ts', ''));
    const deployed = ours.map(([, { FunctionName }]) => String(FunctionName).split('-')[2]);
    expect([...new Set(deployed)].sort()).toEqual(services.sort());
  });

  it('run on arm64 and Node 24, under limits of their own', () => {
    for (const [id, properties] of ours) {
      expect(properties['Architectures'], id).toEqual(['arm64']);
      expect(properties['Runtime'], id).toBe('nodejs24.x');
      expect(properties['Timeout'], id).toBeGreaterThan(0);
    }
  });

  it('give V8 one thread for its background work: they have a part of one processor', () => {
    for (const [id, properties] of ours)
      expect(properties['Environment'], id).toMatchObject({
        Variables: { NODE_OPTIONS: '--v8-pool-size=1' },
      });
  });

  it('have a role and a log group each, with a retention', () => {
    const roles = ours.map(([, { Role }]) => logicalIdOf(Role));
    expect(new Set(roles).size).toBe(ours.length);
    for (const [id, { LoggingConfig }] of ours) {
      const group = resources.get(logicalIdOf((LoggingConfig as { LogGroup: unknown }).LogGroup));
      expect(group?.Properties['RetentionInDays'], id).toBe(30);
    }
  });

  it('are in the VPC when they reach the database, and outside it when they reach the internet', () => {
    const inside = ours.filter(([, { VpcConfig }]) => VpcConfig !== undefined).map(([id]) => id);
    expect(inside.sort()).toEqual([
      'ApiEcommerce',
      'ArchiveEcommerce',
      'AuditEcommerce',
      'DueEcommerce',
      'MigrateEcommerce',
      'StoreEcommerce',
    ]);
  });

  it('keep their environment below the 4 KB that Lambda allows, with the two variables that local runs override', () => {
    for (const [id, { Environment }] of ours) {
      const { Variables } = Environment as { Variables: Record<string, unknown> };
      expect(JSON.stringify(Variables).length, id).toBeLessThan(4_096);
      expect(Variables['ENDPOINTS'], id).toBe('aws');
      expect(Variables['TIME_SCALE'], id).toBe('1');
    }
  });
});

describe('queues', () => {
  const sources = [...queues].filter(([, { RedrivePolicy }]) => RedrivePolicy !== undefined);

  it('have dead letters that outlive them', () => {
    expect(sources.map(([id]) => id).sort()).toEqual(['EcommerceSnapshots', 'UzumJobs']);
    for (const [id, { RedrivePolicy, MessageRetentionPeriod }] of sources) {
      const { deadLetterTargetArn, maxReceiveCount } = RedrivePolicy as Record<string, unknown>;
      const deadLetters = queues.get(logicalIdOf(deadLetterTargetArn));
      expect(deadLetters?.['MessageRetentionPeriod'], id).toBeGreaterThan(Number(MessageRetentionPeriod));
      expect(maxReceiveCount, id).toBeGreaterThanOrEqual(5);
    }
  });

  it('hide a message for six times its consumer’s timeout and the batching window, within 12 hours', () => {
    const mappings = ofType(resources, 'AWS::Lambda::EventSourceMapping');
    expect(mappings.map(([, { EventSourceArn }]) => logicalIdOf(EventSourceArn)).sort()).toEqual(
      sources.map(([id]) => id).sort(),
    );
    for (const [, { EventSourceArn, FunctionName, MaximumBatchingWindowInSeconds }] of mappings) {
      const visibility = Number(queues.get(logicalIdOf(EventSourceArn))?.['VisibilityTimeout']);
      const timeout = Number(resources.get(logicalIdOf(FunctionName))?.Properties['Timeout']);
      expect(visibility).toBeGreaterThanOrEqual(6 * timeout + Number(MaximumBatchingWindowInSeconds));
      expect(visibility).toBeLessThanOrEqual(43_200);
    }
  });

  it('are consumed with partial responses and a limit, without filters, which delete what they do not match, and without a word on being paused', () => {
    for (const [id, mapping] of ofType(resources, 'AWS::Lambda::EventSourceMapping')) {
      expect(mapping['FunctionResponseTypes'], id).toEqual(['ReportBatchItemFailures']);
      expect(mapping['FilterCriteria'], id).toBeUndefined();
      // A deployment leaves what is paused as it is (docs/decisions/0084).
      expect(mapping['Enabled'], id).toBeUndefined();
      expect(mapping['ProvisionedPollerConfig'], id).toBeUndefined();
      const { MaximumConcurrency } = mapping['ScalingConfig'] as { MaximumConcurrency: number };
      expect(MaximumConcurrency, id).toBeGreaterThanOrEqual(2);
    }
  });

  it('are encrypted and refuse plain connections', () => {
    const policies = ofType(resources, 'AWS::SQS::QueuePolicy');
    const refusing = policies
      .filter(([, { PolicyDocument }]) =>
        JSON.stringify(PolicyDocument).includes('"aws:SecureTransport":"false"'),
      )
      .flatMap(([, { Queues }]) => (Queues as unknown[]).map(logicalIdOf));
    expect(refusing.sort()).toEqual([...queues.keys()].sort());
    for (const [id, { SqsManagedSseEnabled }] of queues) expect(SqsManagedSseEnabled, id).toBe(true);
  });
});

describe('permissions', () => {
  const statements = [...resources].flatMap(([id, { Properties }]) =>
    [...objectsIn(Properties)]
      .filter(({ object }) => object['Effect'] === 'Allow' && object['Action'] !== undefined)
      .map(({ object }) => ({
        id,
        actions: [object['Action']].flat(),
        resources: [object['Resource']].flat(),
      })),
  );

  it('name every action', () => {
    // The key policy is about the key that it is attached to: `kms:*` lets the account administrate its own key.
    const wild = statements.filter(
      ({ id, actions }) =>
        resources.get(id)?.Type !== 'AWS::KMS::Key' && actions.some((action) => String(action).includes('*')),
    );
    expect(wild).toEqual([]);
  });

  it('name every resource, but for the keys of buckets, the versions of migrate, and the metrics that gatekeeper reads', () => {
    const wild = statements.filter(
      ({ id, resources: granted }) =>
        resources.get(id)?.Type !== 'AWS::KMS::Key' && JSON.stringify(granted).includes('*'),
    );
    expect(wild.map(({ actions }) => actions)).toEqual([
      ['s3:PutObject'],
      ['s3:GetObject', 's3:PutObject'],
      ['lambda:InvokeFunction'],
      ['s3:PutObject'],
      ['cloudwatch:GetMetricData'],
      ['s3:DeleteObject', 's3:GetObject'],
    ]);
  });

  it('let gatekeeper switch the mappings of this stage and invoke the functions behind them, nothing else', () => {
    const granted = statements.filter(({ actions }) => actions.includes('lambda:UpdateEventSourceMapping'));
    const { Environment } = (resources.get('Gatekeeper')?.Properties ?? {}) as {
      Environment: { Variables: Record<string, unknown> };
    };
    expect(granted.map(({ actions }) => actions)).toEqual([
      ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
    ]);
    for (const [queue, variable] of [
      ['UzumJobs', 'SCRAPERS'],
      ['EcommerceSnapshots', 'STORES'],
    ] as const) {
      const mapping = ofType(resources, 'AWS::Lambda::EventSourceMapping').find(
        ([, { EventSourceArn }]) => logicalIdOf(EventSourceArn) === queue,
      )?.[0];
      expect(JSON.stringify(granted[0]?.resources)).toContain(`:event-source-mapping:",{"Ref":"${mapping}"}`);
      expect(JSON.stringify(Environment.Variables[variable])).toContain(`{"Ref":"${mapping}"}`);
    }
  });

  it('let each database user be used by its own function only, the master by migrate only', () => {
    const holders = (text: string) =>
      [...resources]
        .filter(
          ([, { Type, Properties }]) =>
            Type === 'AWS::IAM::Policy' && JSON.stringify(Properties).includes(text),
        )
        .flatMap(([, { Properties }]) => (Properties['Roles'] as unknown[]).map(logicalIdOf));
    const roleOf = (id: string) => logicalIdOf(resources.get(id)?.Properties['Role']);
    const proxy = logicalIdOf(ofType(resources, 'AWS::RDS::DBProxy')[0]?.[1]['RoleArn']);
    for (const [user, id] of [
      ['narx_store', 'StoreEcommerce'],
      ['narx_due', 'DueEcommerce'],
      ['narx_audit', 'AuditEcommerce'],
      ['narx_api', 'ApiEcommerce'],
      ['narx_archive', 'ArchiveEcommerce'],
    ] as const)
      expect(holders(`/${user}`).sort()).toEqual([proxy, roleOf(id)].sort());
    expect(holders('/narx_master')).toEqual([roleOf('MigrateEcommerce')]);
  });
});

describe('database', () => {
  const [[id, instance] = expect.fail('no database')] = ofType(resources, 'AWS::RDS::DBInstance');

  it('is private, encrypted, backed up and hard to lose', () => {
    expect(instance).toMatchObject({
      PubliclyAccessible: false,
      StorageEncrypted: true,
      DeletionProtection: true,
      EnableIAMDatabaseAuthentication: true,
      MasterUserAuthenticationType: 'iam-db-auth',
      MultiAZ: true,
      BackupRetentionPeriod: 14,
      DBName: 'ecommerce',
      Tags: [{ Key: 'narx:domain', Value: 'ecommerce' }],
    });
    expect(instance).not.toHaveProperty('MasterUserPassword');
    expect(instance).not.toHaveProperty('ManageMasterUserPassword');
    expect(ofType(resources, 'AWS::SecretsManager::Secret')).toEqual([]);
    expect(
      ofType(resources, 'AWS::EC2::VPCEndpoint').map(([, { VpcEndpointType }]) => VpcEndpointType),
    ).toEqual(['Gateway', 'Gateway']);
    expect(resources.get(id)).toMatchObject({ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' });
  });

  it('takes TLS connections only, as many as the configuration says', () => {
    const group = resources.get(logicalIdOf(instance['DBParameterGroupName']));
    expect(group?.Properties['Parameters']).toMatchObject({ 'rds.force_ssl': '1', max_connections: '400' });
  });

  it('is reached through a proxy with IAM logins from end to end, which does not make clients wait', () => {
    expect(ofType(resources, 'AWS::RDS::DBProxy')[0]?.[1]).toMatchObject({
      DefaultAuthScheme: 'IAM_AUTH',
      RequireTLS: true,
    });
    expect(ofType(resources, 'AWS::RDS::DBProxyTargetGroup')[0]?.[1]).toMatchObject({
      ConnectionPoolConfigurationInfo: { ConnectionBorrowTimeout: 8 },
    });
  });

  it('has its schema before new code takes traffic', () => {
    const [[migration] = expect.fail('no trigger')] = ofType(resources, 'Custom::Trigger');
    const waiting = [...resources]
      .filter(([, { DependsOn }]) => DependsOn?.includes(migration))
      .map(([name]) => name);
    const mapping = ofType(resources, 'AWS::Lambda::EventSourceMapping').find(
      ([, { EventSourceArn }]) => logicalIdOf(EventSourceArn) === 'EcommerceSnapshots',
    );
    expect(waiting).toEqual(
      expect.arrayContaining([
        'StoreEcommerce',
        'DueEcommerce',
        'AuditEcommerce',
        'ApiEcommerce',
        mapping?.[0],
        ...ofType(resources, 'AWS::Scheduler::Schedule').map(([name]) => name),
      ]),
    );
  });
});

describe('the read API', () => {
  const routes = ofType(resources, 'AWS::ApiGatewayV2::Route');

  it('has the routes of the contract and no other, each for callers that IAM allows', () => {
    expect(routes.map(([, { RouteKey }]) => RouteKey).sort()).toEqual(
      (Object.keys(apiRoutes) as RouteId[]).map((id) => routeKey(id)).sort(),
    );
    for (const [id, { AuthorizationType }] of routes) expect(AuthorizationType, id).toBe('AWS_IAM');
  });

  it('is throttled, logs who called, and lets no more through than it has connections for', () => {
    const [[, stage] = expect.fail('no stage')] = ofType(resources, 'AWS::ApiGatewayV2::Stage');
    expect(stage).toMatchObject({
      DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
      AccessLogSettings: { Format: expect.stringContaining('$context.identity.userArn') },
    });
    expect(resources.get('ApiEcommerce')?.Properties['ReservedConcurrentExecutions']).toBe(
      config.api.concurrency,
    );
  });

  it('may read single items of the coordination table, and write nothing', () => {
    const role = logicalIdOf(resources.get('ApiEcommerce')?.Properties['Role']);
    const granted = ofType(resources, 'AWS::IAM::Policy')
      .filter(([, { Roles }]) => (Roles as unknown[]).map(logicalIdOf).includes(role))
      .flatMap(([, { PolicyDocument }]) => [...objectsIn(PolicyDocument)])
      .flatMap(({ object }) => (object['Action'] === undefined ? [] : [object['Action']].flat()));
    expect(granted.sort()).toEqual([
      'dynamodb:GetItem',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'rds-db:connect',
    ]);
  });
});

it('nothing has a way to the internet out of the VPC, or in', () => {
  const types = new Set([...resources.values()].map(({ Type }) => Type));
  for (const type of ['NatGateway', 'InternetGateway', 'EIP', 'EgressOnlyInternetGateway'])
    expect(types).not.toContain(`AWS::EC2::${type}`);
});

it('what holds state keeps its logical id, outlives its stack and cannot be deleted by a slip', () => {
  const retained = [...resources]
    .filter(([, { DeletionPolicy }]) => DeletionPolicy === 'Retain')
    .map(([id]) => id);
  expect(retained.sort()).toEqual([
    'ArchiveBucket',
    'CoordinationTable',
    'EcommerceDatabase',
    // The instance needs it for as long as it exists.
    'EcommerceDomainDatabaseInstanceSubnetGroupC05C75A3',
    'EcommerceSnapshots',
    'EcommerceSnapshotsDeadLetters',
    'QuarantineBucket',
    'RawBucket',
    'SpillBucket',
  ]);
  expect([...queues.keys()].sort()).toEqual([
    'EcommerceSnapshots',
    'EcommerceSnapshotsDeadLetters',
    'SchedulesDeadLetters',
    'UzumJobs',
    'UzumJobsDeadLetters',
  ]);
  expect(resources.get('CoordinationTable')?.Properties['Replicas']).toMatchObject([
    {
      DeletionProtectionEnabled: true,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    },
  ]);
});

it('schedules send the slot, retry for a limited time and keep what they could not deliver', () => {
  const schedules = ofType(resources, 'AWS::Scheduler::Schedule').map(([, properties]) => properties);
  expect(schedules.map(({ Name }) => Name)).toEqual([
    'narx-prod-ecommerce-audit',
    'narx-prod-ecommerce-migrate',
    'narx-prod-ecommerce-archive',
    'narx-prod-uzum-sweep',
    'narx-prod-uzum-refresh',
    'narx-prod-gaps-dispatch',
    'narx-prod-gates-gatekeeper',
    'narx-prod-spill-replay',
  ]);
  expect(schedules.map(({ ScheduleExpression }) => ScheduleExpression)).toContain(
    config.marketplaces['uzum']?.schedules.sweep,
  );
  for (const { Target } of schedules) {
    const { Input, DeadLetterConfig, RetryPolicy } = Target as {
      Input: string;
      DeadLetterConfig: { Arn: unknown };
      RetryPolicy: unknown;
    };
    expect(JSON.parse(Input)).toMatchObject({ scheduledTime: '<aws.scheduler.scheduled-time>' });
    expect(logicalIdOf(DeadLetterConfig.Arn)).toBe('SchedulesDeadLetters');
    expect(RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 900, MaximumRetryAttempts: 5 });
  }
});

it('proxies are read from the one secret that the configuration names, by the one function that uses it', () => {
  const { uzum } = uzumOnly.marketplaces;
  if (uzum === undefined) expect.fail('no uzum');
  const proxied = { ...uzum, proxies: { secretName: 'narx/uzum-proxies' } };
  const withProxies = synthesized('prod', {
    ...uzumOnly,
    marketplaces: { ...uzumOnly.marketplaces, uzum: proxied },
  });
  const readers = [...withProxies].filter(
    ([, { Type, Properties }]) =>
      Type === 'AWS::IAM::Policy' && JSON.stringify(Properties).includes('secret:narx/uzum-proxies-??????'),
  );
  const scrape = withProxies.get('ScrapeUzum') ?? expect.fail('no scrape function');
  expect(
    readers.flatMap(([, { Properties }]) => (Properties['Roles'] as unknown[]).map(logicalIdOf)),
  ).toEqual([logicalIdOf(scrape.Properties['Role'])]);
  const { Environment } = scrape.Properties as {
    Environment: { Variables: Record<string, unknown> };
  };
  expect(Environment.Variables['PROXY_SECRET']).toBe('narx/uzum-proxies');
});
