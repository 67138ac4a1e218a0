import { describe, expect, it } from 'vitest';
import {
  costFault,
  currencyOf,
  innOf,
  instant,
  quantity,
  unitOf,
} from '../../functions/marketplaces/uzex/values.ts';

describe('times of UZEX', () => {
  it.each([
    ['2031-01-08T12:00:05', '2031-01-08T07:00:05.000Z'],
    ['2031-01-01T04:59:59', '2030-12-31T23:59:59.000Z'],
    ['2031-07-01 12:00:00.25', '2031-07-01T07:00:00.000Z'],
    ['2031-01-08T12:00:05Z', '2031-01-08T12:00:05.000Z'],
    ['2031-01-08T12:00:05+03:00', '2031-01-08T09:00:05.000Z'],
  ])('%s, in Tashkent unless it says otherwise, is %s', (local, utc) => {
    expect(instant(local)).toBe(utc);
  });

  it.each([
    null,
    '',
    'x',
    1_900_000_000,
    '2031-02-30T10:00:00',
    '2031-13-01T10:00:00',
    '0001-01-01T00:00:00',
    '08.01.2031 12:00',
  ])('%j is none', (junk) => {
    expect(instant(junk)).toBeNull();
  });
});

describe('tax numbers', () => {
  it.each([
    ['200000001', '200000001'],
    [' 200000001 ', '200000001'],
    [200_000_001, '200000001'],
    ['0', null],
    ['000000000', null],
    ['111111111', null],
    ['20000000', null],
    // Fourteen digits are those of a person.
    ['31234567890123', null],
    [null, null],
    [{}, null],
  ])('%j is kept as %j', (raw, inn) => {
    expect(innOf(raw)).toBe(inn);
  });
});

describe('currencies of UZEX', () => {
  it.each([
    ['Сом', 'UZS'],
    ['Сум', 'UZS'],
    ['So‘m', 'UZS'],
    ['Узбекский сум', 'UZS'],
    ['UZS', 'UZS'],
    ['Доллар США', 'USD'],
    ['EUR', 'EUR'],
    ['RUR', 'RUB'],
    [null, null],
    ['', null],
  ])('"%s" is %s', (name, code) => {
    expect(currencyOf(name)).toEqual({ value: code });
  });

  it.each(['Тийин', 'uz', 0, {}])('%j is none that is known', (name) => {
    expect(currencyOf(name)).toHaveProperty('fault');
  });
});

describe('what units cost', () => {
  it('may differ from the product by rounding, not by more', () => {
    expect(costFault(33.33, 3, 100, 'x')).toBeNull();
    expect(costFault(9_971.5, 285, 2_841_877.5, 'x')).toBeNull();
    expect(costFault(30_000, 10, 30_000, 'x')).toBe('x: 10 units at 30000 do not cost 30000');
    expect(costFault(30_000, null, 30_000, 'x')).toBeNull();
  });

  it('are counted in positive numbers, which may be fractions', () => {
    expect(quantity(2.5, 'x')).toEqual({ value: '2.5' });
    expect(quantity(null, 'x')).toEqual({ value: null });
    for (const units of [0, -1, 1e10, 1e-9, 0.123_456_789])
      expect(quantity(units, 'x')).toHaveProperty('fault');
  });

  it('are measured in what one of the properties says', () => {
    const named = (name: string) =>
      unitOf([null, { property_name: 'Цвет', user_value: 'x' }, { property_name: name, user_value: ' кг ' }]);
    expect(named('Единица измерения')).toBe('кг');
    expect(named('O‘lchov birligi')).toBe('кг');
    expect(unitOf([{ Property_Name: 'Единица измерения', User_Value: 'шт' }])).toBe('шт');
    expect(named('Вес')).toBeNull();
    for (const properties of [null, undefined, '', '[]', {}, []]) expect(unitOf(properties)).toBeNull();
  });
});
