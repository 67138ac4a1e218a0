import { table } from '../../cli/table.ts';
import { sizeOf, type TableSize, totalBytes, type Updates } from './measure.ts';

export interface PassFigures {
  name: string;
  skusChanged: number;
  pricePoints: number;
  /** Products of which nothing but the time of confirmation was written. */
  unchanged: number;
  walBytes: number;
  fullPages: number;
  /** Without indexes, and with them. */
  heapBytesAdded: number;
  bytesAdded: number;
}

export interface StorageFigures {
  products: number;
  skus: number;
  days: number;
  passes: PassFigures[];
  loaded: TableSize[];
  /** After the last day; `fresh`: the same rows in tables and indexes that were written anew. */
  tables: (TableSize & { fresh: TableSize })[];
  updates: Updates[];
  naive: {
    products: number;
    passes: { skus: number; walBytes: number; rowBytes: number; rawBytes: number }[];
  };
}

const bytes = (value: number, digits = 1): string => value.toFixed(digits);
const mb = (value: number): string => (value / 1e6).toFixed(1);
const count = (value: number): string => value.toLocaleString('en');
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

export function printFigures(figures: StorageFigures): void {
  const { products, skus, days, passes, loaded, tables, updates } = figures;
  const points = sizeOf(loaded, 'price_point');
  console.log(`${count(products)} products, ${count(skus)} SKUs, ${days} days\n`);
  console.log(
    `after the first visit: ${mb(totalBytes(loaded))} MB, ${bytes(totalBytes(loaded) / skus)} bytes a SKU, of which ${bytes((points.heapBytes + points.indexBytes) / points.rows)} are its price point\n`,
  );
  console.log(
    table(
      ['pass', 'SKUs changed', 'points added', 'WAL bytes a SKU', 'tables MB', 'with indexes MB'],
      passes.map((pass) => [
        pass.name,
        count(pass.skusChanged),
        count(pass.pricePoints),
        bytes(pass.walBytes / skus),
        signed(pass.heapBytesAdded),
        signed(pass.bytesAdded),
      ]),
    ),
  );
  console.log(`\nafter ${days} days\n`);
  console.log(
    table(
      ['table', 'rows', 'table MB', 'indexes MB', 'fresh MB', 'fresh indexes MB', 'bloat'],
      tables.map(({ table: name, rows, heapBytes, indexBytes, fresh }) => [
        name,
        count(rows),
        mb(heapBytes),
        mb(indexBytes),
        mb(fresh.heapBytes),
        mb(fresh.indexBytes),
        percent((heapBytes + indexBytes) / (fresh.heapBytes + fresh.indexBytes) - 1),
      ]),
    ),
  );
  console.log(
    `\n${table(
      ['pg_stat_user_tables', 'updates', 'HOT', 'on another page'],
      updates.map(({ table: name, updates: all, hot, newPage }) => [
        name,
        count(all),
        all > 0 ? percent(hot / all) : '',
        all > 0 ? percent(newPage / all) : '',
      ]),
    )}\n`,
  );
  console.log(comparison(figures));
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${mb(value)}`;
}

/** Both designs by the same units: of one SKU, a day. */
function comparison({ skus, days, passes, naive }: StorageFigures): string {
  const daily = passes.filter(({ name }) => name.startsWith('day '));
  const sum = <T>(list: readonly T[], of: (one: T) => number) =>
    list.reduce((total, one) => total + of(one), 0);
  const visits = skus * days;
  const naiveVisits = sum(naive.passes, (pass) => pass.skus);
  const changes = sum(daily, ({ pricePoints }) => pricePoints);
  const narxBytes = sum(daily, (pass) => pass.bytesAdded) / visits;
  const rowBytes = sum(naive.passes, (pass) => pass.rowBytes) / naiveVisits;
  const rawBytes = sum(naive.passes, (pass) => pass.rawBytes) / naiveVisits;
  const month = (perVisit: number) => `${((perVisit * skus * 30) / 1e9).toFixed(1)}`;
  const rows = [
    ['narx', narxBytes, sum(daily, (pass) => pass.walBytes) / visits],
    ['naive, rows only', rowBytes, Number.NaN],
    ['naive, with raw JSON', rowBytes + rawBytes, sum(naive.passes, (pass) => pass.walBytes) / naiveVisits],
  ] as const;
  return [
    `narx grew by ${bytes((narxBytes * visits) / changes)} bytes a price point; the naive design was run with ${count(naive.products)} products and scaled:\n`,
    table(
      ['design', 'bytes a SKU and day', 'WAL bytes', `GB in 30 days of ${count(skus)} SKUs`],
      rows.map(([name, size, wal]) => [name, bytes(size), Number.isNaN(wal) ? '' : bytes(wal), month(size)]),
    ),
  ].join('\n');
}
