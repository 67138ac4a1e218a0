import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PageResult, ParseContext } from '../../functions/core/marketplace.ts';
import { marketplaces } from '../../functions/marketplaces/index.ts';
import { page } from '../../functions/marketplaces/shared/fixture-cases.ts';
import auctionDeals from '../../functions/marketplaces/uzex/fixtures/auction-deals.json' with {
  type: 'json',
};
import auctionLot from '../../functions/marketplaces/uzex/fixtures/auction-lot.json' with { type: 'json' };
import { asked, listing, lot, urls } from '../../functions/marketplaces/uzex/fixtures/bodies.ts';
import etenderTrade from '../../functions/marketplaces/uzex/fixtures/etender-trade.json' with {
  type: 'json',
};
import { mutable } from '../../functions/marketplaces/uzex/fixtures/mutable.ts';
import shopDeals from '../../functions/marketplaces/uzex/fixtures/shop-deals.json' with { type: 'json' };
import { mutate, mutations, numbersIn } from './mutations.ts';

const { classify, parse } = marketplaces.uzex;
const stored: ParseContext = { reference: null };
function judge(url: string, body: unknown, context: ParseContext): PageResult {
  const whole = page(url, body);
  return classify(whole) ?? parse(whole, context);
}
function ok(result: PageResult) {
  if (result.outcome !== 'ok') throw new Error(`${result.outcome}: ${result.detail}`);
  return {
    lots: result.snapshots.map(({ externalId }) => externalId),
    references: result.references.map(({ externalId }) => externalId),
    snapshots: result.snapshots,
  };
}

describe('a list of lots', () => {
  const [ruchka, daftar] = shopDeals;

  it('costs a lot with impossible values its snapshot, and keeps the reference by which its own visit will tell', () => {
    const rows = [{ ...ruchka, price: 0 }, daftar];
    const { lots, references } = ok(judge(urls.shopDeals, rows, asked(listing('shop/deals/1/3'))));
    expect(lots).toEqual(['shop:5000002']);
    expect(references).toEqual(['shop:5000001']);
    const own = judge(urls.shopDeals, rows.slice(0, 1), asked(lot('shop:5000001')));
    expect(own).toMatchObject({ outcome: 'rejected', detail: 'price of lot 5000001 is zero' });
  });

  it('does not choose between two rows that contradict each other', () => {
    const rows = [ruchka, { ...ruchka, price: 3001 }, ruchka, daftar];
    const { lots, references } = ok(judge(urls.shopDeals, rows, asked(listing('shop/deals/1/3'))));
    expect([lots, references]).toEqual([['shop:5000002'], ['shop:5000001']]);
  });

  it('takes a row that comes twice once, though its place in the list has moved', () => {
    const [first, second] = auctionDeals;
    const { lots } = ok(judge(urls.stored, [first, second, { ...first, rn: 3 }], stored));
    expect(lots).toEqual(['400124', '400123']);
  });

  it('answers for the one lot that was asked for, even if the server ignores the number', () => {
    const { lots, references } = ok(judge(urls.shopDeals, shopDeals, asked(lot('shop:5000002'))));
    expect([lots, references]).toEqual([['shop:5000002'], []]);
  });
});

describe('the external id of a lot', () => {
  const etenderId = (url: string, reference: string | null) =>
    ok(judge(url, etenderTrade, { reference: reference === null ? null : lot(reference) })).lots;

  it('is the number alone in a stored body, and carries its system wherever it was asked for', () => {
    expect(etenderId(urls.stored, null)).toEqual(['600001']);
    expect(etenderId(urls.stored, '600001')).toEqual(['600001']);
    expect(etenderId(urls.etenderTrade, '600001')).toEqual(['600001']);
    expect(etenderId(urls.etenderTrade, 'etender:600001')).toEqual(['etender:600001']);
  });

  it('never lets one system answer for another', () => {
    expect(judge(urls.stored, etenderTrade, asked(lot('shop:600001')))).toMatchObject({
      outcome: 'format-changed',
    });
    expect(
      judge(
        'https://xarid-api-auction.uzex.uz/Common/GetCompletedDealProducts/600001',
        etenderTrade,
        asked(lot('600001')),
      ),
    ).toMatchObject({
      outcome: 'format-changed',
    });
  });
});

describe('what is kept', () => {
  it('is no telephone number, address or name of a contact person', () => {
    const kept = JSON.stringify([
      ok(judge(urls.stored, etenderTrade, stored)).snapshots,
      ok(judge(urls.stored, auctionLot, stored)).snapshots,
    ]);
    expect(kept).toContain('NAMUNA');
    for (const personal of ['+998', 'example.com', 'Namunayev', 'Mutaxassis'])
      expect(kept).not.toContain(personal);
  });

  it.each(mutable)('states no total that the body does not: $title', ({ json, context, page: pageOf }) => {
    fc.assert(
      fc.property(mutations, (list) => {
        const changed = mutate(json, list);
        const whole = pageOf(changed);
        const result = classify(whole) ?? parse(whole, context);
        if (result.outcome !== 'ok') return;
        const numbers = numbersIn(changed);
        for (const { totals } of result.snapshots) {
          for (const total of [totals?.start, totals?.final])
            if (total != null) expect(numbers).toContain(total);
        }
      }),
      { numRuns: 200 },
    );
  });
});
