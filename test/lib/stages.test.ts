import { describe, expect, it, vi } from 'vitest';
import type { ConfigInput } from '../../lib/config/schema.ts';
import { config } from '../../narx.config.ts';
import { objectsIn, ofType, type Resource, synthesized, uzumOnly } from '../support/synthesized.ts';

// Loading the CDK and synthesizing takes seconds, on a machine that is busy many.
vi.setConfig({ testTimeout: 120_000 });

/** Values by path, with the stage's name taken out. Versions are left out: their ids hold a hash of the environment. */
function values(stage: string, input: ConfigInput = config): Map<string, unknown> {
  const found = new Map<string, unknown>();
  const visit = (value: unknown, path: string): void => {
    if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) visit(inner, `${path}/${key}`);
    else found.set(path, typeof value === 'string' ? value.replaceAll(`narx-${stage}`, 'narx-STAGE') : value);
  };
  for (const [id, { Type, Properties }] of synthesized(stage, input))
    if (Type !== 'AWS::Lambda::Version') visit(Properties, `${Type} ${id}`);
  return found;
}

/** The configuration with the marketplaces switched on everywhere that one stage switches on for itself. */
function withMarketplacesOf(stage: string): ConfigInput {
  const marketplaces = { ...config.marketplaces };
  for (const [id, own] of Object.entries(config.stages[stage]?.marketplaces ?? {})) {
    const base = marketplaces[id];
    if (base && own?.enabled)
      marketplaces[id] = {
        ...base,
        enabled: true,
        ...(own.proxies ? { proxies: { secretName: 'proxies', ...own.proxies } } : {}),
      };
  }
  return { ...config, marketplaces };
}

describe('stages', () => {
  it.each(['dev', 'local'])(
    '%s has the resources that prod has for the same marketplaces, and differs only where the configuration does',
    (stage) => {
      const prod = values('prod', withMarketplacesOf(stage));
      const other = values(stage);
      expect([...other.keys()]).toEqual([...prod.keys()]);
      const different = [...prod.keys()].filter((path) => other.get(path) !== prod.get(path));
      const allowed = [
        /^AWS::Lambda::Function \w+\/Environment\/Variables\/(STAGE|PLANS|RATE|GATE)$/,
        // How large each domain's disk is at first.
        /^AWS::Lambda::Function Gatekeeper\/Environment\/Variables\/STORES\//,
        /^AWS::RDS::DBInstance \w+\/(MultiAZ|AllocatedStorage|MaxAllocatedStorage|BackupRetentionPeriod)$/,
        /^AWS::RDS::DBParameterGroup \w+\/Description$/,
        /^AWS::Lambda::EventSourceMapping \w+\/ScalingConfig\/MaximumConcurrency$/,
        /^AWS::CloudWatch::Alarm Alarms(FreeStorage|ConfirmedPerDay|PriceChangesPerDay)\w+\/Threshold$/,
        // It watches the costs of its own stage.
        /^AWS::Budgets::Budget \w+\/\w+\/CostFilters\/TagKeyValue\/0$/,
        /^Custom::Trigger \w+\/HandlerArn\/Ref$/,
      ];
      expect(different.filter((path) => !allowed.some((pattern) => pattern.test(path)))).toEqual([]);
      expect(different).not.toEqual([]);
    },
  );

  it('use only intrinsics that the local stack resolves, in everything that it runs', () => {
    const types = [
      'AWS::SQS::Queue',
      'AWS::Lambda::Function',
      'AWS::Lambda::EventSourceMapping',
      'AWS::Scheduler::Schedule',
      'AWS::DynamoDB::GlobalTable',
      'AWS::S3::Bucket',
      'AWS::CloudWatch::Alarm',
    ];
    const resources = synthesized('local');
    const used = new Set<string>();
    for (const type of types)
      for (const [, { Code: _, ...properties }] of ofType(resources, type))
        for (const { object } of objectsIn(properties))
          for (const key of Object.keys(object)) if (key === 'Ref' || key.startsWith('Fn::')) used.add(key);
    expect([...used].sort()).toEqual(['Fn::GetAtt', 'Fn::Join', 'Ref']);
  });
});

describe('a third storage domain', () => {
  const { uzum } = uzumOnly.marketplaces;
  const { ecommerce } = config.storageDomains;
  if (uzum === undefined || ecommerce === undefined)
    throw new Error('The configuration lacks uzum or ecommerce');
  const withClassifieds: ConfigInput = {
    ...uzumOnly,
    storageDomains: { ...config.storageDomains, classifieds: ecommerce },
    marketplaces: {
      ...uzumOnly.marketplaces,
      // The same parser in another domain: what matters here is that nothing but the configuration changed.
      uzum: { ...uzum, domain: 'classifieds' },
    },
    stages: { prod: {} },
  };
  const idsOf = (resources: Map<string, Resource>) =>
    [...resources]
      .filter(([, { Type }]) => Type !== 'AWS::Lambda::Version')
      .map(([id]) => id.replaceAll(/[0-9A-F]{8}$/g, ''));

  it('is only a change of configuration: it gets all that a storage domain has', () => {
    const before = idsOf(synthesized('prod')).map((id) => id.replaceAll(/[Ee]commerce/g, 'Classifieds'));
    expect(idsOf(synthesized('prod', withClassifieds)).sort()).toEqual(before.sort());
  });

  it('sends its marketplaces’ snapshots to its own queue', () => {
    const scrape = synthesized('prod', withClassifieds).get('ScrapeUzum');
    expect(scrape?.Properties['Environment']).toMatchObject({
      Variables: { SNAPSHOTS_QUEUE_URL: { Ref: 'ClassifiedsSnapshots' } },
    });
  });
});
