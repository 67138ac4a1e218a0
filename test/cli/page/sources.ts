import type { StatusReport } from '../../../cli/status/model.ts';
import type { History } from '../../../functions/contract/api/responses.ts';
import { type LoopbackServer, listenOnLoopback } from '../../../local/aws/http.ts';

/** What a marketplace could call a product, to see what becomes of it. */
export const hostileTitle = '<img src=x onerror="document.title=\'owned\'"> Чехол 128';

const day = (number: number) => `2026-11-${String(number).padStart(2, '0')}T10:00:00.000Z`;
const confirmed = { oldest: day(20), newest: day(24) };
const summary = {
  marketplace: 'uzum',
  kind: 'product',
  externalId: 'a/1',
  title: hostileTitle,
  seller: { externalId: 's', title: 'Seller' },
  category: null,
  offers: 1,
  price: { lowest: '90000', highest: '120000.50', currency: 'UZS' },
  lastConfirmedAt: day(20),
  goneSince: null,
};
const stretch = {
  sku: 'k',
  skuTitle: null,
  price: '120000.50',
  oldPrice: null,
  currency: 'UZS',
  availability: 'in_stock',
  suspect: false,
  open: false,
  gapBefore: null,
  archivedBefore: false,
} as const;
const history: Pick<History, 'stretches' | 'next'> = {
  stretches: [
    { ...stretch, from: day(1), confirmedUntil: day(6), archivedBefore: true },
    {
      ...stretch,
      price: '90000',
      from: day(10),
      confirmedUntil: day(14),
      gapBefore: { from: day(6), to: day(10), contradicted: false },
    },
    {
      ...stretch,
      price: '100000',
      open: true,
      from: day(15),
      confirmedUntil: day(20),
      gapBefore: { from: day(14), to: day(15), contradicted: true },
    },
  ],
  next: null,
};
const gap = (from: number, to: number) => ({ from: day(from), to: day(to), contradicted: false });
/** Seen once; then for a hundredth; then on sale no more; then as before. */
const oddHistory: Pick<History, 'stretches' | 'next'> = {
  stretches: [
    { ...stretch, from: day(1), confirmedUntil: day(1) },
    { ...stretch, price: '1200', suspect: true, from: day(4), confirmedUntil: day(8), gapBefore: gap(1, 4) },
    { ...stretch, price: null, availability: 'unknown', from: day(8), confirmedUntil: day(12) },
    { ...stretch, open: true, from: day(14), confirmedUntil: day(20), gapBefore: gap(12, 14) },
  ],
  next: null,
};
const offer = { sku: 'k', title: null, price: '100000', oldPrice: '120000.50', currency: 'UZS' };
const answers: Record<string, unknown> = {
  '/products': { items: [summary], matches: { count: 1, more: false }, confirmed, next: null },
  '/products/uzum/product/a%2F1': {
    ...summary,
    lastChangedAt: day(15),
    items: [{ ...offer, availability: 'in_stock', listed: true, since: day(15), lastConfirmedAt: day(20) }],
    confirmed,
  },
  '/products/uzum/product/a%2F1/history': history,
  '/products/uzum/product/odd': {
    ...summary,
    externalId: 'odd',
    lastChangedAt: day(14),
    items: [{ ...offer, availability: 'in_stock', listed: true, since: day(14), lastConfirmedAt: day(20) }],
    confirmed,
  },
  '/products/uzum/product/odd/history': oddHistory,
  '/drops': {
    since: day(23),
    items: [
      {
        ...summary,
        sku: 'k',
        skuTitle: null,
        priceBefore: '120000.50',
        confirmedUntil: day(6),
        price: '90000',
        currency: 'UZS',
        seenAt: day(10),
        percent: 25.01,
        current: false,
      },
    ],
    confirmed,
    next: null,
  },
};

/** A read API with one product. */
export function serveApi(): Promise<LoopbackServer> {
  return listenOnLoopback(0, async (request, response) => {
    const answer = answers[new URL(request.url ?? '', 'http://127.0.0.1').pathname];
    const status = answer === undefined ? 404 : 200;
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify(answer ?? { detail: 'no such product' }));
  });
}

export const report: StatusReport = {
  stage: 'local',
  local: true,
  at: day(24),
  status: 'degraded',
  dependencies: [{ name: 'DynamoDB', status: 'UP', latencyMs: 3, detail: null }],
  marketplaces: [
    {
      id: 'uzum',
      domain: 'ecommerce',
      gate: 'cooling',
      perSecond: 4.25,
      freshness: {
        measuredAt: day(24),
        newestObservationAt: day(24),
        oldestConfirmationAt: day(20),
        confirmedLastDay: 12_345,
        targetHours: 24,
        fresh: true,
      },
      robotsOverrides: [],
    },
  ],
  domains: [{ id: 'ecommerce', breaker: 'open' }],
  pauses: [{ owner: 'uzum', by: 'operator', reason: 'maintenance', since: day(23), nextProbe: null }],
  queues: [{ name: 'uzum-jobs', waiting: 41, inFlight: 2, delayed: 0, dead: 1, consumer: 'Disabled' }],
  spilled: null,
  sweeps: [
    {
      sweepId: 's',
      marketplace: 'uzum',
      mode: 'sweep',
      startedAt: day(23),
      deadline: day(24),
      planned: true,
      books: {
        dispatched: 8_000,
        stored: 6_000,
        unchanged: 1_000,
        gone: 900,
        quarantined: 10,
        parked: 20,
        deadLettered: 1,
        inFlight: 60,
      },
    },
  ],
  alarms: [{ name: 'narx-local-dead-letters', since: day(23), reason: 'one dead letter' }],
};
