import { z } from 'zod';
import { productKind } from './values.ts';

/** Written out, because not every tool that reads the OpenAPI document knows `\p{Cc}`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const withoutControls = /^[^\u0000-\u001f\u007f-\u009f]+$/;
/** PostgreSQL cannot hold a NUL, and nothing that is searched for has control characters in it. */
const text = (most: number) =>
  z.string().min(1).max(most).regex(withoutControls, 'must not contain control characters');
const marketplace = z
  .string()
  .regex(/^[a-z][a-z0-9-]{1,19}$/, 'a marketplace id, as in /freshness')
  .meta({ description: 'A marketplace of this storage domain', example: 'uzum' });
const externalId = text(200).meta({ description: "The marketplace's own id" });
const limit = (usual: number, most: number) =>
  z
    .string()
    .regex(/^[1-9]\d{0,3}$/, 'a whole number')
    .transform(Number)
    .pipe(z.number().max(most))
    .optional()
    .transform((given) => given ?? usual)
    .meta({
      description: `At most this many items, ${most} at most; ${usual} when it is left out`,
      ...{ type: 'integer', minimum: 1, maximum: most, default: usual, pattern: undefined },
    });
const cursor = z
  .string()
  .regex(/^[\w-]{1,500}$/, 'the `next` of an earlier response')
  .meta({ description: 'The `next` of the page before, with the same other parameters' });
/** Within a range that JavaScript, PostgreSQL and common sense agree about. */
const instant = z.iso
  .datetime({ offset: true })
  .refine((at) => at >= '2000' && at < '2100', 'a time between 2000 and 2100')
  .transform((at) => new Date(at))
  .meta({ pattern: '^20\\d\\d-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)$' });

/** At most one of these: each walks through an index of its own. */
const oneFilter = ['q', 'seller', 'category'] as const;
export const productsQuery = z
  .strictObject({
    q: text(200)
      .refine((words) => /[\p{L}\p{N}]/u.test(words), 'has no letter or digit in it')
      .optional()
      .meta({
        description:
          'Words that the title must have: each as the beginning of a word, of one or two letters as a whole word',
      }),
    marketplace: marketplace.optional(),
    seller: externalId.optional().meta({ description: 'Products of this seller; needs `marketplace`' }),
    category: externalId
      .optional()
      .meta({ description: 'Products of exactly this category; needs `marketplace`' }),
    limit: limit(50, 100),
    cursor: cursor.optional(),
  })
  .check((context) => {
    const given = oneFilter.filter((name) => context.value[name] !== undefined);
    const fault = (path: string, message: string) =>
      context.issues.push({ code: 'custom', path: [path], message, input: context.value });
    if (given.length > 1) fault(given[1] ?? '', `cannot be combined with ${given[0]}`);
    if (given[0] !== undefined && given[0] !== 'q' && context.value.marketplace === undefined)
      fault(given[0], 'needs marketplace: ids are only unique within one');
  });
export type ProductsQuery = z.output<typeof productsQuery>;

export const productPath = z.strictObject({ marketplace, kind: productKind, externalId });
export type ProductPath = z.output<typeof productPath>;

export const noQuery = z.strictObject({});

export const historyQuery = z.strictObject({
  sku: externalId.optional().meta({ description: 'Of this SKU only' }),
  from: instant.optional().meta({ description: 'Leaves out what was last confirmed before' }),
  to: instant.optional().meta({ description: 'Leaves out what was first seen after' }),
  limit: limit(200, 500),
  cursor: cursor.optional(),
});
export type HistoryQuery = z.output<typeof historyQuery>;

export const pricesQuery = z.strictObject({
  at: instant.meta({ description: 'The instant that is asked about', example: '2026-09-14T12:00:00Z' }),
});

export const dropsQuery = z.strictObject({
  marketplace: marketplace.optional(),
  since: instant
    .optional()
    .meta({ description: 'First seen since then; a day ago when it is left out, 31 days ago at most' }),
  limit: limit(20, 100),
  cursor: cursor.optional(),
});
export type DropsQuery = z.output<typeof dropsQuery>;
