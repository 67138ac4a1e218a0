import type { Marketplace, Page, PageResult, ParseContext, Refusal } from '../../core/marketplace.ts';
import { refuseByTransport, refuseUnlessJson } from '../shared/access.ts';
import { readJson } from '../shared/json.ts';
import { blocked, formatChanged, gone } from '../shared/refusals.ts';
import { askedKind, isRecord } from '../shared/values.ts';
import { formerHosts } from './currency.ts';
import { refuseByErrors } from './errors.ts';
import { parseCards, parseCategories } from './listing.ts';
import { uzumManifest } from './manifest.ts';
import { parseBareProduct, parseProduct } from './product.ts';
import { restProduct } from './product-page.ts';
import { categoryTree, request } from './request.ts';

const hosts = [...uzumManifest.hosts, ...formerHosts];

/** Uzum (and KazanExpress, whose software it runs): REST products and categories, GraphQL listings. */
export const uzum: Marketplace = {
  manifest: uzumManifest,
  seeds: [{ kind: 'listing', externalId: categoryTree }],
  request,
  classify,
  parse,
};

function classify(page: Page): Refusal | null {
  return refuseByTransport(page, hosts) ?? refuseUnlessJson(page);
}

function parse(page: Page, context: ParseContext): PageResult {
  const document = readJson(page);
  if ('fault' in document) return formatChanged(document.fault);
  const result = parseBody(document.value, page, context);
  if (page.status < 300) return result;
  if (result.outcome === 'ok') return formatChanged(`HTTP ${page.status} with the data of a normal page`);
  const unclear = result.outcome === 'format-changed' || result.outcome === 'server-error';
  if ((page.status === 404 || page.status === 410) && unclear) return goneByStatus(document.value, page);
  return result.outcome === 'format-changed'
    ? formatChanged(`HTTP ${page.status}: ${result.detail}`)
    : result;
}

/** A 404 in the API's own language means that there is no such product; a gateway that lost its route says it otherwise. */
function goneByStatus(body: unknown, page: Page): Refusal {
  if (!isRecord(body)) return formatChanged(`HTTP ${page.status} with JSON that is not an object`);
  if (/no route/i.test(String(body['message'] ?? '')))
    return formatChanged(`HTTP ${page.status}: the gateway knows no such address`);
  return gone(`HTTP ${page.status} by the API`);
}

function parseBody(body: unknown, page: Page, context: ParseContext): PageResult {
  // GraphQL answers a list of queries with a list of answers.
  if (Array.isArray(body) && body.length === 1 && isRecord(body[0]) && 'data' in body[0])
    return parseBody(body[0], page, context);
  if (Array.isArray(body)) return parseCards(body, null, context);
  if (!isRecord(body)) return formatChanged('expected a JSON object');
  if ('captcha' in body || body['type'] === 'captcha') return blocked('a CAPTCHA in JSON');
  const refusal = refuseByErrors(body);
  if (refusal) return refusal;
  if ('data' in body) return parseData(body['data'], page, context);
  if ('skuList' in body && 'id' in body) return parseLoneProduct(body, page, context);
  if (!('payload' in body)) return formatChanged(`none of payload, data and errors in ${describeKeys(body)}`);
  const payload = body['payload'];
  if (Array.isArray(payload)) return parseCategories(payload, context);
  if (isRecord(payload) && isRecord(payload['category']))
    return parseCategories([payload['category']], context);
  if (isRecord(payload) && Array.isArray(payload['products']))
    return parseCards(payload['products'], payload['totalProducts'], context);
  if (askedKind(context) === 'listing') return formatChanged('asked for a listing, got something else');
  return parseProduct(body, page, context);
}

/** What GraphQL answers: a listing, or the page of a product. Or a product of REST whose envelope was half taken off. */
function parseData(data: unknown, page: Page, context: ParseContext): PageResult {
  if (isRecord(data) && 'skuList' in data && 'id' in data) return parseLoneProduct(data, page, context);
  const product = isRecord(data) ? restProduct(data['productPage']) : null;
  if (product) return parseLoneProduct(product, page, context, 'product-page');
  const search = isRecord(data) ? data['makeSearch'] : null;
  if (!isRecord(search)) return formatChanged('data.makeSearch: expected an object');
  return parseCards(search['items'], search['total'], context);
}

function parseLoneProduct(
  data: Record<string, unknown>,
  page: Page,
  context: ParseContext,
  schema?: string,
): PageResult {
  if (askedKind(context) === 'listing') return formatChanged('asked for a listing, got a product');
  return parseBareProduct(data, page, context, schema);
}

function describeKeys(body: Record<string, unknown>): string {
  const keys = Object.keys(body).slice(0, 5);
  return keys.length === 0 ? 'an empty JSON object' : `a JSON object with ${keys.join(', ')}`;
}
