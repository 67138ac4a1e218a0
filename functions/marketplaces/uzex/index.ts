import type { Marketplace, Page, PageResult, ParseContext, Refusal } from '../../core/marketplace.ts';
import { refuseByTransport, refuseUnlessJson } from '../shared/access.ts';
import { bodyForm } from '../shared/body.ts';
import { readJson } from '../shared/json.ts';
import { empty, formatChanged, rejected } from '../shared/refusals.ts';
import { askedKind, isRecord } from '../shared/values.ts';
import { readAuctionLot } from './auction-lot.ts';
import { errorMessage, refuseByMessage, refuseByStatus, refuseObject, saysNotFound } from './errors.ts';
import { expectedForm, type Form, recognize } from './forms.ts';
import { type ItemsPage, readItems } from './items.ts';
import { lotResult, lotsResult } from './listing.ts';
import { askedLot } from './lots.ts';
import { uzexManifest } from './manifest.ts';
import { namesResult } from './names.ts';
import { request, seeds } from './request.ts';
import { auctionDeals, auctionOpen, etenderDeals, etenderTrades, shopDeals, shopUnsold } from './rows.ts';
import { readTrade } from './trade.ts';

type Row = Record<string, unknown>;

/** UZEX, the state's purchases: auctions, the electronic and the national shop, etender, and reference lists. */
export const uzex: Marketplace = { manifest: uzexManifest, seeds, request, classify, parse };

function classify(page: Page): Refusal | null {
  const byTransport = refuseByTransport(page, uzexManifest.hosts);
  if (byTransport !== null && byTransport.outcome !== 'server-error') return byTransport;
  const message = errorMessage(page);
  const byMessage = message === null ? null : refuseByMessage(message);
  if (byMessage) return byMessage;
  if (page.status >= 400 && saysNotFound(message)) return null;
  if (byTransport) return byTransport;
  if (page.status >= 400 && bodyForm(page.body) === 'blank')
    return formatChanged(`HTTP ${page.status} without a body: a path or method that UZEX does not have`);
  return refuseUnlessJson(page);
}

function parse(page: Page, context: ParseContext): PageResult {
  const document = readJson(page);
  if ('fault' in document) return formatChanged(document.fault);
  if (page.status >= 300) return refuseByStatus(document.value, page, context);
  const asked = askedKind(context);
  if (asked !== null && asked !== 'lot' && asked !== 'listing') return formatChanged(`UZEX has no ${asked}`);
  if (isRecord(document.value)) return parseRecords([document.value], true, page, context);
  if (!Array.isArray(document.value)) return formatChanged('expected a JSON object or a list');
  if (document.value.length === 0)
    return empty('an empty list: UZEX answers so past the last row, and for lots that it does not have');
  const rows = document.value.filter(isRecord);
  if (rows.length < document.value.length) return formatChanged('a list of something else than objects');
  return parseRecords(rows, false, page, context);
}

function parseRecords(rows: Row[], isObject: boolean, page: Page, context: ParseContext): PageResult {
  const [first = {}] = rows;
  const expected = expectedForm(page, context);
  const found = recognize(first);
  const form = expected ?? found;
  const isSingle = form === 'auction-lot' || form === 'etender-trade';
  if (isObject && (!isSingle || found !== form)) return refuseObject(first);
  if (form === null)
    return formatChanged(`rows of no known shape (${Object.keys(first).slice(0, 5).join(', ')})`);
  if (isSingle && rows.length > 1) return formatChanged(`asked for one lot, got ${rows.length}`);
  if (askedKind(context) === 'listing' && (isSingle || form === 'auction-items' || form === 'shop-items'))
    return formatChanged('asked for a list, got one lot');
  return parseForm(form, rows, first, page, context);
}

function parseForm(form: Form, rows: Row[], first: Row, page: Page, context: ParseContext): PageResult {
  const { currency } = context;
  switch (form) {
    case 'auction-items':
    case 'shop-items':
      return itemsResult(form, rows, page, context);
    case 'auction-lot':
      return lotResult(readAuctionLot(first, currency), form, page, context);
    case 'etender-trade':
      return lotResult(readTrade(first, currency), form, page, context);
    case 'names':
      return namesResult(rows, context);
    default:
      return lotsResult(rows, rowForms[form], page, context);
  }
}

const rowForms = {
  'auction-deals': auctionDeals,
  'auction-open': auctionOpen,
  'shop-deals': shopDeals,
  'shop-unsold': shopUnsold,
  'etender-trades': etenderTrades,
  'etender-deals': etenderDeals,
};

/** Items do not say whose they are: the reference does, or the address. */
function itemsResult(form: ItemsPage, rows: Row[], page: Page, context: ParseContext): PageResult {
  const asked = askedLot(page, context);
  const byAddress = /\/GetCompletedDealProducts\/(\d+)$/i.exec(new URL(page.url).pathname)?.[1];
  const id = asked?.id ?? byAddress;
  if (id === undefined) return rejected('items that do not say of which lot they are. State it with --id');
  return lotResult(readItems(form, id, rows, context.currency), form, page, context);
}
