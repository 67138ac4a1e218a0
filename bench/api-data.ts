import type { Client } from 'pg';

/** How much there is; the rest follows from it: 4 SKUs a product and 5 price points a SKU on average. */
export interface ApiData {
  readonly products: number;
  readonly now: Date;
}

const days = 90;
export const nouns = ['чехол', 'смартфон', 'наушники', 'куртка', 'кроссовки', 'lampa', 'kitob', 'сковорода'];
export const brands = ['Artel', 'Samsung', 'Xiaomi', 'Akfa', 'Nike', 'Tefal', 'Lego', 'Bosch', 'Roison'];
export const sellers = 20_000;
export const categories = 2_000;

const array = (words: readonly string[]) => `(array[${words.map((word) => `'${word}'`).join()}])`;
/** Words are not equally common: the first noun is in a third of all titles. */
const TITLE = `${array(nouns)}[1 + (${nouns.length} * power(random(), 2))::int % ${nouns.length}] || ' '
  || ${array(brands)}[1 + (random() * ${brands.length})::int % ${brands.length}] || ' ' || chr(65 + p % 26) || p % 997 || '/' || 32 * (1 + p % 16) || 'GB '
  || (array['qora', 'белый', 'красный', 'oq', 'синий'])[1 + p % 5] || ' для дома и офиса, ' || p % 31 || ' шт'`;

/**
 * Three marketplaces; SKUs a product 1 to 7, and 500 of one in ten thousand; price points a SKU 1 to 9, over 90 days, put in by the
 * order of time, as the store does: the points of one SKU lie in different blocks.
 */
const steps = ({ products, now }: ApiData): readonly (readonly [what: string, sql: string])[] => {
  const at = `'${now.toISOString()}'::timestamptz`;
  return [
    [
      'products',
      `select setseed(0.42);
insert into marketplace (code) values ('uzum'), ('yandex'), ('olx');
insert into seller (titled_at, marketplace_id, external_id, title) select ${at}, 1 + s % 3, s, 'Seller ' || s from generate_series(1, ${sellers}) s;
insert into category (titled_at, marketplace_id, external_id, title) select ${at}, 1 + c % 3, c, 'Category ' || c from generate_series(1, ${categories}) c;
insert into product (seller_id, category_id, marketplace_id, kind, external_id, title)
  select s.id, c.id, s.marketplace_id, 'p', p, ${TITLE}
  from generate_series(1, ${products}) p
  join seller s on s.id = 1 + p % ${sellers}
  join category c on c.id = 1 + (p % ${categories} / 3 * 3 + s.marketplace_id + 1) % ${categories};
insert into product_schedule (product_id, next_due, last_seen_at, last_change_at, last_outcome, marketplace_id)
  select id, id, ${at} - random() * interval '6 hours', ${at} - random() * interval '20 days', 's', marketplace_id from product;`,
    ],
    [
      'SKUs',
      `insert into sku (product_id, point_started_at, listed, availability, currency, external_id, price, title)
  select p, ${at}, random() < 0.95, 'i', 'UZS', k, 1000 * (1 + p % 5000), 'SKU ' || k
  from generate_series(1, ${products}) p, generate_series(1, case when p % 10000 = 77 then 500 else 1 + p % 7 end) k;`,
    ],
    [
      'price points',
      `create unlogged table bench_point as
  select k.id as sku_id, n, 1 + k.id % 9 as many, k.listed,
    ${at} - interval '${days} days' + (n - 1 + random() * 0.9) / (1 + k.id % 9) * interval '${days} days' as first,
    1000 * (1 + (k.product_id * 7 + n * n * 31) % 5000) as price
  from sku k, generate_series(1, 1 + k.id % 9) n;
insert into price_point (sku_id, first_observed_at, last_confirmed_at, availability, currency, price)
  select sku_id, date_trunc('milliseconds', first),
    case when n < many or not listed then date_trunc('milliseconds', first + 0.05 / many * interval '${days} days') end,
    'i', 'UZS', price
  from bench_point order by first;
update sku k set point_started_at = h.first_observed_at, price = h.price
  from (select distinct on (sku_id) sku_id, first_observed_at, price from price_point order by sku_id, first_observed_at desc) h
  where h.sku_id = k.id;
drop table bench_point;`,
    ],
    [
      'price drops',
      `insert into price_drop (marketplace_id, day, fall, sku_id, first_observed_at)
  select p.marketplace_id, (h.first_observed_at at time zone 'UTC')::date, 1 - h.price / b.price, h.sku_id, h.first_observed_at
  from price_point h join sku k on k.id = h.sku_id join product p on p.id = k.product_id
  cross join lateral (select price from price_point o where o.sku_id = h.sku_id and o.first_observed_at < h.first_observed_at
    order by o.first_observed_at desc limit 1) b
  where h.first_observed_at > ${at} - interval '35 days' and h.price < b.price;`,
    ],
    ['statistics', 'vacuum analyze'],
  ];
};

/** Fills migrated tables; the client is the owner's. `tell` hears what comes next. */
export async function fillForApi(client: Client, data: ApiData, tell: (what: string) => void): Promise<void> {
  // An index of words is made in a fraction of the time that filling it word by word takes.
  const { rows } = await client.query<{ made: string }>(
    "select pg_get_indexdef('product_search'::regclass) as made",
  );
  await client.query('drop index product_search');
  for (const [what, sql] of steps(data)) {
    tell(what);
    for (const statement of sql.split(';\n')) await client.query(statement);
  }
  tell('index of words');
  await client.query(rows[0]?.made ?? '');
  await client.query('analyze product');
}

export async function sizesOf(
  client: Client,
): Promise<Record<'products' | 'skus' | 'points' | 'drops', number>> {
  const { rows } = await client.query<Record<'products' | 'skus' | 'points' | 'drops', number>>(
    `select (select count(*)::int from product) as products, (select count(*)::int from sku) as skus,
       (select count(*)::int from price_point) as points, (select count(*)::int from price_drop) as drops`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the counting statement returned nothing');
  return row;
}
