import { z } from 'zod';

/**
 * Every known shape, with the keys that are used. Numbers are only checked for being numbers here: whether they are
 * possible is decided by hand afterwards, so that a changed format and an absurd value get different names, and because
 * plain objects are what zod validates fast. Unknown keys are ignored.
 */
const sku = z.object({
  id: z.number(),
  characteristics: z.array(z.object({ charIndex: z.number(), valueIndex: z.number() })).nullish(),
  availableAmount: z.number().nullish(),
  fullPrice: z.number().nullish(),
  purchasePrice: z.number().nullish(),
  sellPrice: z.number().nullish(),
});

const productOf2022 = z.object({
  id: z.number(),
  title: z.string().nullish(),
  category: z.unknown().optional(),
  characteristics: z
    .array(z.object({ values: z.array(z.object({ title: z.string().nullish() })) }))
    .nullish(),
  skuList: z.array(sku),
  seller: z
    .object({
      // Stored bodies have it as text now and then.
      id: z.union([z.number(), z.string().regex(/^\d{1,15}$/)]),
      title: z.string().nullish(),
      link: z.string().nullish(),
    })
    .nullish(),
});

/** December 2025: titles in both languages. */
const productOf2025 = z.object({
  ...productOf2022.shape,
  localizableTitle: z.object({ uz: z.string().nullish(), ru: z.string().nullish() }),
});

/** Newest first: the first whose mark is in the product is the one that it must match. */
export const productShapes = [
  {
    name: 'product-2025',
    old: false,
    fits: (data: Record<string, unknown>) => data['localizableTitle'] != null,
    schema: productOf2025,
  },
  { name: 'product-2022', old: true, fits: () => true, schema: productOf2022 },
] as const;
export type UzumProduct = z.infer<typeof productOf2022> & Partial<z.infer<typeof productOf2025>>;
export type UzumSku = z.infer<typeof sku>;

/** Stored cards have ids as text now and then. */
export const card = z.object({
  productId: z.union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ]),
});

/** `errors` of REST and GraphQL bodies alike. */
export const errorList = z.array(
  z.object({ code: z.union([z.string(), z.number()]).nullish(), message: z.string().nullish() }),
);
