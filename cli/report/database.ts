import { Client } from 'pg';
import type { PriceHistory } from './chart.ts';
import type { StoredPoint, StoredProduct } from './truth.ts';

interface Row {
  product_id: string;
  kind: string;
  external_id: string;
  title: string;
  seller: string | null;
  category: string | null;
  sku: string | null;
  first_observed_at: Date | null;
  price: string | null;
  old_price: string | null;
  currency: string;
  availability: string;
}

/** Reads a local stack's database for the report. Read only; one connection, closed by `close`. */
export class ReportDatabase {
  readonly #client: Client;
  private constructor(client: Client) {
    this.#client = client;
  }

  static async open(connection: {
    host: string;
    port: number;
    database: string;
    user: string;
  }): Promise<ReportDatabase> {
    const client = new Client(connection);
    await client.connect();
    // The tables were empty a minute ago: without statistics the plans are for empty tables.
    await client.query('analyze');
    return new ReportDatabase(client);
  }

  close(): Promise<void> {
    return this.#client.end();
  }

  /** Every product that a visit has seen, with its SKUs' points in order of time; read in pages by product id. */
  async *products(marketplace: string): AsyncGenerator<StoredProduct> {
    let after = '0';
    for (;;) {
      const { rows } = await this.#client.query<Row>(
        `select p.id as product_id, case p.kind when 'p' then 'product' when 'a' then 'ad' else 'lot' end as kind, p.external_id, p.title, s.external_id as seller, c.external_id as category,
                k.external_id as sku, h.first_observed_at, h.price::text, h.old_price::text, h.currency, h.availability
           from (select p.* from product p join marketplace m on m.id = p.marketplace_id
                  where m.code = $1 and p.id > $2 and p.title is not null order by p.id limit 1000) p
           left join seller s on s.id = p.seller_id
           left join category c on c.id = p.category_id
           left join sku k on k.product_id = p.id
           left join lateral (
             select * from price_history where sku_id = k.id order by first_observed_at) h on true
          order by p.id, k.id, h.first_observed_at`,
        [marketplace, after],
      );
      const last = rows.at(-1);
      if (!last) return;
      after = last.product_id;
      yield* grouped(rows);
    }
  }

  /** How many things and listings are known, and how many of the things no visit has settled. */
  async discovered(marketplace: string): Promise<{ known: number; unvisited: number }> {
    const { rows } = await this.#client.query<{ known: string; unvisited: string }>(
      `select count(*) as known, count(*) filter (where v.last_outcome is null and p.kind <> 's') as unvisited
         from product_schedule v join product p on p.id = v.product_id join marketplace m on m.id = v.marketplace_id
        where m.code = $1`,
      [marketplace],
    );
    return { known: Number(rows[0]?.known ?? 0), unvisited: Number(rows[0]?.unvisited ?? 0) };
  }

  async pricePoints(marketplace: string): Promise<number> {
    const { rows } = await this.#client.query<{ count: string }>(
      `select count(*) from price_point h join sku k on k.id = h.sku_id join product p on p.id = k.product_id
         join marketplace m on m.id = p.marketplace_id where m.code = $1`,
      [marketplace],
    );
    return Number(rows[0]?.count ?? 0);
  }

  /** Age in seconds of the oldest last sight among the things that are not missing; null when there are none. */
  async oldestConfirmedSeconds(marketplace: string): Promise<number | null> {
    const { rows } = await this.#client.query<{ seconds: string | null }>(
      `select extract(epoch from now() - min(v.last_seen_at)) as seconds
         from product p join marketplace m on m.id = p.marketplace_id
         join product_schedule v on v.product_id = p.id
        where m.code = $1 and v.missing_since is null and v.last_seen_at is not null`,
      [marketplace],
    );
    const seconds = rows[0]?.seconds ?? null;
    return seconds === null ? null : Math.round(Number(seconds));
  }

  /** The SKUs whose price moved most often, for drawing. */
  async movedMost(marketplace: string, limit: number): Promise<PriceHistory[]> {
    const { rows } = await this.#client.query<{
      title: string;
      sku: string;
      currency: string;
      points: { price: string | null; first: string; confirmed: string }[];
    }>(
      `select p.title, k.external_id as sku, k.currency,
              json_agg(json_build_object('price', h.price::text, 'first', h.first_observed_at,
                                         'confirmed', h.last_confirmed_at) order by h.first_observed_at) as points
         from price_history h join sku k on k.id = h.sku_id join product p on p.id = k.product_id
         join marketplace m on m.id = p.marketplace_id
        where m.code = $1
        group by p.title, k.id
       having count(distinct h.price) > 1
        order by count(distinct h.price) desc, max(h.price) / nullif(min(h.price), 0) desc, k.id
        limit $2`,
      [marketplace, limit],
    );
    return rows.map((row) => ({
      title: row.title,
      sku: row.sku,
      currency: row.currency,
      points: row.points.map((point) => ({
        price: point.price,
        firstObservedAt: new Date(point.first),
        confirmedAt: new Date(point.confirmed),
      })),
    }));
  }
}

function* grouped(rows: readonly Row[]): Generator<StoredProduct> {
  let product = null as (StoredProduct & { id: string }) | null;
  for (const row of rows) {
    if (product?.id !== row.product_id) {
      if (product) yield product;
      product = {
        id: row.product_id,
        kind: row.kind,
        externalId: row.external_id,
        title: row.title,
        sellerId: row.seller,
        categoryId: row.category,
        skus: new Map<string, StoredPoint[]>(),
      };
    }
    if (row.sku === null) continue;
    const points = product.skus.get(row.sku) ?? [];
    product.skus.set(row.sku, points);
    if (row.first_observed_at)
      points.push({
        firstObservedAt: row.first_observed_at,
        price: row.price,
        oldPrice: row.old_price,
        currency: row.currency,
        availability: row.availability,
      });
  }
  if (product) yield product;
}
