import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { Page } from '../../functions/core/marketplace.ts';
import type { Reference } from '../../functions/core/model/reference.ts';
import type { Snapshot } from '../../functions/core/model/snapshot.ts';
import { marketplaces } from '../../functions/marketplaces/index.ts';
import { type Served, serve } from '../simulator/serve.ts';

const { request, classify, parse } = marketplaces.uzex;

interface Lot {
  externalId: string;
  system: string;
  title: string;
  currency: string;
  seller: { externalId: string; title: string } | null;
  customer: { name: string; inn: string } | null;
  provider: { name: string; inn: string | null } | null;
  dealtAt: string | null;
  totals: { start: string | null; final: string | null };
  offers: { externalId: string; price: string | null; quantity?: string }[];
}

const small = () => serve('--uzex-auctions', '60', '--uzex-shop-deals', '40', '--uzex-trades', '150');

async function visit({ ask }: Served, reference: Reference) {
  const { url, method, headers, body } = request(reference);
  const response = await ask(url, { method, headers, body });
  const page: Page = {
    url,
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()),
    receivedAt: new Date('2031-06-01T00:00:00Z'),
  };
  return classify(page) ?? parse(page, { reference });
}

/** Follows a list from its first window to its end: every snapshot, and every lot that it leads to. */
async function walk(served: Served, first: string) {
  const snapshots = new Map<string, Snapshot>();
  const lots = new Set<string>();
  const open: Reference[] = [{ kind: 'listing', externalId: first }];
  for (let reference = open.pop(); reference; reference = open.pop()) {
    const result = await visit(served, reference);
    if (result.outcome !== 'ok') throw new Error(`${reference.externalId}: ${JSON.stringify(result)}`);
    for (const snapshot of result.snapshots) snapshots.set(snapshot.externalId, snapshot);
    for (const found of result.references) {
      if (found.kind === 'lot') lots.add(found.externalId);
      else open.push(found);
    }
  }
  return { snapshots, lots: [...lots] };
}

const truth = async ({ lines }: Served, ...systems: string[]) =>
  (await lines<Lot>('/truth/uzex')).filter(({ system }) => systems.includes(system));

const itemsOf = ({ offers }: Pick<Snapshot, 'offers'>) =>
  offers.map(({ externalId, price, quantity }) => ({ externalId, price, quantity: quantity ?? null }));
const trueItems = ({ offers }: Lot) =>
  offers.map(({ externalId, price, quantity }) => ({ externalId, price, quantity: quantity ?? null }));

describe('UZEX as the simulator serves it', () => {
  it('yields every finished auction with its totals, parties and time, and leads to its items', async () => {
    const served = await small();
    const { snapshots, lots } = await walk(served, 'auction/deals/1/8');
    const expected = await truth(served, 'auction');
    expect(snapshots.size).toBe(expected.length);
    expect([...lots].sort()).toEqual(expected.map(({ externalId }) => externalId).sort());
    for (const lot of expected) {
      expect(snapshots.get(lot.externalId)).toMatchObject({
        title: lot.title,
        currency: lot.currency,
        seller: lot.seller,
        totals: lot.totals,
        offers: [],
        extra: { buyer: lot.customer, supplier: lot.provider, dealDate: lot.dealtAt },
      });
    }
  });

  it('yields the true unit prices and quantities of all items', async () => {
    const served = await small();
    for (const lot of await truth(served, 'auction')) {
      const result = await visit(served, { kind: 'lot', externalId: lot.externalId });
      if (result.outcome !== 'ok') throw new Error(JSON.stringify(result));
      const [snapshot] = result.snapshots;
      expect(snapshot && itemsOf(snapshot)).toEqual(trueItems(lot));
      expect(snapshot?.externalId).toBe(lot.externalId);
    }
  });

  it.each([
    ['shop/deals', 'shop', 'shop'],
    ['national/deals', 'national-shop', 'national'],
    ['shop/unsold', 'shop-unfinished', 'shop-unsold'],
  ])('yields the true unit prices of %s, page by page and lot by lot', async (list, system, prefix) => {
    const served = await small();
    const { snapshots } = await walk(served, `${list}/1/7`);
    const expected = await truth(served, system);
    expect(snapshots.size).toBe(expected.length);
    for (const [at, lot] of expected.entries()) {
      const name = `${prefix}:${lot.externalId}`;
      const snapshot = snapshots.get(name);
      expect(snapshot).toMatchObject({ title: lot.title, seller: lot.seller });
      expect(snapshot?.totals?.final).toBe(lot.totals.final);
      expect(snapshot && itemsOf(snapshot)).toEqual(trueItems(lot));
      if (at > 2) continue;
      const alone = await visit(served, { kind: 'lot', externalId: name });
      expect(alone).toMatchObject({ outcome: 'ok', snapshots: [{ ...snapshot }], references: [] });
    }
  });

  it('yields every trade of etender from its three lists, and its products from its own page', async () => {
    const served = await small();
    const lists = [
      'etender/tenders/1/9',
      'etender/selections/1/9',
      'etender/failed/1/9',
      'etender/deals/1/9',
    ];
    const rows = new Map<string, Snapshot>();
    for (const list of lists) for (const [id, row] of (await walk(served, list)).snapshots) rows.set(id, row);
    const expected = await truth(served, 'etender');
    expect(rows.size).toBe(expected.length);
    for (const lot of expected) {
      const externalId = `etender:${lot.externalId}`;
      expect(rows.get(externalId)).toMatchObject({
        seller: lot.seller,
        totals: lot.totals,
        extra: { buyer: lot.customer },
      });
      const result = await visit(served, { kind: 'lot', externalId });
      expect(result).toMatchObject({ outcome: 'ok', snapshots: [{ externalId, title: lot.title }] });
      const [trade] = result.outcome === 'ok' ? result.snapshots : [];
      expect(trade && itemsOf(trade)).toEqual(trueItems(lot));
      expect(trade?.totals).toEqual({ start: lot.totals.start, final: null });
    }
  });

  it('has reference lists, which are no lots', async () => {
    const served = await small();
    for (const externalId of ['categories', 'regions', 'etender/regions'])
      expect(await visit(served, { kind: 'listing', externalId })).toMatchObject({
        outcome: 'ok',
        snapshots: [],
        references: [],
      });
  });

  it('refuses in ways that are told from data and from each other', async () => {
    const served = await small();
    const deals: Reference = { kind: 'listing', externalId: 'auction/deals/1/9' };
    expect(await visit(served, { kind: 'lot', externalId: '1' })).toMatchObject({ outcome: 'empty' });
    expect(await visit(served, { kind: 'lot', externalId: 'etender:1' })).toMatchObject({
      outcome: 'format-changed',
    });
    expect(await visit(served, { kind: 'listing', externalId: 'auction/deals/900/990' })).toMatchObject({
      outcome: 'empty',
    });
    await served.turn('uzex', { shape: { name: 'unknown' } });
    expect(await visit(served, deals)).toMatchObject({ outcome: 'format-changed' });
    expect(await visit(served, { kind: 'lot', externalId: 'etender:600001' })).toMatchObject({
      outcome: 'format-changed',
    });
    await served.turn('uzex', { block: { kind: '500-blocked' } });
    expect(await visit(served, deals)).toMatchObject({ outcome: 'blocked' });
  });

  it.each(['zero', 'negative', 'huge'])('rejects items whose price is %s', async (kind) => {
    const served = await small();
    await served.turn('uzex', { absurdShare: 1, absurdKinds: [kind] });
    expect(await visit(served, { kind: 'lot', externalId: '400001' })).toMatchObject({ outcome: 'rejected' });
    expect(await visit(served, { kind: 'lot', externalId: 'shop:5000001' })).toMatchObject({
      outcome: 'rejected',
    });
  });
});
