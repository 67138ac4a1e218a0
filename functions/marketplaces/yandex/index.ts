import type { Marketplace, Page, PageResult, ParseContext } from '../../core/marketplace.ts';
import { bodyForm, describeBody } from '../shared/body.ts';
import { formatChanged } from '../shared/refusals.ts';
import { askedKind } from '../shared/values.ts';
import { isOfType } from './json-ld.ts';
import { parseListing } from './listing.ts';
import { yandexManifest } from './manifest.ts';
import { parseFatalError } from './missing.ts';
import { type MarketPage, readMarketPage } from './page.ts';
import { idsOf } from './patches.ts';
import { parseProduct } from './product.ts';
import { refuse, refuseUnknownPage } from './refusals.ts';
import { request } from './request.ts';

/**
 * Yandex Market of Uzbekistan: server-rendered pages of products, categories and searches. It has no seeds: which
 * categories are worth their megabytes is the operator's choice (`plan.seeds`).
 */
export const yandex: Marketplace = { manifest: yandexManifest, seeds: [], request, classify: refuse, parse };

function parse(page: Page, context: ParseContext): PageResult {
  if (bodyForm(page.body) !== 'markup')
    return formatChanged(`expected a page, saw ${describeBody(page.body)}`);
  const market = readMarketPage(page);
  if ('fault' in market) return formatChanged(market.fault);
  const result = parsePage(market, page, context);
  if (page.status < 300 || result.outcome === 'gone') return result;
  if (result.outcome === 'ok') return formatChanged(`HTTP ${page.status} with the data of a normal page`);
  return result.outcome === 'format-changed'
    ? formatChanged(`HTTP ${page.status}: ${result.detail}`)
    : result;
}

function parsePage(market: MarketPage, page: Page, context: ParseContext): PageResult {
  const fatal = parseFatalError(market, context);
  if (fatal) return fatal;
  const asked = askedKind(context);
  switch (pageKind(market)) {
    case 'product':
      return parseProduct(market, page, context);
    case 'list':
      return asked === null || asked === 'listing'
        ? parseListing(market, page.url, context)
        : formatChanged(`asked for a ${asked}, got a list page`);
    case 'unknown':
      return market.patches.length === 0
        ? refuseUnknownPage(page)
        : formatChanged(
            `a page of ${market.pageId ?? 'no known kind'}: neither a product, a category nor a search`,
          );
  }
}

/** What the page says it is; where it does not say, what it has. */
function pageKind({ pageId, collections, product, nodes }: MarketPage): 'product' | 'list' | 'unknown' {
  if (pageId !== null) {
    const word = pageId.slice(pageId.indexOf(':') + 1);
    if (word === 'product' || word === 'card') return 'product';
    if (word === 'list' || word === 'search') return 'list';
    return 'unknown';
  }
  if (product !== null || idsOf(collections, 'price').length > 0) return 'product';
  const isList =
    idsOf(collections, 'visibleSearchResult').length > 0 || nodes.some((node) => isOfType(node, 'Product'));
  return isList ? 'list' : 'unknown';
}
