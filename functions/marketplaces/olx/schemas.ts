import { z } from 'zod';

/** The keys that are used of each known shape; unknown keys are ignored. Whether numbers are possible is decided by hand. */
/** GraphQL writes ids as text. */
const id = z.union([
  z.number(),
  z
    .string()
    .regex(/^\d{1,15}$/)
    .transform(Number),
]);
const category = z.object({ id: id.nullish(), type: z.string().nullish() }).nullish();

/** An ad of which a list says no more than who it is: whoever asked for the list did not want to know. */
export const namedOffer = z.object({ id });

/** One ad of the JSON API (olx.uz, and olx.pl, which runs the same platform). */
export const apiOffer = z.object({
  id,
  title: z.string(),
  status: z.string().nullish(),
  created_time: z.string().nullish(),
  category,
  params: z.array(z.object({ key: z.string(), type: z.string().nullish(), value: z.unknown().optional() })),
});

/** `value` of the entry of `params` whose key is `price`. */
export const apiPrice = z.object({
  value: z.number().nullish(),
  type: z.string().nullish(),
  currency: z.string().nullish(),
  converted_value: z.number().nullish(),
  converted_currency: z.string().nullish(),
  previous_value: z.number().nullish(),
  converted_previous_value: z.number().nullish(),
});
export type ApiPrice = z.infer<typeof apiPrice>;

/** `ad.ad` of the state in an ad's page. */
export const pageAd = z.object({
  id,
  title: z.string(),
  status: z.string().nullish(),
  isActive: z.boolean().nullish(),
  createdTime: z.string().nullish(),
  category,
  isJob: z.boolean().nullish(),
  salary: z.unknown().optional(),
  price: z
    .object({
      free: z.boolean().nullish(),
      exchange: z.boolean().nullish(),
      displayValue: z.string().nullish(),
      regularPrice: z.object({ value: z.number().nullish(), currencyCode: z.string().nullish() }).nullish(),
    })
    .nullish(),
});
export type PageAd = z.infer<typeof pageAd>;

/** `listing.listing` of the state in a list page: ids only, because its prices are conversions. */
export const pageListing = z.object({
  ads: z.array(z.unknown()),
  pageNumber: z.number().nullish(),
  totalPages: z.number().nullish(),
  visibleElements: z.number().nullish(),
  params: z.object({ category_id: z.unknown().optional() }).nullish().catch(null),
});
export type PageListing = z.infer<typeof pageListing>;
