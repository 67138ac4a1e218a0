import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checksUntilGone,
  neverSeen,
  type Sighting,
  sight,
} from '../../../functions/core/history/sighting.ts';
import { type ProductVisit, snapshotVisit } from '../../../functions/core/history/visit.ts';
import { offer, snapshot } from '../../adapters/postgres/visits.ts';

const seen = (at: number, price = '1'): ProductVisit =>
  snapshotVisit(snapshot('p', new Date(at).toISOString(), [offer('s', price)]));
const missed = (at: number): ProductVisit => ({ outcome: 'gone', at });
const folded = (...visits: ProductVisit[]): Sighting =>
  visits.reduce((sighting, visit) => sight(sighting, visit, false).sighting, neverSeen);

describe('a product that is not found', () => {
  it('counts as gone after three checks in a row, the first of which is when it was missed', () => {
    expect(folded(seen(1), missed(2), missed(3), missed(4))).toMatchObject({
      missingChecks: checksUntilGone,
      missingSince: 2,
      lastSeenAt: 1,
    });
  });

  it('is back with the next snapshot', () => {
    expect(folded(seen(1), missed(2), missed(3), seen(4))).toMatchObject({
      missingChecks: 0,
      missingSince: null,
      missingCheckedAt: null,
      lastSeenAt: 4,
    });
  });

  it('is not missed by a check that is older than its newest snapshot, or of the same instant', () => {
    expect(folded(seen(5), missed(4), missed(5)).missingChecks).toBe(0);
  });

  it('was missed only as often as is known after a late snapshot between the checks', () => {
    expect(folded(missed(2), missed(3), missed(5), seen(4))).toMatchObject({
      missingChecks: 1,
      missingSince: 5,
      lastSeenAt: 4,
    });
  });

  it('is never counted more often than there were checks, whatever is delivered again and in which order', () => {
    const visits = fc.array(
      fc
        .tuple(fc.integer({ min: 1, max: 8 }), fc.boolean())
        .map(([at, found]) => (found ? seen(at) : missed(at))),
    );
    fc.assert(
      fc.property(visits, (deliveries) => {
        const sighting = folded(...deliveries);
        const lastSeen = Math.max(0, ...deliveries.filter((v) => v.outcome === 'ok').map((v) => v.at));
        const checks = new Set(
          deliveries.filter((v) => v.outcome === 'gone' && v.at > lastSeen).map((v) => v.at),
        );
        expect(sighting.lastSeenAt ?? 0).toBe(lastSeen);
        expect(sighting.missingChecks).toBeLessThanOrEqual(checks.size);
        expect(sighting.missingChecks > 0).toBe(checks.size > 0);
        expect(sighting.missingCheckedAt).toBe(checks.size > 0 ? Math.max(...checks) : null);
      }),
    );
  });
});

describe('the fingerprint of a snapshot', () => {
  const fingerprint = (...args: Parameters<typeof snapshot>) => snapshotVisit(snapshot(...args)).fingerprint;
  const at = '2026-09-14T10:00:00.000Z';
  const base = [offer('a', '1'), offer('b', '2')];

  it('does not depend on the instant, the order of SKUs or the stock', () => {
    const other = [offer('b', '2', { available: 99 }), offer('a', '1')];
    expect(fingerprint('p', '2026-09-15T10:00:00.000Z', other)).toBe(fingerprint('p', at, base));
  });

  it.each([
    ['a price', [offer('a', '1.5'), offer('b', '2')], {}],
    ['an old price', [offer('a', '1', { oldPrice: '3' }), offer('b', '2')], {}],
    ['the availability', [offer('a', '1', { availability: 'out_of_stock' }), offer('b', '2')], {}],
    ['a SKU title', [offer('a', '1', { title: 'x' }), offer('b', '2')], {}],
    ['a missing SKU', [offer('a', '1')], {}],
    ['the currency', base, { currency: 'USD' }],
    ['the title', base, { title: 'x' }],
    ['the seller', base, { seller: null }],
    ['a category', base, { category: null }],
  ] as const)('depends on %s', (_name, offers, more) => {
    expect(fingerprint('p', at, [...offers], more)).not.toBe(fingerprint('p', at, base));
  });
});
