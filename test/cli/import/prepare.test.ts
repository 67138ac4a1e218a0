import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { prepare, snapshotOfLine } from '../../../cli/import/prepare.ts';
import { type Column, columns, type RowRules } from '../../../cli/import/rows.ts';
import { filesOf } from '../../../cli/import/state.ts';

const folder = mkdtempSync(join(tmpdir(), 'narx-import-'));
const csv = join(folder, 'history.csv');
const files = filesOf(csv);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeEach(() => rmSync(files.rejects, { force: true }));

const rules: RowRules = {
  kind: 'product',
  currency: 'UZS',
  utcOffset: null,
  latest: Date.parse('2026-09-14T12:00:00Z'),
};
const header = 'external_id,observed_at,sku_id,price,title';

async function read(
  text: string,
  settings: { renamed?: [Column, string][]; rules?: Partial<RowRules> } = {},
) {
  writeFileSync(csv, text);
  const format = {
    delimiter: ',',
    renamed: new Map(settings.renamed),
    rules: { ...rules, ...settings.rules },
  };
  // A few rows to a sorted run: everything is merged from many.
  const { report } = await prepare(csv, files, format, () => undefined, 300);
  const lines = readFileSync(files.visits, 'utf8').split('\n').slice(0, -1);
  return { report, snapshots: lines.map(snapshotOfLine), rejects: readFileSync(files.rejects, 'utf8') };
}

const at = (hour: number) => new Date(Date.UTC(2024, 4, 1, hour)).toISOString();

it('folds rows in any order, each any number of times, to what they say once and in order', async () => {
  const row = fc.record({
    product: fc.integer({ min: 1, max: 3 }),
    hour: fc.integer({ min: 0, max: 5 }),
    sku: fc.integer({ min: 1, max: 2 }),
    price: fc.constantFrom('', '5', '10', '10.50'),
    times: fc.integer({ min: 1, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 30 }), fc.infiniteStream(fc.nat()), async (rows, random) => {
      const repeated = rows.flatMap((one) => Array.from({ length: one.times }, () => one));
      const weights = new Map(repeated.map((_, index) => [index, random.next().value as number]));
      const shuffled = repeated
        .map((one, index) => ({ one, weight: weights.get(index) ?? 0 }))
        .sort((a, b) => a.weight - b.weight)
        .map(({ one }) => `${one.product},${at(one.hour)},${one.product}${one.sku},${one.price},Choynak`);
      const { report, snapshots } = await read([header, ...shuffled].join('\n'));

      // What the rows say, without sorting anything: of one SKU at one instant the greatest price stands.
      const seen = new Map<string, number>();
      for (const { product, hour, sku, price } of rows) {
        const key = `${product} ${hour} ${sku}`;
        seen.set(key, Math.max(seen.get(key) ?? -1, price === '' ? -1 : Number(price)));
      }
      const said = snapshots.flatMap(({ externalId, observedAt, offers }) =>
        offers.map((offer): [string, number] => [
          `${externalId} ${new Date(observedAt).getUTCHours()} ${offer.externalId.slice(1)}`,
          offer.price === null ? -1 : Number(offer.price),
        ]),
      );
      expect(said).toHaveLength(seen.size);
      expect(new Map(said)).toEqual(seen);
      let points = 0;
      for (const product of [1, 2, 3])
        for (const sku of [1, 2]) {
          const prices = [0, 1, 2, 3, 4, 5]
            .map((hour) => seen.get(`${product} ${hour} ${sku}`))
            .filter((price) => price !== undefined);
          points += prices.filter((price, index) => index === 0 || price !== prices[index - 1]).length;
        }
      expect(report.pricePoints).toBe(points);
      expect(report.rows).toBe(repeated.length);
      const { rejected, duplicates, conflicts, pricePoints, confirmations } = report;
      expect(rejected + duplicates + conflicts + pricePoints + confirmations).toBe(report.rows);
      const instants = snapshots.map((one) => `${one.externalId} ${one.observedAt}`);
      expect(instants).toEqual([...new Set(instants)].sort());
    }),
    { numRuns: 40 },
  );
});

it('puts a row that cannot be read aside, with its line and the reason, and reads the others', async () => {
  const { report, snapshots, rejects } = await read(
    [
      header,
      `1,${at(1)},11,"5","Choynak, ""ko'k""\nkatta\u2028"`,
      `2,2024-05-01 10:00:00,21,5,Choynak`,
      `2,${at(1)},21,5 000,Choynak`,
      `2,${at(1)},21,5,`,
      `,${at(1)},21,5,Choynak`,
      '',
      `2,2026-09-14T12:00:01Z,21,5,Choynak`,
      `2,${at(1)}`,
    ].join('\r\n'),
  );
  expect(snapshots).toMatchObject([
    { externalId: '1', title: 'Choynak, "ko\'k"\nkatta', offers: [{ price: '5' }] },
  ]);
  expect(report).toMatchObject({ rows: 7, rejected: 6, pricePoints: 1 });
  const [head, ...rows] = rejects.trimEnd().split('\n');
  expect(head).toBe(`line,reason,${header}`);
  expect(rows.map((line) => line.split(',').slice(0, 2))).toEqual([
    ['4', 'observed_at is no time with a zone (2024-05-01T10:00:00Z)'],
    ['5', 'price is no amount (1990000.50)'],
    ['6', 'title is empty'],
    ['7', 'external_id is empty or too long'],
    ['9', 'observed_at is in the future'],
    ['10', 'only 2 fields'],
  ]);
});

it('reads times without a zone, and columns of other names, as it is told to', async () => {
  const { snapshots } = await read('product,seen,price,name,old_price\n7,2024-05-01 15:00,10,Choynak,9\n', {
    renamed: [
      ['external_id', 'product'],
      ['observed_at', 'seen'],
      ['title', 'name'],
    ],
    rules: { utcOffset: '+05:00' },
  });
  expect(snapshots).toMatchObject([
    { observedAt: '2024-05-01T10:00:00.000Z', offers: [{ externalId: '7', price: '10', oldPrice: null }] },
  ]);
  expect(columns).toContain('sku_id');
});

it('refuses a file that it would read wrongly, and says what to do', async () => {
  await expect(read('id,price\n1,2\n')).rejects.toThrow(
    'no column external_id, observed_at, title; it has id, price. Say which is which: --columns external_id=NAME',
  );
  await expect(read(`${header}\n1,${at(1)},11,5,"Choynak\n2,${at(1)},21,5,Choynak\n`)).rejects.toThrow(
    'the record that begins in line 2 does not end',
  );
  await expect(read('')).rejects.toThrow('is empty');
});
