import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Page, PageResult, ParseContext } from '../../functions/core/marketplace.ts';
import { compareAmounts } from '../../functions/core/model/money.ts';
import { snapshotSchema } from '../../functions/core/model/snapshot.ts';
import type { MutableBody } from '../../functions/marketplaces/shared/fixture-cases.ts';
import { registered } from './fixtures.ts';
import { mutate, mutations, numbersIn } from './mutations.ts';

/** For each body, of which every marketplace has several. */
const runs = { numRuns: 350 };
/** But for `ok`, none of these stores anything. A changed key may well be the one that reports an error of the server. */
const harmless = ['ok', 'format-changed', 'rejected', 'blocked', 'empty', 'server-error'];

const bodies = registered.flatMap(({ id, marketplace, fixtures }) =>
  fixtures.mutable.map((mutable) => ({
    name: `${id}: ${mutable.title}`,
    mutable,
    judge: (page: Page, context: ParseContext): PageResult =>
      marketplace.classify(page) ?? marketplace.parse(page, context),
  })),
);

/** Asserts that nothing in the result is more than what the body states. */
function expectNothingFalse(result: PageResult, json: unknown, mutable: MutableBody): void {
  if (result.outcome === 'gone') {
    expect(mutable.saysGone(json)).toBe(true);
    return;
  }
  expect(harmless).toContain(result.outcome);
  if (result.outcome !== 'ok') return;
  const stated = numbersIn(json);
  for (const snapshot of result.snapshots) {
    snapshotSchema.parse(snapshot);
    if (mutable.context.reference?.kind === snapshot.kind)
      expect(snapshot.externalId).toBe(mutable.context.reference.externalId);
    for (const { externalId, price, oldPrice } of snapshot.offers) {
      if (price === null) continue;
      expect(mutable.pricesOf(json, externalId).map(String)).toContain(price);
      expect(Number(price)).toBeGreaterThan(0);
      if (oldPrice === null) continue;
      expect(stated).toContain(oldPrice);
      expect(compareAmounts(oldPrice, price)).toBeGreaterThan(0);
    }
  }
}

describe.each(bodies)('$name', ({ mutable, judge }) => {
  it('is parsed as it is', () => {
    expect(judge(mutable.page(mutable.json), mutable.context)).toMatchObject({ outcome: 'ok' });
  });

  it('yields nothing false when fields are dropped, repeated, of another type or absurd', () => {
    fc.assert(
      fc.property(mutations, (list) => {
        const json = mutate(mutable.json, list);
        expectNothingFalse(judge(mutable.page(json), mutable.context), json, mutable);
      }),
      runs,
    );
  });

  it('yields nothing false when it is cut', () => {
    const whole = mutable.page(mutable.json);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.body.length - 1 }), (length) => {
        const cut = { ...whole, body: whole.body.subarray(0, length) };
        const result = judge(cut, mutable.context);
        expect(result.outcome).not.toBe('gone');
        expectNothingFalse(result, mutable.json, mutable);
      }),
      runs,
    );
  });
});

const walls = registered.map(({ id, marketplace, fixtures }) => ({
  id,
  marketplace,
  walls: [...fixtures.cases.blockPage, ...fixtures.cases.captchaPage],
}));

describe.each(walls)('block pages of $id', ({ marketplace, walls }) => {
  it('are never data and never "gone", wherever they are cut and whatever they are sent with', () => {
    const statuses = fc.constantFrom(200, 200, 403, 404, 410, 429, 500, 503);
    fc.assert(
      fc.property(
        fc.constantFrom(...walls),
        fc.double({ min: 0, max: 1, noNaN: true }),
        statuses,
        (wall, share, status) => {
          const body = wall.page.body.subarray(0, Math.round(wall.page.body.length * share));
          const page = { ...wall.page, status, body };
          const context = wall.context ?? { reference: null };
          const { outcome } = marketplace.classify(page) ?? marketplace.parse(page, context);
          expect(['ok', 'gone']).not.toContain(outcome);
        },
      ),
      runs,
    );
  });
});
