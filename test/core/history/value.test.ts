import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareValues, isJump, observedValue, sameValue } from '../../../functions/core/history/value.ts';
import { offer } from '../../adapters/postgres/visits.ts';

const valued = (price: string | null, currency = 'UZS') => observedValue(offer('s', price), currency);

describe('an observed value', () => {
  it('is the same for amounts that are written differently', () => {
    expect(sameValue(valued('410000.50'), valued('410000.5'))).toBe(true);
    expect(sameValue(valued('0.10'), valued('0.1'))).toBe(true);
    expect(sameValue(valued('100'), valued('1000'))).toBe(false);
  });

  it('has a total order in which only equal values are equal', () => {
    const any = fc.record({
      price: fc.option(fc.nat(30).map(String), { nil: null }),
      oldPrice: fc.option(fc.nat(3).map(String), { nil: null }),
      currency: fc.constantFrom('UZS', 'USD'),
      availability: fc.constantFrom('in_stock', 'out_of_stock', 'unknown'),
    });
    fc.assert(
      fc.property(any, any, any, (a, b, c) => {
        expect(Math.sign(compareValues(a, b))).toBe(0 - Math.sign(compareValues(b, a)));
        expect(compareValues(a, b) === 0).toBe(sameValue(a, b));
        if (compareValues(a, b) <= 0 && compareValues(b, c) <= 0)
          expect(compareValues(a, c)).toBeLessThanOrEqual(0);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['100', '9999', false],
    ['100', '10000', true],
    ['10000', '100', true],
    ['10000', '101', false],
    ['0', '5', true],
    [null, '5', false],
  ])('jumps from %s to %s: %s', (from, to, jump) => {
    expect(isJump(valued(from), valued(to))).toBe(jump);
  });

  it('does not jump between currencies', () => {
    expect(isJump(valued('1'), valued('12600', 'USD'))).toBe(false);
  });
});
