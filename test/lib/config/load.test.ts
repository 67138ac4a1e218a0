import { describe, expect, it } from 'vitest';
import type { MarketplaceManifest } from '../../../functions/contract/manifest.ts';
import { ConfigurationError } from '../../../functions/core/model/errors.ts';
import { loadConfig } from '../../../lib/config/load.ts';
import type { ConfigInput } from '../../../lib/config/schema.ts';
import { config } from '../../../narx.config.ts';

const manifests: MarketplaceManifest[] = [
  {
    id: 'uzum',
    title: 'Uzum',
    storageSchema: 'retail',
    hosts: ['api.uzum.uz'],
    sweepKind: 'product',
    requiresProxy: false,
    maxBodyBytes: 4_000_000,
  },
  {
    id: 'olx',
    title: 'OLX',
    storageSchema: 'retail',
    hosts: ['www.olx.uz'],
    sweepKind: null,
    requiresProxy: true,
    maxBodyBytes: 4_000_000,
  },
];

/** The file's own configuration with uzum alone switched on: what the faults below are put into. */
const sound: ConfigInput = structuredClone(config);
for (const stage of Object.values(sound.stages))
  for (const [id, marketplace] of Object.entries(stage.marketplaces ?? {}))
    if (id !== 'uzum') delete marketplace?.enabled;

/** That configuration with values put in at dotted paths; undefined takes one out. */
function altered(changes: Record<string, unknown>): ConfigInput {
  const copy = structuredClone(sound);
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    let place = copy as unknown as Record<string, unknown>;
    for (const key of keys) {
      place[key] ??= {};
      place = place[key] as Record<string, unknown>;
    }
    if (value === undefined) delete place[last];
    else place[last] = value;
  }
  return copy;
}

function faultsOf(changes: Record<string, unknown>, stage = 'prod'): readonly string[] {
  try {
    loadConfig(altered(changes), stage, manifests);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
}

describe('the configuration in the file', () => {
  it.each(Object.keys(config.stages))('is sound in stage %s', (stage) => {
    expect(loadConfig(config, stage).stage).toBe(stage);
  });

  it('takes a stage’s own values over the file’s, to any depth, and leaves their neighbours', () => {
    const { plan } = config.marketplaces['uzum'] ?? expect.fail('no uzum');
    const loaded = loadConfig(
      altered({ 'stages.dev.marketplaces.uzum.plan.window': 7_777 }),
      'dev',
      manifests,
    );
    expect(loaded.marketplaces['uzum']?.plan.window).toBe(7_777);
    expect(loaded.marketplaces['uzum']?.plan.referencesPerJob).toBe(plan.referencesPerJob);
    expect(loaded.storageDomains['ecommerce']?.multiAz).toBe(false);
    expect(loadConfig(sound, 'prod', manifests).storageDomains['ecommerce']?.multiAz).toBe(true);
  });
});

describe('faults', () => {
  it('are reported together: those of form and those of every check whose inputs are sound', () => {
    expect(
      faultsOf({
        'functions.store.timeoutSeconds': 1_000,
        'marketplaces.uzum.freshnesHours': 6,
        'marketplaces.uzum.maxConcurrency': 4,
        'queues.jobs.retentionDays': 14,
      }),
    ).toEqual([
      'marketplaces.uzum.freshnesHours: is not a setting; use freshnessHours instead.',
      'functions.store.timeoutSeconds: is 1000; it must be at most 900.',
      'marketplaces.uzum: maxConcurrency 4 x connectionsPerWorker 50 = 200 connections exceed connectionBudget 150; lower one of them to stay within the budget.',
      'queues.jobs.retentionDays: 14 days are not shorter than deadLetterRetentionDays 14, which counts from the same moment; lower it below 14.',
    ]);
  });

  it('count a misspelt setting once, not also as missing', () => {
    const { freshnessHours, ...uzum } = config.marketplaces['uzum'] ?? {};
    expect(faultsOf({ 'marketplaces.uzum': { ...uzum, freshnesHours: freshnessHours } })).toEqual([
      'marketplaces.uzum.freshnesHours: is not a setting; use freshnessHours instead.',
    ]);
  });

  it('leave out a check whose input is itself at fault', () => {
    expect(
      faultsOf({ 'marketplaces.uzum.maxConcurrency': 'four', 'marketplaces.uzum.connectionsPerWorker': 900 }),
    ).toEqual(['marketplaces.uzum.maxConcurrency: is "four"; give a number instead.']);
  });

  it('name the stage where the stage states the value', () => {
    expect(faultsOf({ 'stages.prod.queues.snapshots.retentionDays': 14 })[0]).toMatch(
      /^stages\.prod\.queues\.snapshots\.retentionDays: 14 days/,
    );
  });

  it('are whole sentences that name a path', () => {
    const faults = faultsOf({
      contact: undefined,
      rawRetentionDays: null,
      'marketplaces.uzum.domain': 'Nope!',
      stray: 1,
    });
    expect(faults).toHaveLength(4);
    for (const fault of faults) expect(fault).toMatch(/^[a-zA-Z.]+: .+[^.]\.$/s);
  });

  it('name the stages that exist when asked for another', () => {
    expect(faultsOf({}, 'prd')).toEqual(['stage: prd is not a stage of narx.config.ts; use prod instead.']);
    expect(faultsOf({}, 'toString')[0]).toContain('use one of dev, prod, ');
  });

  it('include those of stages that nobody asked for, once each', () => {
    expect(
      faultsOf(
        {
          'functions.store.timeoutSeconds': 1_000,
          'stages.prod.marketplaces.uzum.maxConcurrency': 4,
          'stages.dev.queues.jobs.batchSize': '4',
          'stages.dev.stray': 1,
        },
        'local',
      ),
    ).toEqual([
      'functions.store.timeoutSeconds: is 1000; it must be at most 900.',
      'stages.dev.queues.jobs.batchSize: is "4"; give a number instead.',
      'stages.dev.stray: is not a setting; use one of contact, storageDomains, marketplaces, gate, breaker, storage, functions, api, queues, alarms, rawRetentionDays, terminationProtection.',
      'marketplaces.uzum: maxConcurrency 4 x connectionsPerWorker 50 = 200 connections exceed connectionBudget 150; lower one of them to stay within the budget.',
    ]);
  });

  it('are told once where a mistake of the file breaks every stage in another way', () => {
    expect(faultsOf({ 'marketplaces.uzum.schedules.sweep': undefined }, 'local')).toHaveLength(1);
    expect(faultsOf({ marketplaces: 'none' }, 'local')).toEqual([
      'marketplaces: is "none"; give a group of named entries in braces instead.',
    ]);
  });

  it.each<[unknown, string]>([
    [null, 'config: is null; give a group of settings in braces instead.'],
    [
      { ...sound, stages: undefined },
      'stages: is missing; give a group with an entry for each stage, such as dev: {}.',
    ],
    [
      { ...sound, stages: ['prod'] },
      "stages: is [ 'prod' ]; give a group with an entry for each stage, such as dev: {}.",
    ],
    [
      { ...sound, stages: { prod: null } },
      'stages.prod: is null; give a group of settings in braces instead.',
    ],
    [{ ...sound, contact: 5n }, 'contact: is 5n; give a text in quotes instead.'],
    [
      { ...sound, queues: () => 1 },
      'queues: is [Function: queues]; give a group of settings in braces instead.',
    ],
    [
      { ...sound, terminationProtection: Number.NaN },
      'terminationProtection: is NaN; give true or false instead.',
    ],
  ])('are sentences for what is no configuration at all (%#)', (input, expected) => {
    expect(() => loadConfig(input as ConfigInput, 'prod', manifests)).toThrow(
      expect.objectContaining({ faults: [expected] }),
    );
  });

  it('include a stage whose name cannot be part of resource names', () => {
    expect(faultsOf({ 'stages.My-Stage': {} }, 'My-Stage')[0]).toContain('2 to 10 lower case letters');
  });
});

describe('cross-checks', () => {
  it.each<[string, Record<string, unknown>, RegExp]>([
    [
      'a single worker, which Lambda does not accept',
      { 'marketplaces.uzum.maxConcurrency': 1 },
      /uzum\.maxConcurrency: is 1; it must be at least 2/,
    ],
    [
      'more connections than the database is planned for',
      { 'storageDomains.ecommerce.storeConcurrency': 320, 'breaker.drainBatchesPerSecond': 1_000 },
      /storageDomains\.ecommerce: storeConcurrency 320 x .* need 336 connections, more than the 320/,
    ],
    [
      'more connections than the instance has memory for',
      { 'storageDomains.ecommerce.instanceType': 't4g.small' },
      /maxConnections: 400 connections exceed the 225 that the memory of t4g\.small allows/,
    ],
    [
      'an instance type that nobody knows',
      { 'storageDomains.ecommerce.instanceType': 'x9.huge' },
      /x9\.huge is not an instance type/,
    ],
    [
      'storage that cannot grow',
      { 'storageDomains.ecommerce.maxStorageGb': 105 },
      /maxStorageGb: 105 leaves storage no room to grow .* at least 110/,
    ],
    [
      'history that goes before its dead letters',
      { 'storageDomains.ecommerce.historyRetentionDays': 45 },
      /historyRetentionDays: 45 days .* more than 45/,
    ],
    [
      'raw pages that expire before dead letters point to them',
      { rawRetentionDays: 40 },
      /rawRetentionDays: 40 days .* more than 45/,
    ],
    [
      'raw pages of which no table knows',
      { 'marketplaces.uzum.rawPayload': 'keep' },
      /uzum\.rawPayload: keep needs a domain with the procurement tables/,
    ],
    [
      'an enabled marketplace without a parser',
      { 'marketplaces.yandex.enabled': true },
      /marketplaces\.yandex\.enabled: functions\/marketplaces has no yandex/,
    ],
    [
      'a domain with the wrong tables',
      { 'marketplaces.uzum.domain': 'procurement' },
      /uzum\.domain: procurement has the procurement tables, but Uzum needs retail/,
    ],
    [
      'a range of ids that cannot hold what alarms when it is not confirmed',
      {
        'stages.prod.marketplaces.uzum.plan.sweep': { first: 1, last: 400, everyHours: 1, beyond: 0 },
        'stages.prod.marketplaces.uzum.priceChangesPerDay': 0,
      },
      /uzum\.confirmedPerDay: 100000 is more than the 400 ids of plan\.sweep, so that its alarm/,
    ],
    [
      'a range of ids that cannot hold so many changes',
      {
        'stages.prod.marketplaces.uzum.plan.sweep': { first: 1, last: 9_000, everyHours: 1, beyond: 0 },
        'stages.prod.marketplaces.uzum.confirmedPerDay': 9_000,
      },
      /uzum\.priceChangesPerDay: 10000 is more than the 9000 ids/,
    ],
    [
      'a domain that does not exist',
      { 'marketplaces.uzum.domain': 'ecomerce' },
      /ecomerce is not a storage domain; use ecommerce instead/,
    ],
    [
      'a marketplace that needs proxies and has none',
      { 'marketplaces.olx.enabled': true, 'marketplaces.olx.proxies': null },
      /olx\.proxies: OLX serves nobody without proxies/,
    ],
    [
      'a proxy’s address in place of a secret’s name, because an address holds a password',
      { 'marketplaces.uzum.proxies': ['http://me:secret@proxy.example'] },
      /uzum\.proxies: is \[.*; give a group of settings in braces instead/,
    ],
    [
      'a rate that begins outside its limits',
      { 'marketplaces.uzum.rate.initialPerSecond': 500 },
      /rate\.initialPerSecond: 500 is not between minPerSecond 2 and maxPerSecond 120/,
    ],
    [
      'a rate at which a batch cannot be asked for in time',
      { 'marketplaces.uzum.rate.initialPerSecond': 4 },
      /rate\.initialPerSecond: 4 takes 100 s for a batch of 4 jobs with 100 references, more than the 60 s/,
    ],
    [
      'a night without hours',
      { 'marketplaces.uzum.rate.nightHours': undefined },
      /uzum\.rate: nightMaxPerSecond and nightHours go together/,
    ],
    [
      'a night that is slower than the slowest',
      { 'marketplaces.uzum.rate.nightMaxPerSecond': 1 },
      /rate\.nightMaxPerSecond: 1 is below minPerSecond 2/,
    ],
    [
      'a robots.txt override without a written reason',
      { 'marketplaces.uzum.robotsOverrides': [{ path: '/api/', reason: ' ' }] },
      /robotsOverrides\.0\.reason: /,
    ],
    [
      'a longest cool-down that is shorter than the first',
      { 'gate.maxCooldownHours': 0.5 },
      /gate\.maxCooldownHours: 0\.5 is below cooldownHours 1/,
    ],
    [
      'probes that become more frequent than the first',
      { 'breaker.maxProbeMinutes': 0.5 },
      /breaker\.maxProbeMinutes: 0\.5 min are below probeSeconds 60; raise/,
    ],
    [
      'a drain at which batches outwait their invocation',
      { 'breaker.drainBatchesPerSecond': 0.3 },
      /breaker\.drainBatchesPerSecond: at 0\.3 per second, 4 batches of ecommerce .* wait 14 s .* at least 1\.$/,
    ],
    [
      'a store whose failed messages are back before their queue is paused',
      { 'functions.store.timeoutSeconds': 20 },
      /store\.timeoutSeconds: 20 s hide a failed message for 120 s, .* at least 25\.$/,
    ],
    [
      'a store that stops before RDS lets the disk grow',
      { 'storage.holdBelowPercent': 10, 'storage.resumeAtPercent': 12 },
      /storage\.holdBelowPercent: 10 would stop writing before RDS lets the storage grow, .* lower it\.$/,
    ],
    [
      'a disk on which writing goes on and off',
      { 'storage.resumeAtPercent': 7 },
      /storage\.resumeAtPercent: 7 is not above holdBelowPercent 7/,
    ],
    [
      'a hold that comes before its alarm',
      { 'storage.criticalBelowPercent': 6 },
      /storage\.holdBelowPercent: 7 is not below criticalBelowPercent 6/,
    ],
    [
      'a gatekeeper that would not live to hear of its probe',
      { 'functions.gatekeeper.timeoutSeconds': 20 },
      /gatekeeper\.timeoutSeconds: 20 s may be too short for a probe/,
    ],
    [
      'a schedule that is none',
      { 'marketplaces.uzum.schedules.refresh': 'every 5 minutes' },
      /schedules\.refresh: "every 5 minutes" is not a schedule/,
    ],
    [
      'an enabled marketplace that nothing starts',
      { 'marketplaces.uzum.schedules': {}, 'marketplaces.uzum.plan.sweep': null },
      /uzum\.schedules: is empty/,
    ],
    [
      'a sweep without a range',
      { 'marketplaces.uzum.plan.sweep': null },
      /schedules\.sweep: plan\.sweep is null/,
    ],
    [
      'a range without a sweep',
      { 'marketplaces.uzum.schedules.sweep': undefined },
      /plan\.sweep: has an id range, but schedules\.sweep is missing/,
    ],
    [
      'a sweep over ids that cannot be guessed',
      {
        'marketplaces.olx.plan.sweep': { first: 1, last: 9, everyHours: 1, beyond: 0 },
        'marketplaces.olx.schedules.sweep': 'rate(5 minutes)',
      },
      /olx\.plan\.sweep: ids of OLX cannot be walked through/,
    ],
    [
      'a discovery whose finds nothing visits',
      { 'marketplaces.olx.schedules': { discover: 'rate(6 hours)' } },
      /olx\.schedules\.discover: finds references that nothing would visit/,
    ],
    [
      'seeds that nothing dispatches',
      { 'marketplaces.uzum.plan.seeds': ['categories'] },
      /uzum\.plan\.seeds: names listings, but schedules\.discover is missing/,
    ],
    [
      'a range that ends before it begins',
      { 'marketplaces.uzum.plan.sweep.first': 4_000_000 },
      /first 4000000 is greater than last 3000000/,
    ],
    [
      'a sweep that cannot be done in time',
      { 'marketplaces.uzum.plan.window': 2_000 },
      /sweepDeadlineHours: the sweep of 3000000 ids takes at least 125 h/,
    ],
    [
      'a request that outlasts its function',
      { 'marketplaces.uzum.requestTimeoutSeconds': 31 },
      /requestTimeoutSeconds: 31 s is more than half of the 60 s/,
    ],
    [
      'a callee that outlasts its caller',
      { 'functions.due.timeoutSeconds': 120 },
      /functions\.due\.timeoutSeconds: 120 s is not shorter than the 120 s of dispatch/,
    ],
    [
      'dead letters that do not outlive their source',
      { 'queues.deadLetterRetentionDays': 10 },
      /queues\.snapshots\.retentionDays: 10 days are not shorter than deadLetterRetentionDays 10/,
    ],
    [
      'dead letters kept longer than SQS can',
      { 'queues.deadLetterRetentionDays': 15 },
      /deadLetterRetentionDays: is 15; it must be at most 14/,
    ],
    [
      'a warning after the critical alarm',
      { 'alarms.backlogWarning': 10_000 },
      /alarms\.backlogWarning: 10000 is not below backlogCritical 10000/,
    ],
    [
      'an age alarm after the messages are gone',
      { 'alarms.queueAgeCriticalHours': 96 },
      /96 h is not before the jobs queue drops its messages \(retentionDays 4\)/,
    ],
    [
      'a backlog that dispatch may fill until it is critical',
      { 'marketplaces.uzum.plan.maxBacklogMessages': 10_000 },
      /maxBacklogMessages: 10000 lets dispatch add/,
    ],
    ['nothing enabled', { 'marketplaces.uzum.enabled': false }, /marketplaces: none is enabled/],
  ])('refuse %s', (_, changes, expected) => {
    const faults = faultsOf(changes);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(expected);
  });
});
