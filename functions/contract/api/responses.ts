import { z } from 'zod';
import { amount, availability, confirmed, currency, instant, productKind } from './values.ts';

const named = z.object({ externalId: z.string(), title: z.string() });
const next = z.string().nullable().meta({ description: 'The cursor of the next page; null on the last one' });

export const productSummary = z
  .object({
    marketplace: z.string(),
    kind: productKind,
    externalId: z.string(),
    title: z.string().nullable().meta({ description: 'Null: known from a list, not visited yet' }),
    seller: named.nullable(),
    category: named.nullable(),
    offers: z.number().int().nonnegative().meta({ description: 'SKUs in its newest snapshot' }),
    price: z.object({ lowest: amount, highest: amount, currency }).nullable().meta({
      description: 'Over its offers; null without a price, and where they are in several currencies',
    }),
    lastConfirmedAt: instant.nullable().meta({ description: 'When it was last seen at its marketplace' }),
    goneSince: instant
      .nullable()
      .meta({ description: 'Three visits in a row did not find it, the first of them then' }),
  })
  .meta({ id: 'ProductSummary' });
export type ProductSummary = z.infer<typeof productSummary>;

export const productListSchema = z
  .object({
    items: z.array(productSummary),
    matches: z
      .object({ count: z.number().int(), more: z.boolean() })
      .nullable()
      .meta({ description: 'Of a search: how many it found. `more`: there are more, which are left out' }),
    confirmed,
    next,
  })
  .meta({ id: 'ProductList' });
export type ProductList = z.infer<typeof productListSchema>;

export const offerSchema = z
  .object({
    sku: z.string(),
    title: z.string().nullable(),
    price: amount.nullable(),
    oldPrice: amount.nullable(),
    currency,
    availability,
    listed: z.boolean().meta({ description: "It was in the product's newest snapshot" }),
    since: instant.meta({ description: 'When this price was first seen' }),
    lastConfirmedAt: instant.meta({ description: 'When this price was last seen' }),
  })
  .meta({ id: 'Offer' });
export type ApiOffer = z.infer<typeof offerSchema>;

export const productSchema = productSummary
  .extend({
    lastChangedAt: instant.nullable(),
    items: z.array(offerSchema),
    confirmed,
  })
  .meta({ id: 'Product' });
export type ApiProduct = z.infer<typeof productSchema>;

const archived = z
  .object({
    before: instant,
    restored: z.array(z.string()).meta({ description: 'Months that were put back, such as 2026-05' }),
  })
  .nullable()
  .meta({
    id: 'Archived',
    description:
      'Prices that were replaced before this instant have left the database for the archive, those of `restored` months excepted. Null: none have.',
  });
export type Archived = z.infer<typeof archived>;

const of = productSummary.pick({
  marketplace: true,
  kind: true,
  externalId: true,
  title: true,
  lastConfirmedAt: true,
  goneSince: true,
}).shape;

export const stretchSchema = z
  .object({
    sku: z.string(),
    skuTitle: z.string().nullable(),
    from: instant.meta({ description: 'When this price was first seen' }),
    confirmedUntil: instant.meta({ description: 'When this price was last seen' }),
    open: z.boolean().meta({ description: 'It is the current price: confirmed again with each visit' }),
    price: amount.nullable(),
    oldPrice: amount.nullable(),
    currency,
    availability,
    suspect: z.boolean().meta({ description: 'The price moved a hundredfold or more' }),
    gapBefore: z.object({ from: instant, to: instant, contradicted: z.boolean() }).nullable().meta({
      description:
        'Before it nobody knows the price: from the last sight of the one before. `contradicted`: late observations took back what had been confirmed there. Null: the first one that is here.',
    }),
    archivedBefore: z.boolean().meta({
      description: 'Prices between it and the stretch before, or before the first one, may be in the archive',
    }),
  })
  .meta({ id: 'Stretch' });
export type Stretch = z.infer<typeof stretchSchema>;

export const historySchema = z
  .object({ ...of, stretches: z.array(stretchSchema), archived, confirmed, next })
  .meta({ id: 'History' });
export type History = z.infer<typeof historySchema>;

export const priceAtSchema = z
  .object({
    sku: z.string(),
    skuTitle: z.string().nullable(),
    price: amount.nullable(),
    oldPrice: amount.nullable(),
    currency,
    availability,
    since: instant,
    confirmedUntil: instant,
    confirmed: z.boolean().meta({
      description:
        'The instant lies between two sights of this price. False: it is the last known one, no more',
    }),
  })
  .meta({ id: 'PriceAt' });
export type PriceAt = z.infer<typeof priceAtSchema>;

export const pricesAtSchema = z
  .object({
    ...of,
    at: instant,
    prices: z.array(priceAtSchema),
    archivedSkus: z
      .array(z.string())
      .meta({ description: 'SKUs whose price at that instant only the archive may know' }),
    archived,
    confirmed,
  })
  .meta({ id: 'PricesAt' });
export type PricesAt = z.infer<typeof pricesAtSchema>;

export const dropSchema = z
  .object({
    marketplace: z.string(),
    kind: productKind,
    externalId: z.string(),
    title: z.string().nullable(),
    sku: z.string(),
    skuTitle: z.string().nullable(),
    priceBefore: amount,
    confirmedUntil: instant.meta({ description: 'When the price before was last seen' }),
    price: amount,
    currency,
    seenAt: instant.meta({ description: 'When the lower price was first seen' }),
    percent: z.number().meta({ description: 'How far it fell' }),
    current: z.boolean().meta({ description: 'It is still the newest price that was seen' }),
    lastConfirmedAt: instant.meta({ description: 'When the lower price was last seen' }),
  })
  .meta({ id: 'Drop' });
export type Drop = z.infer<typeof dropSchema>;

export const dropListSchema = z.object({ since: instant, items: z.array(dropSchema), confirmed, next }).meta({
  id: 'DropList',
  description: 'The biggest first. A page may be short: `next` says whether it was the last.',
});
export type DropList = z.infer<typeof dropListSchema>;

export const marketplaceFreshness = z
  .object({
    marketplace: z.string(),
    measuredAt: instant.nullable().meta({ description: 'Null: not measured yet' }),
    newestObservationAt: instant.nullable(),
    oldestConfirmationAt: instant.nullable().meta({ description: 'Gone products left out' }),
    confirmedLastDay: z.number().int().nullable(),
    targetHours: z.number().meta({ description: 'A price that was last confirmed longer ago is stale' }),
    fresh: z.boolean().nullable().meta({ description: 'Null: nothing has been measured' }),
  })
  .meta({ id: 'MarketplaceFreshness' });
export type MarketplaceFreshness = z.infer<typeof marketplaceFreshness>;

export const freshnessSchema = z
  .object({ domain: z.string(), marketplaces: z.array(marketplaceFreshness), confirmed })
  .meta({ id: 'Freshness' });
export type FreshnessResponse = z.infer<typeof freshnessSchema>;

export const healthStatuses = ['healthy', 'degraded', 'stale'] as const;
export const healthSchema = z
  .object({
    status: z.enum(healthStatuses),
    domain: z.string(),
    checkedAt: instant,
    dependencies: z.array(
      z.object({
        name: z.string(),
        status: z.enum(['UP', 'DOWN']),
        latencyMs: z.number().nonnegative(),
        detail: z.string().nullable(),
      }),
    ),
    marketplaces: z.array(marketplaceFreshness),
    confirmed,
  })
  .meta({ id: 'Health' });
export type Health = z.infer<typeof healthSchema>;
