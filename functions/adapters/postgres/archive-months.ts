import type { ArchivedPart } from '../../contract/archive.ts';
import type { PointBatch, PointKey } from '../../core/archive/points.ts';
import type { ArchiveMonths, KeyRange, MonthArchive } from '../../core/archive/ports.ts';
import type { Database } from './database.ts';
import { columnsOf, pointArrays, readBatch } from './point-columns.ts';

const MONTHS = `
select to_char(month, 'YYYY-MM'), state, archived_until, begun_at, rows::text, in_force::text, bytes::text, dropped_at, is_restored(month)
from price_archive order by month`;

/** Never the only one: migrate goes on from the newest. */
const OLDEST = `
select to_char(min(month), 'YYYY-MM') from price_month having min(ends_at) <= $1 and count(*) > 1`;

const PARTS = `
select part, key, bytes::text, rows::text, in_force::text, min_observed_at::text, max_observed_at::text, sku_id,
  first_observed_at::text, is_last, etag, sha256, rows_sha256, verified
from price_archive_part where month = $1 order by part`;

const RECORD_PART = `
insert into price_archive_part (month, part, key, bytes, rows, in_force, min_observed_at, max_observed_at, sku_id,
  first_observed_at, is_last, etag, sha256, rows_sha256)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (month, part) do update set key = excluded.key, bytes = excluded.bytes, rows = excluded.rows,
  in_force = excluded.in_force, min_observed_at = excluded.min_observed_at, max_observed_at = excluded.max_observed_at,
  sku_id = excluded.sku_id, first_observed_at = excluded.first_observed_at, is_last = excluded.is_last,
  etag = excluded.etag, sha256 = excluded.sha256, rows_sha256 = excluded.rows_sha256, verified = false`;

/**
 * What leaves, and copies of what stays, merged in the order of their keys: each side reads its own index, and no more of it than
 * the range; without it, what leaves would be compared with all that stays before it, once more for every batch.
 */
const READ = `
select ${columnsOf('r')} from (
  (select p.*, false as in_force from price_point p
   where p.first_observed_at < $1 and (p.sku_id, p.first_observed_at) > ($2, $3) and (p.sku_id, p.first_observed_at) <= ($4, $5)
     and not exists (select from price_point_kept k
       where k.sku_id = p.sku_id and k.first_observed_at = p.first_observed_at
         and (k.sku_id, k.first_observed_at) > ($2, $3) and (k.sku_id, k.first_observed_at) <= ($4, $5))
   order by p.sku_id, p.first_observed_at limit $6)
  union all
  (select k.sku_id, k.first_observed_at, k.confirmed_until, k.availability, k.hidden_before, k.suspect, k.currency, k.price,
     k.old_price, true
   from price_point_kept k
   where (k.sku_id, k.first_observed_at) > ($2, $3) and (k.sku_id, k.first_observed_at) <= ($4, $5)
   order by k.sku_id, k.first_observed_at limit $6)
  order by sku_id, first_observed_at limit $6) r`;

const lowest = ['-9223372036854775808', '-infinity'] as const;
const highest = ['9223372036854775807', 'infinity'] as const;

/** `2026-06` as the tables have it, and as partitions are named. */
const dateOf = (month: string) => `${month}-01`;
const suffixOf = (month: string) => month.replace('-', '_');

export class PostgresArchiveMonths implements ArchiveMonths {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async all(): Promise<MonthArchive[]> {
    const rows = await this.#database.rows<
      [
        string,
        MonthArchive['state'],
        number,
        number,
        string | null,
        string | null,
        string | null,
        number | null,
        boolean,
      ]
    >(MONTHS, []);
    const number = (text: string | null) => (text === null ? null : Number(text));
    return rows.map(([month, state, until, begun, count, inForce, bytes, dropped, isRestored]) => ({
      month,
      state,
      archivedUntil: new Date(until),
      begunAt: new Date(begun),
      rows: number(count),
      inForce: number(inForce),
      bytes: number(bytes),
      droppedAt: dropped === null ? null : new Date(dropped),
      isRestored,
    }));
  }

  async oldestEndedBefore(before: Date): Promise<string | null> {
    const [[month] = [null]] = await this.#database.rows<[string]>(OLDEST, [before.toISOString()]);
    return month;
  }

  async begin(month: string): Promise<void> {
    await this.#call('archive_begin', month);
  }

  async keep(month: string): Promise<void> {
    await this.#call('archive_keep', month);
  }

  async read(month: string, range: KeyRange): Promise<PointBatch> {
    const [year = 0, number = 0] = month.split('-').map(Number);
    const until = new Date(Date.UTC(year, number, 1)).toISOString();
    return await readBatch(this.#database, READ, [until, ...bounds(range), range.limit]);
  }

  async parts(month: string): Promise<(ArchivedPart & { verified: boolean })[]> {
    const rows = await this.#database.rows<
      [
        number,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        boolean,
        string,
        string,
        string,
        boolean,
      ]
    >(PARTS, [dateOf(month)]);
    return rows.map(
      ([
        part,
        key,
        bytes,
        count,
        inForce,
        min,
        max,
        sku,
        first,
        isLast,
        etag,
        sha256,
        rowsSha256,
        verified,
      ]) => ({
        part,
        key,
        bytes: Number(bytes),
        rows: Number(count),
        inForce: Number(inForce),
        minObservedAt: Number(min),
        maxObservedAt: Number(max),
        lastSkuId: sku,
        lastFirstObservedAt: Number(first),
        isLast,
        etag,
        sha256,
        rowsSha256,
        verified,
      }),
    );
  }

  async recordPart(month: string, part: ArchivedPart): Promise<void> {
    await this.#database.rows(RECORD_PART, [
      dateOf(month),
      part.part,
      part.key,
      part.bytes,
      part.rows,
      part.inForce,
      part.minObservedAt,
      part.maxObservedAt,
      part.lastSkuId,
      part.lastFirstObservedAt,
      String(part.isLast),
      part.etag,
      part.sha256,
      part.rowsSha256,
    ]);
  }

  async partVerified(month: string, part: number): Promise<void> {
    await this.#database.rows(
      'update price_archive_part set verified = true where month = $1 and part = $2',
      [dateOf(month), part],
    );
  }

  async verified(month: string, manifestKey: string): Promise<void> {
    await this.#database.rows('select archive_verified($1, $2)', [dateOf(month), manifestKey]);
  }

  async drop(month: string): Promise<boolean> {
    const [[dropped] = [false]] = await this.#database.rows<[boolean]>('select archive_drop($1)', [
      dateOf(month),
    ]);
    return dropped;
  }

  async restoreBegin(month: string): Promise<void> {
    await this.#call('archive_restore_begin', month);
  }

  async restoredUpTo(month: string): Promise<PointKey | null> {
    const [last] = await this.#database.rows<[string, string]>(
      `select sku_id, (extract(epoch from first_observed_at) * 1000000)::bigint
       from price_point_restored_${suffixOf(month)} order by sku_id desc, first_observed_at desc limit 1`,
      [],
    );
    return last === undefined ? null : { skuId: last[0], firstObservedAt: Number(last[1]) };
  }

  async readRestored(month: string, range: KeyRange): Promise<PointBatch> {
    return await readBatch(
      this.#database,
      `select ${columnsOf('r')} from (
         select sku_id, first_observed_at, last_confirmed_at, availability, hidden_before, suspect, currency, price, old_price, in_force
         from price_point_restored_${suffixOf(month)}
         where (sku_id, first_observed_at) > ($1, $2) and (sku_id, first_observed_at) <= ($3, $4)
         order by sku_id, first_observed_at limit $5) r`,
      [...bounds(range), range.limit],
    );
  }

  async insertRestored(month: string, batch: PointBatch): Promise<void> {
    await this.#database.rows(
      `insert into price_point_restored_${suffixOf(month)} (month, sku_id, first_observed_at, last_confirmed_at, availability,
         hidden_before, suspect, currency, price, old_price, in_force)
       select $1, sku_id, 'epoch'::timestamptz + first * interval '1 microsecond', 'epoch'::timestamptz + last * interval '1 microsecond',
         availability, hidden, suspect, currency, price, old_price, in_force
       from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::"char"[], $6::"char"[], $7::boolean[], $8::text[], $9::numeric[],
           $10::numeric[], $11::boolean[])
         as g (sku_id, first, last, availability, hidden, suspect, currency, price, old_price, in_force)`,
      [dateOf(month), ...pointArrays(batch)],
    );
  }

  async restoreFinish(month: string): Promise<void> {
    await this.#call('archive_restore_finish', month);
  }

  async release(month: string): Promise<void> {
    await this.#call('archive_release', month);
  }

  async #call(step: string, month: string): Promise<void> {
    await this.#database.rows(`select ${step}($1)`, [dateOf(month)]);
  }
}

/** Four parameters: what comes after, and up to what. */
function bounds({ after, upto }: KeyRange): (string | number)[] {
  return [...(after === null ? lowest : keyOf(after)), ...(upto === null ? highest : keyOf(upto))];
}

/** ISO 8601 with microseconds: what a Date would cut off. */
function keyOf({ skuId, firstObservedAt }: PointKey): [string, string] {
  const millis = Math.floor(firstObservedAt / 1_000);
  const micros = String(firstObservedAt - millis * 1_000).padStart(3, '0');
  return [skuId, new Date(millis).toISOString().replace('Z', `${micros}Z`)];
}
