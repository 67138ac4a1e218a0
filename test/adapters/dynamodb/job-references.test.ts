import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeReferences, encodeReferences } from '../../../functions/adapters/dynamodb/job-references.ts';
import { type Reference, referenceKinds } from '../../../functions/core/model/reference.ts';

const ids = (kind: Reference['kind'], ...externalIds: string[]): Reference[] =>
  externalIds.map((externalId) => ({ kind, externalId }));

test('consecutive ids are a first and a count, and everything keeps its place', () => {
  const references = [
    ...ids('product', '8', '9', '10', '11', '13'),
    ...ids('listing', '1', '2'),
    ...ids('product', '3'),
  ];
  expect(encodeReferences(references)).toBe('product:8+4,13 listing:1,2 product:3');
  expect(decodeReferences('product:8+4,13 listing:1,2 product:3')).toEqual(references);
});

test('any references come back as they were', () => {
  const number = fc
    .oneof(fc.integer({ min: 0, max: 30 }), fc.constantFrom(999_999_999_999_998, 2 ** 53))
    .map(String);
  const id = fc.oneof(
    number,
    fc.constantFrom('007', '1+3', 'a b', '%2c', 'p:1', '1,2'),
    fc.string({ minLength: 1, unit: 'binary' }),
  );
  const reference = fc.record({ kind: fc.constantFrom(...referenceKinds), externalId: id });
  const run = fc
    .integer({ min: 0, max: 1e15 })
    .map((first) => ids('product', ...[0, 1, 2, 3].map((i) => String(first + i))));
  const job = fc.array(
    fc.oneof(
      reference.map((one) => [one]),
      run,
    ),
    { minLength: 1, maxLength: 30 },
  );
  fc.assert(
    fc.property(job, (parts) => {
      expect(decodeReferences(encodeReferences(parts.flat()))).toEqual(parts.flat());
    }),
  );
});

test.each(['', 'product', 'product:', 'shop:1', 'product:1,,2', 'product:1+x', 'product:%zz'])(
  'a damaged line ("%s") is an error, not fewer references',
  (line) => {
    expect(() => decodeReferences(line)).toThrow('no');
  },
);
