import { describe, expect, it, vi } from 'vitest';
import { catalogue } from '../../lib/alarms/catalogue.ts';
import type { AlarmDefinition } from '../../lib/alarms/definition.ts';
import { dependsOn, ownerOf } from '../../lib/alarms/owner.ts';
import { config } from '../../narx.config.ts';
import { ofType, synthesized, textOf } from '../support/synthesized.ts';

// Loading the CDK and synthesizing takes seconds, on a machine that is busy many.
vi.setConfig({ testTimeout: 120_000 });

const resources = synthesized('local', config);
const alarms = new Map(ofType(resources, 'AWS::CloudWatch::Alarm'));
const composites = new Map(ofType(resources, 'AWS::CloudWatch::CompositeAlarm'));
const definitions: [string, AlarmDefinition][] = Object.entries(catalogue);
const topics = Object.fromEntries(
  ofType(resources, 'AWS::SNS::Topic').map(([id, { TopicName }]) => [String(TopicName), id]),
);
const short = (name: unknown): string => String(name).replace('narx-local-', '');
const composite = (name: string) =>
  [...composites.values()].find(({ AlarmName }) => short(AlarmName) === name) ?? expect.fail(`no ${name}`);
/** The alarms that a composite's rule names. */
const partsOf = ({ AlarmRule }: Record<string, unknown>): string[] =>
  [...textOf(AlarmRule).matchAll(/ALARM\("(\w+)\.Arn"\)/g)].map(([, id = '']) =>
    short(alarms.get(id)?.['AlarmName']),
  );
/** The alarms that keep a page silent. */
const above = (name: string): string[] => {
  const id = textOf(composite(name)['ActionsSuppressor']).replace(/\.Arn$/, '');
  return partsOf(composites.get(id) ?? expect.fail(`${name} is kept silent by ${id}, which is no composite`));
};

describe('whom an alarm tells', () => {
  it('is the topic of its level, going off and over: by itself, or through the page of its owner', () => {
    const paged = [...composites.values()]
      .filter(({ AlarmName }) => short(AlarmName).startsWith('page-'))
      .flatMap(partsOf);
    expect(new Set(paged).size).toBe(paged.length);
    for (const { AlarmName, AlarmActions, OKActions, AlarmDescription } of alarms.values()) {
      const level = /^(CRITICAL|WARNING): /.exec(textOf(AlarmDescription))?.[1]?.toLowerCase();
      const isPaged = paged.includes(short(AlarmName));
      if (isPaged) expect(level, short(AlarmName)).toBe('critical');
      const expected = isPaged ? undefined : [{ Ref: topics[`narx-local-alarms-${level}`] }];
      expect(AlarmActions, short(AlarmName)).toEqual(expected);
      expect(OKActions, short(AlarmName)).toEqual(expected);
    }
  });

  it('is one page for each marketplace, each storage domain and the stage, on the critical topic', () => {
    const pages = [...composites.values()].filter(({ AlarmName }) => short(AlarmName).startsWith('page-'));
    const owners = [...Object.keys(config.marketplaces), ...Object.keys(config.storageDomains), 'stage'];
    expect(pages.map(({ AlarmName }) => short(AlarmName)).sort()).toEqual(
      owners.map((owner) => `page-${owner}`).sort(),
    );
    const critical = [{ Ref: topics['narx-local-alarms-critical'] }];
    for (const page of pages) expect(page).toMatchObject({ AlarmActions: critical, OKActions: critical });
  });

  it('is nobody for what only keeps pages silent', () => {
    const others = [...composites.values()].filter(({ AlarmName }) => !short(AlarmName).startsWith('page-'));
    expect(others.length).toBeGreaterThan(0);
    for (const { AlarmActions } of others) expect(AlarmActions).toBeUndefined();
  });
});

describe('one cause pages once', () => {
  it('what follows within an owner is part of its one page', () => {
    expect(partsOf(composite('page-ecommerce'))).toEqual(
      expect.arrayContaining([
        'breaker-open-ecommerce',
        'store-failing-ecommerce',
        'audit-not-running-ecommerce',
      ]),
    );
    expect(partsOf(composite('page-uzum'))).toEqual(
      expect.arrayContaining(['observations-stopped-uzum', 'success-rate-uzum', 'schedule-stopped-uzum']),
    );
  });

  it('a database that is down keeps the pages of its marketplaces silent, and no other', () => {
    expect(above('page-uzum')).toEqual(
      expect.arrayContaining(['breaker-open-ecommerce', 'free-storage-critical-ecommerce']),
    );
    expect(above('page-uzum').join()).not.toMatch(
      /(breaker-open|storage-critical|store-failing)-procurement/,
    );
    expect(above('page-uzex')).toContain('breaker-open-procurement');
  });

  it('a coordination table that is down keeps all of them silent but the stage’s own', () => {
    for (const page of ['page-uzum', 'page-ecommerce', 'page-procurement'])
      expect(above(page), page).toContain('coordination-errors-uzum');
    expect(partsOf(composite('page-stage'))).toContain('coordination-errors-uzum');
    expect(composite('page-stage')['ActionsSuppressor']).toBeUndefined();
  });

  it('nothing in a marketplace, and no full queue, keeps anything else silent', () => {
    for (const page of ['page-uzum', 'page-ecommerce'])
      for (const alarm of above(page))
        expect(alarm, page).not.toMatch(/observations|dlq|backlog|dispatch-failing/);
  });

  it('only what is critical is paged, or keeps a page silent', () => {
    for (const [id, { levels, pagedWith, spreads }] of definitions) {
      if (pagedWith) expect(levels, id).toContain('critical');
      if (spreads) expect(pagedWith, `${id} silences others and must page itself`).toBeDefined();
    }
  });

  it('holds a page back for minutes before its cause is seen, and a while after it', () => {
    expect(composite('page-uzum')).toMatchObject({
      ActionsSuppressorWaitPeriod: 180,
      ActionsSuppressorExtensionPeriod: 900,
    });
  });
});

describe('an alarm’s owner', () => {
  it('is what its dimension names', () => {
    expect(ownerOf('uzum-jobs', config)).toEqual({ marketplace: 'uzum' });
    expect(ownerOf('ecommerce-snapshots', config)).toEqual({ domain: 'ecommerce' });
    expect(ownerOf('scrape-olx', config)).toEqual({ marketplace: 'olx' });
    expect(ownerOf(null, config)).toBe('stage');
  });

  it('depends on its storage domain and on the stage', () => {
    const [uzum, ecommerce] = [{ marketplace: 'uzum' }, { domain: 'ecommerce' }];
    expect(dependsOn(uzum, ecommerce, config)).toBe(true);
    expect(dependsOn(uzum, { domain: 'procurement' }, config)).toBe(false);
    expect(dependsOn(uzum, { marketplace: 'olx' }, config)).toBe(false);
    expect(dependsOn(ecommerce, uzum, config)).toBe(false);
    expect(dependsOn(ecommerce, 'stage', config)).toBe(true);
    expect(dependsOn('stage', 'stage', config)).toBe(false);
  });
});

it('every marketplace leaves room in the stack and in the nested one, of the 500 resources that each may have', () => {
  const nested = [...resources.values()].filter(({ Type }) =>
    /^AWS::(CloudWatch|SNS|Budgets|Logs::Query)/.test(Type),
  );
  expect(nested.length).toBeLessThanOrEqual(350);
  expect(resources.size - nested.length).toBeLessThanOrEqual(350);
});
