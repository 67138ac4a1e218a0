import type { Page, PageResult, ParseContext } from '../../core/marketplace.ts';
import type { Reference } from '../../core/model/reference.ts';
import type { Snapshot } from '../../core/model/snapshot.ts';
import { empty, formatChanged } from '../shared/refusals.ts';
import { askedKind, firstIssue, idText, isRecord } from '../shared/values.ts';
import { listedSnapshot, readApiOffer, unknownPrice } from './ad.ts';
import { categoryListing, defaultLimit, listingAfter, listingAt, sitePage } from './request.ts';
import { namedOffer, type PageListing, pageListing } from './schemas.ts';
import { apiListing, apiQuery, maxResults, splitListing } from './split.ts';

/**
 * A list of the API: its prices are the sellers' own, so every ad is a snapshot. Promoted ads come on top of the page
 * and again on other pages: an id counts once. An ad with impossible values, or with a kind of price that is not known, is not
 * stored from here; its reference is, and its own visit says what is wrong with it. When most ads are not understood, the
 * format has changed.
 */
export function parseApiList(
  offers: readonly unknown[],
  body: Record<string, unknown>,
  page: Page,
  context: ParseContext,
): PageResult {
  if (askedKind(context) === 'ad') return formatChanged('asked for an ad, got a list');
  if (offers.length === 0) return empty('a list without ads: OLX answers so past its last page');
  const snapshots = new Map<string, Snapshot>();
  const references = new Map<string, Reference>();
  const unknown: string[] = [];
  for (const offer of offers) {
    const read = isRecord(offer) && 'params' in offer ? readApiOffer(offer) : null;
    const ad = read !== null && 'ad' in read ? read.ad : null;
    const externalId = ad?.externalId ?? idText(namedOffer.safeParse(offer).data?.id);
    if (externalId !== null && references.has(externalId)) continue;
    if (externalId !== null) references.set(externalId, { kind: 'ad', externalId });
    const fault = read !== null && 'unknown' in read ? read.unknown : ad && unknownPrice(ad);
    if (fault !== null) unknown.push(fault);
    else if (externalId === null) unknown.push('offer: no id');
    const snapshot = ad && listedSnapshot(ad, page, context);
    if (snapshot) snapshots.set(snapshot.externalId, snapshot);
  }
  if (unknown[0] !== undefined && unknown.length > offers.length / 2) return formatChanged(unknown[0]);
  const further = furtherApiListings(offers.length, body, context);
  return {
    outcome: 'ok',
    schema: 'api-list',
    snapshots: [...snapshots.values()],
    references: [...references.values(), ...further],
  };
}

/** The next page; of a list that has more ads than it shows, the lists that it splits into. */
function furtherApiListings(
  received: number,
  body: Record<string, unknown>,
  context: ParseContext,
): Reference[] {
  const next = nextApiPage(body, context);
  const query = context.reference && apiQuery(context.reference);
  const parts = query && hasMoreThanShown(received, body, query) ? splitListing(query) : null;
  return (parts?.map(apiListing) ?? [next]).filter((listing) => listing !== null);
}

/** By the number that the list states, which some answers lack: then by whether its last page is full. */
function hasMoreThanShown(received: number, body: Record<string, unknown>, query: URLSearchParams): boolean {
  const { metadata } = body;
  const found = isRecord(metadata) ? metadata['visible_total_count'] : null;
  if (typeof found === 'number') return found > maxResults;
  const limit = Number(query.get('limit') ?? defaultLimit);
  return Number(query.get('offset') ?? 0) + limit >= maxResults && received >= limit;
}

function nextApiPage(body: Record<string, unknown>, context: ParseContext): Reference | null {
  const links = body['links'];
  if (!isRecord(links)) return context.reference === null ? null : listingAfter(context.reference);
  const next = links['next'];
  return isRecord(next) && typeof next['href'] === 'string' ? listingAt(next['href']) : null;
}

/** A list page of the site: references only. Its prices are conversions at the day's rate, not what sellers ask. */
export function parsePageList(raw: Record<string, unknown>, context: ParseContext): PageResult {
  if (askedKind(context) === 'ad') return formatChanged('asked for an ad, got a list page');
  // Some pages call their ads `data`, as the API does.
  const parsed = pageListing.safeParse({ ...raw, ads: raw['ads'] ?? raw['data'] });
  if (!parsed.success) return formatChanged(firstIssue(parsed.error, 'listing.listing'));
  const { ads, pageNumber, totalPages, visibleElements } = parsed.data;
  if (ads.length === 0) return empty('a list page without ads');
  const known = ads.map((ad) => idText(namedOffer.safeParse(ad).data?.id)).filter((id) => id !== null);
  // What else stands between ads (banners) has no id; where most have none, the format has changed.
  if (known.length < ads.length / 2)
    return formatChanged(`listing.listing.ads: ${known.length} of ${ads.length} have an id`);
  const ids = new Set(known);
  const references: Reference[] = [...ids].map((externalId) => ({ kind: 'ad', externalId }));
  const ofApi =
    visibleElements != null && visibleElements > maxResults ? apiListingOf(parsed.data, context) : null;
  if (ofApi) references.push(ofApi);
  // Pages are counted from 0 in the state and from 1 in addresses.
  else if (context.reference && pageNumber != null && totalPages != null && pageNumber + 1 < totalPages) {
    const next = sitePage(context.reference, pageNumber + 2);
    if (next) references.push(next);
  }
  return { outcome: 'ok', schema: 'page-list', snapshots: [], references };
}

/**
 * The list of the API that begins where a list page of the site does, and splits: for pages of a category that has more ads than
 * the site shows. Null when the page's address narrows the list further.
 */
function apiListingOf({ params }: PageListing, { reference }: ParseContext): Reference | null {
  const category = idText(params?.category_id);
  if (!reference || category === null || !/^[^?]*(\?page=\d+)?$/.test(reference.externalId)) return null;
  return categoryListing(category);
}
