import { describe, expect, it } from 'vitest';
import { manifestSchema } from '../../functions/contract/manifest.ts';
import type { PageResult } from '../../functions/core/marketplace.ts';
import { referenceKinds, referenceSchema } from '../../functions/core/model/reference.ts';
import { snapshotSchema } from '../../functions/core/model/snapshot.ts';
import { manifests } from '../../functions/marketplaces/manifests.ts';
import {
  type ContractCase,
  contractOutcomes,
  type FixtureCase,
} from '../../functions/marketplaces/shared/fixture-cases.ts';
import { registered } from './fixtures.ts';

const caseNames = Object.keys(contractOutcomes) as ContractCase[];

describe.each(registered)('$id', ({ id, marketplace, fixtures }) => {
  const judge = ({ page, context }: FixtureCase): PageResult =>
    marketplace.classify(page) ?? marketplace.parse(page, context ?? { reference: null });

  it('is listed in manifests.ts under the id that it is registered by', () => {
    expect(manifests.map((manifest) => manifest.id)).toContain(id);
    expect(manifestSchema.parse(marketplace.manifest)).toEqual(marketplace.manifest);
    expect(marketplace.manifest.id).toBe(id);
  });

  it('asks only its own hosts, over TLS, for at least one kind of reference', () => {
    const urls = referenceKinds.flatMap((kind) => {
      try {
        return [marketplace.request({ kind, externalId: '700001' }).url];
      } catch {
        return [];
      }
    });
    expect(urls.length).toBeGreaterThan(0);
    for (const url of urls) {
      expect(new URL(url).protocol).toBe('https:');
      expect(marketplace.manifest.hosts).toContain(new URL(url).hostname);
    }
  });

  it('begins discovery with listings that it can be asked for, each once', () => {
    const { seeds } = marketplace;
    for (const seed of seeds) {
      expect(referenceSchema.parse(seed)).toMatchObject({ kind: 'listing' });
      expect(marketplace.manifest.hosts).toContain(new URL(marketplace.request(seed).url).hostname);
    }
    expect(new Set(seeds.map(({ externalId }) => externalId)).size).toBe(seeds.length);
  });

  it('has good bodies that the mutation test can break', () => {
    expect(
      fixtures.mutable.length,
      `Put at least one good body under "mutable" in functions/marketplaces/${id}/fixtures/cases.ts (docs/adding-a-marketplace.md).`,
    ).toBeGreaterThan(0);
  });

  describe.each(caseNames)('%s', (name) => {
    it('has fixtures', () => {
      expect(
        fixtures.cases[name].length,
        `Write a response of the case "${name}" into functions/marketplaces/${id}/fixtures/cases.ts; it must come out as ${contractOutcomes[name].join(' or ')} (docs/adding-a-marketplace.md).`,
      ).toBeGreaterThan(0);
    });

    it.each(fixtures.cases[name])('$title', (fixture) => {
      const result = judge(fixture);
      expect(result).toMatchObject({ outcome: fixture.outcome });
      expect(contractOutcomes[name]).toContain(result.outcome);
      if (result.outcome !== 'ok') {
        expect(result.detail).toMatch(fixture.detail ?? /\w/);
        expect(result.detail).not.toContain('\n');
        return;
      }
      for (const snapshot of result.snapshots) expect(snapshotSchema.parse(snapshot)).toEqual(snapshot);
      expect(result.snapshots).toEqual(fixture.snapshots ?? []);
      expect(result.references).toEqual(fixture.references ?? []);
      expect(result.oldShape ?? false).toBe(fixture.oldShape ?? result.oldShape ?? false);
    });
  });
});
