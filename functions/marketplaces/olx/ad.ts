import type { Page, PageResult, ParseContext } from '../../core/marketplace.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { formatChanged, gone, rejected } from '../shared/refusals.ts';
import { firstIssue, foreignThing, idText } from '../shared/values.ts';
import { type AdPrice, type PriceFault, priceOfPage, priceOfParams } from './price.ts';
import { apiOffer, pageAd } from './schemas.ts';

/** One ad, whichever form it came in. Sellers are people: their names and ids are not kept. */
interface Ad {
  externalId: string;
  title: string;
  status: string | null;
  isActive: boolean;
  createdAt: string | null;
  category: { id?: number | null | undefined; type?: string | null | undefined } | null;
  money: AdPrice | PriceFault;
}
type ReadAd = { ad: Ad } | { unknown: string };

/** An ad of the JSON API. */
export function readApiOffer(raw: unknown): ReadAd {
  const parsed = apiOffer.safeParse(raw);
  if (!parsed.success) return { unknown: firstIssue(parsed.error, 'offer') };
  const { id, title, status, created_time, category, params } = parsed.data;
  return readAd(id, title, status ?? null, true, created_time, category ?? null, priceOfParams(params));
}

/** `ad.ad` of a page's state. */
export function readPageAd(raw: unknown): ReadAd {
  const parsed = pageAd.safeParse(raw);
  if (!parsed.success) return { unknown: firstIssue(parsed.error, 'ad.ad') };
  const { id, title, status, isActive, createdTime, category } = parsed.data;
  return readAd(
    id,
    title,
    status ?? null,
    isActive ?? true,
    createdTime,
    category ?? null,
    priceOfPage(parsed.data),
  );
}

function readAd(
  id: number,
  title: string,
  status: string | null,
  isActive: boolean,
  created: string | null | undefined,
  category: Ad['category'],
  money: Ad['money'],
): ReadAd {
  const externalId = idText(id);
  if (externalId === null) return { unknown: `ad id is not a positive whole number (${id})` };
  if (title.trim() === '') return { unknown: `ad ${externalId} has no title` };
  // A word that is not one is a changed format; any other word than "active" means that the ad is off the market.
  if (status !== null && !/^[a-z][a-z_-]{2,39}$/.test(status))
    return { unknown: `ad ${externalId}: status is "${status}"` };
  return {
    ad: {
      externalId,
      title: title.trim(),
      status,
      isActive: isActive && (status === null || status === 'active'),
      createdAt: instant(created),
      category,
      money,
    },
  };
}

/** ISO 8601 with an offset to UTC; null for anything else, because a local time without its zone is not an instant. */
function instant(stated: string | null | undefined): string | null {
  if (stated == null || !/(Z|[+-]\d\d:?\d\d)$/.test(stated)) return null;
  const at = new Date(stated);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

/** The result of a page about one ad. */
export function adResult(read: ReadAd, schema: string, page: Page, context: ParseContext): PageResult {
  if ('unknown' in read) return formatChanged(read.unknown);
  const { ad } = read;
  const foreign = foreignThing('ad', ad.externalId, context);
  if (foreign !== null) return rejected(foreign);
  if (!ad.isActive) return gone(`ad ${ad.externalId} is ${ad.status === 'active' ? 'inactive' : ad.status}`);
  const { money } = ad;
  if ('unknown' in money) return formatChanged(`ad ${ad.externalId}: ${money.unknown}`);
  if ('impossible' in money) return rejected(`ad ${ad.externalId}: ${money.impossible}`);
  return { outcome: 'ok', schema, snapshots: [snapshotOf(ad, money, page, context)], references: [] };
}

/** What is not known about the price of an ad; null when it is understood, or impossible. */
export function unknownPrice({ externalId, money }: Ad): string | null {
  return 'unknown' in money ? `ad ${externalId}: ${money.unknown}` : null;
}

/** What a page of many ads says of one of them: null when it is off the market, or its values are impossible. */
export function listedSnapshot(ad: Ad, page: Page, context: ParseContext): Snapshot | null {
  if (!ad.isActive || !('price' in ad.money)) return null;
  return snapshotOf(ad, ad.money, page, context);
}

function snapshotOf(ad: Ad, money: AdPrice, page: Page, context: ParseContext): Snapshot {
  const extra = { ...money.extra, ...(ad.createdAt === null ? {} : { createdAt: ad.createdAt }) };
  const category = ad.category && idText(ad.category.id);
  return {
    kind: 'ad',
    externalId: ad.externalId,
    observedAt: page.receivedAt.toISOString(),
    title: ad.title,
    currency: money.price === null ? (context.currency ?? money.currency) : money.currency,
    seller: null,
    // Ads name their category by id and a slug, written with "-" in some answers and "_" in others.
    category: category
      ? [{ externalId: category, title: (ad.category?.type ?? '').replaceAll('-', '_') }]
      : null,
    status: ad.status,
    offers: [
      {
        externalId: ad.externalId,
        title: null,
        price: money.price,
        oldPrice: money.oldPrice,
        available: null,
        availability: ad.status === null ? 'unknown' : 'in_stock',
      },
    ],
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}
