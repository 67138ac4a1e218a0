import { describe, expect, it, vi } from 'vitest';
import { type AlarmDefinition, catalogue } from '../../lib/alarms/catalogue.ts';
import { isRelated, ownerOf } from '../../lib/alarms/owner.ts';
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
const suppressorOf = (name: string): string => {
  const [, page] =
    [...composites].find(([, { AlarmName }]) => AlarmName === `narx-local-page-${name}`) ??
    expect.fail(`no page for ${name}`);
  return textOf(page['ActionsSuppressor']).replace(/\.Arn$/, '');
};
/** The alarms whose ALARM silences the page, by name. */
const silencing = (name: string): string[] => {
  const id = suppressorOf(name);
  const ids = [...textOf(composites.get(id)?.['AlarmRule'] ?? `ALARM("${id}.Arn")`).matchAll(/(\w+)\.Arn/g)];
  return ids.map(([, logical = '']) => String(alarms.get(logical)?.['AlarmName']).replace('narx-local-', ''));
};

describe('whom an alarm tells', () => {
  it('is the topic of its level, going off and over, exactly once: by itself or through its page', () => {
    const paged = new Set([...composites.values()].map(({ AlarmName }) => String(AlarmName)));
    for (const { AlarmName, AlarmActions, OKActions, AlarmDescription } of alarms.values()) {
      const level = /^(CRITICAL|WARNING): /.exec(textOf(AlarmDescription))?.[1]?.toLowerCase();
      const page = String(AlarmName).replace('narx-local-', 'narx-local-page-');
      const expected = paged.has(page) ? undefined : [{ Ref: topics[`narx-local-alarms-${level}`] }];
      expect(AlarmActions, String(AlarmName)).toEqual(expected);
      expect(OKActions, String(AlarmName)).toEqual(expected);
    }
  });

  it('of a page is the critical topic, held back by its causes and a while after them', () => {
    const pages = [...composites.values()].filter(({ AlarmName }) => /-page-/.test(String(AlarmName)));
    expect(pages.length).toBeGreaterThan(5);
    for (const page of pages)
      expect(page, String(page['AlarmName'])).toMatchObject({
        AlarmActions: [{ Ref: topics['narx-local-alarms-critical'] }],
        OKActions: [{ Ref: topics['narx-local-alarms-critical'] }],
        ActionsSuppressorWaitPeriod: 180,
        ActionsSuppressorExtensionPeriod: 900,
      });
  });

  it('is nobody for the alarms that only gather causes', () => {
    const causes = [...composites.values()].filter(({ AlarmName }) => /-causes-of-/.test(String(AlarmName)));
    expect(causes.length).toBeGreaterThan(0);
    for (const { AlarmActions } of causes) expect(AlarmActions).toBeUndefined();
  });
});

describe('one cause pages once', () => {
  it('a full database silences what waits for it, in its own domain only', () => {
    expect(silencing('store-failing-ecommerce')).toEqual([
      'breaker-open-ecommerce',
      'free-storage-critical-ecommerce',
    ]);
    expect(silencing('queue-age-critical-ecommerce-snapshots')).toContain('free-storage-critical-ecommerce');
    expect(silencing('queue-age-critical-ecommerce-snapshots').join()).not.toContain('procurement');
  });

  it('a marketplace is silenced by its own trouble and its domain’s, not by another marketplace’s', () => {
    const silent = silencing('observations-stopped-uzum');
    expect(silent).toEqual(
      expect.arrayContaining(['parse-success-critical-uzum', 'store-failing-ecommerce']),
    );
    expect(silent.join()).not.toMatch(/olx|yandex|uzex|procurement/);
  });

  it('nothing explains itself, in a circle, or by an alarm that does not exist or pages nobody', () => {
    const explains = new Map(definitions.map(([id, { explainedBy = [] }]) => [id, explainedBy]));
    const roots = (id: string, seen: string[]): void => {
      expect(seen, 'a circle').not.toContain(id);
      for (const cause of explains.get(id) ??
        expect.fail(`${seen.at(-1)} is explained by ${id}, which is no alarm`))
        roots(cause, [...seen, id]);
    };
    for (const [id] of definitions) roots(id, []);
    for (const [id, { levels, explainedBy }] of definitions)
      if (explainedBy)
        expect(levels.at(-1), `${id} is no page that a cause could hold back`).toBe('critical');
  });
});

describe('an alarm’s owner', () => {
  const small = { marketplaces: config.marketplaces, storageDomains: config.storageDomains };

  it('is what its dimension names', () => {
    expect(ownerOf('uzum-jobs', small)).toEqual({ marketplace: 'uzum' });
    expect(ownerOf('ecommerce-snapshots', small)).toEqual({ domain: 'ecommerce' });
    expect(ownerOf('scrape-olx', small)).toEqual({ marketplace: 'olx' });
    expect(ownerOf(null, small)).toBe('stage');
  });

  it('suffers from its storage domain and the stage; a domain does not suffer from a marketplace', () => {
    const [uzum, ecommerce] = [{ marketplace: 'uzum' }, { domain: 'ecommerce' }];
    expect(isRelated(uzum, ecommerce, small)).toBe(true);
    expect(isRelated(uzum, { domain: 'procurement' }, small)).toBe(false);
    expect(isRelated(uzum, { marketplace: 'olx' }, small)).toBe(false);
    expect(isRelated(ecommerce, uzum, small)).toBe(false);
    expect(isRelated(ecommerce, 'stage', small)).toBe(true);
  });
});
