import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fits, toRecord } from '../../../local/events/records.ts';

/** What SQS lets into a body. */
const body = fc.string({
  unit: fc.oneof(
    fc.constantFrom('"', '\\', '\n', '\r', '\t', '\u2028', 'ў', '😀'),
    fc.string({ minLength: 1 }),
  ),
  maxLength: 200,
});

it('records fit into a payload of just their size in JSON, and into no smaller one', () => {
  fc.assert(
    fc.property(fc.array(body, { minLength: 1, maxLength: 5 }), (bodies) => {
      const records = bodies.map((Body, index) =>
        toRecord({ MessageId: `m${index}`, Body }, 'arn', 'region'),
      );
      // A comma is counted for each record, one of which is none.
      const bytes = Buffer.byteLength(JSON.stringify({ Records: records })) + 1;
      expect(fits(records, bytes)).toBe(true);
      expect(fits(records, bytes - 1)).toBe(false);
    }),
  );
});
