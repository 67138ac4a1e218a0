import type { Client } from 'pg';
import { BodyWriter } from '../../simulator/uzum/body.ts';
import { Catalogue } from '../../simulator/uzum/catalogue.ts';
import { Parts } from '../../simulator/uzum/parts.ts';

/** What most scrapers do: a row for every price of every scrape, and the response kept beside it, because one never knows. */
const SCHEMA = `
create table scrape (
  id bigint generated always as identity primary key, product_id bigint not null, scraped_at timestamptz not null, raw jsonb not null);
create index on scrape (product_id, scraped_at);
create table scraped_price (
  id bigint generated always as identity primary key, scrape_id bigint not null, sku_id bigint not null, scraped_at timestamptz not null,
  price numeric not null, old_price numeric, available int not null);
create index on scraped_price (sku_id, scraped_at);`;

const INSERT = `
with added as (
  insert into scrape (product_id, scraped_at, raw)
  select b.id, $1, b.raw::jsonb from unnest($2::bigint[], $3::text[]) as b (id, raw)
  returning id, product_id)
insert into scraped_price (scrape_id, sku_id, scraped_at, price, old_price, available)
select a.id, p.sku_id, $1, p.price, p.old_price, p.available
from unnest($4::bigint[], $5::bigint[], $6::numeric[], $7::numeric[], $8::int[]) as p (product_id, sku_id, price, old_price, available)
join added a using (product_id)`;

const batch = 250;

/** The naive design, filled with the simulator's own responses (about 15 KB each) of so many products. */
export class NaiveDesign {
  readonly #client: Client;
  readonly #catalogue: Catalogue;
  readonly #bodies: BodyWriter;
  readonly #ids: number[] = [];

  constructor(client: Client, products: number) {
    this.#client = client;
    const shares = { missingShare: 0, discountShare: 0.3, outOfStockShare: 0.08 };
    this.#catalogue = new Catalogue({ seed: 1, products, newPerEpoch: 0, sellers: 1_500, ...shares });
    this.#bodies = new BodyWriter(this.#catalogue, new Parts(this.#catalogue.dice));
    for (let id = 1; id <= products; id += 1) this.#ids.push(id);
  }

  async create(): Promise<void> {
    await this.#client.query(SCHEMA);
  }

  /** One visit of each product, at the prices of `epoch`; the answer is how many SKUs that were. */
  async scrapeAll(epoch: number, at: Date): Promise<number> {
    let skus = 0;
    for (let from = 0; from < this.#ids.length; from += batch) {
      const ids = this.#ids.slice(from, from + batch).filter((id) => this.#catalogue.exists(id, epoch));
      const products = ids.map((id) => this.#catalogue.product(id));
      const bodies = products.map((product) =>
        this.#bodies.product(product, epoch, at.getTime(), null).toString(),
      );
      const offers = products.flatMap((product) =>
        this.#catalogue.offers(product, epoch).map((offer) => ({
          ...offer,
          product: product.id,
          sku: this.#catalogue.skuId(product, offer.index),
        })),
      );
      skus += offers.length;
      await this.#client.query(INSERT, [
        at.toISOString(),
        ids,
        bodies,
        offers.map(({ product }) => product),
        offers.map(({ sku }) => sku),
        offers.map(({ price }) => price),
        offers.map(({ full, price }) => (full > price ? full : null)),
        offers.map(({ units }) => units),
      ]);
    }
    return skus;
  }

  async bytes(): Promise<{ rows: number; raw: number }> {
    const { rows } = await this.#client.query<{ rows: number; raw: number }>(
      `select pg_total_relation_size('scraped_price')::float8 as rows, pg_total_relation_size('scrape')::float8 as raw`,
    );
    return rows[0] ?? { rows: 0, raw: 0 };
  }
}
