import { z } from 'zod';

/** Availability as price history keeps it: a class, because the exact stock changes at every visit. */
export const availabilities = ['in_stock', 'out_of_stock', 'unknown'] as const;
export type Availability = (typeof availabilities)[number];

const amount = z.string().regex(/^\d{1,18}(\.\d{1,6})?$/);
const externalId = z.string().min(1).max(200);

/**
 * One SKU (or lot item) as one visit saw it. `price` null means that no price was shown; `oldPrice` is null unless it
 * is greater than `price`. `available` is the number of units shown, null when the page states none.
 * `quantity` (lots only) is the number of units that were bought at the unit price `price`.
 */
export const offerSchema = z.object({
  externalId,
  title: z.string().nullable(),
  price: amount.nullable(),
  oldPrice: amount.nullable(),
  available: z.number().int().nonnegative().nullable(),
  availability: z.enum(availabilities),
  quantity: amount.nullable().optional(),
});
export type Offer = z.infer<typeof offerSchema>;

const named = z.object({ externalId, title: z.string() });

/** From the root to the leaf; the last element is the product's own category. */
export const categoryPathSchema = z.array(named).min(1).max(20);
export type CategoryPath = z.infer<typeof categoryPathSchema>;

/**
 * The parsed, validated state of one product, ad or lot at one instant. `observedAt` is when the response arrived
 * (UTC, ISO 8601 with milliseconds). `currency` is as the marketplace states it (`UZS`, `UYE`, `RUB`), never assumed.
 * `status` is the marketplace's own word for an ad's or a lot's state. `totals` are whole-lot sums, never unit prices.
 */
export const snapshotSchema = z.object({
  kind: z.enum(['product', 'ad', 'lot']),
  externalId,
  observedAt: z.iso.datetime({ precision: 3 }),
  title: z.string().min(1),
  currency: z.string().regex(/^[A-Z]{3}$/),
  seller: named.nullable(),
  category: categoryPathSchema.nullable(),
  status: z.string().nullable().optional(),
  totals: z.object({ start: amount.nullable(), final: amount.nullable() }).nullable().optional(),
  offers: z.array(offerSchema).max(2000),
  /** Marketplace facts without a column of their own (procurement parties, the conversion of a UYE price). */
  extra: z.record(z.string(), z.unknown()).optional(),
});
export type Snapshot = z.infer<typeof snapshotSchema>;
