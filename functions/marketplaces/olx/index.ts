import type { Marketplace, Page, PageResult, ParseContext, Refusal } from '../../core/marketplace.ts';
import { refuseBlank, refuseByTransport, refuseMarkup } from '../shared/access.ts';
import { bodyForm } from '../shared/body.ts';
import { readJson } from '../shared/json.ts';
import { blocked, formatChanged, gone } from '../shared/refusals.ts';
import { isRecord } from '../shared/values.ts';
import { adResult, readApiOffer, readPageAd } from './ad.ts';
import { refuseByError } from './errors.ts';
import { parseApiList, parsePageList } from './listing.ts';
import { olxManifest } from './manifest.ts';
import { request, seeds } from './request.ts';
import { hasState, readState } from './state.ts';

/** The platform's other countries: stored bodies of theirs have the same format and state their own currency. */
const sisterHosts = ['pl', 'ua', 'kz', 'ro', 'bg', 'pt'].map((country) => `www.olx.${country}`);
const hosts = [...olxManifest.hosts, ...sisterHosts];

/** OLX.uz: ads and lists of the JSON API, and the state that the site's pages carry. */
export const olx: Marketplace = { manifest: olxManifest, seeds, request, classify, parse };

function classify(page: Page): Refusal | null {
  const refusal = refuseByTransport(page, hosts);
  if (refusal) return refusal;
  const form = bodyForm(page.body);
  if (form === 'blank') return refuseBlank(page);
  return form === 'markup' && !hasState(page) ? refuseMarkup(page) : null;
}

function parse(page: Page, context: ParseContext): PageResult {
  const isPage = bodyForm(page.body) === 'markup';
  const document = isPage ? readState(page) : readJson(page);
  if ('fault' in document) return formatChanged(document.fault);
  const result = isPage
    ? parseState(document.value, page, context)
    : parseBody(document.value, page, context);
  if (page.status < 300) return result;
  if (result.outcome === 'ok') return formatChanged(`HTTP ${page.status} with the data of a normal page`);
  if (result.outcome !== 'format-changed') return result;
  if ((page.status === 404 || page.status === 410) && isRecord(document.value))
    return gone(`HTTP ${page.status} by OLX itself`);
  return formatChanged(`HTTP ${page.status}: ${result.detail}`);
}

function parseBody(body: unknown, page: Page, context: ParseContext): PageResult {
  if (Array.isArray(body)) return parseApiList(body, {}, page, context);
  if (!isRecord(body)) return formatChanged('expected a JSON object');
  if ('captcha' in body) return blocked('a CAPTCHA in JSON');
  const refusal = refuseByError(body, page.status);
  if (refusal) return refusal;
  const { data } = body;
  const found = isRecord(data) ? data['clientCompatibleListings'] : null;
  // GraphQL's answer to a search: the same list, or the same error.
  if (isRecord(found)) return parseBody(found, page, context);
  if (Array.isArray(data)) return parseApiList(data, body, page, context);
  if (isRecord(data)) return adResult(readApiOffer(data), 'api-ad', page, context);
  if ('id' in body && 'params' in body) return adResult(readApiOffer(body), 'api-ad', page, context);
  const keys = Object.keys(body).slice(0, 5).join(', ');
  return formatChanged(`no ad and no list in ${keys === '' ? 'an empty JSON object' : `{${keys}}`}`);
}

function parseState(state: unknown, page: Page, context: ParseContext): PageResult {
  if (!isRecord(state)) return formatChanged('the page state is not an object');
  const ad = isRecord(state['ad']) ? state['ad']['ad'] : null;
  if (isRecord(ad)) return adResult(readPageAd(ad), 'page-ad', page, context);
  const listing = isRecord(state['listing']) ? state['listing']['listing'] : null;
  if (isRecord(listing)) return parsePageList(listing, context);
  return formatChanged('neither ad.ad nor listing.listing in the page state');
}
