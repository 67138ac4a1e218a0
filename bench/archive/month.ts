import { Client } from 'pg';
import type { Session } from '../../cli/start/session.ts';
import { installEarlier } from '../../local/postgres/installed-earlier.ts';

const pointsPerSku = 5;
const skusPerProduct = 4;

/** As the owner of the tables, which is whom migrate logs in as. */
export async function connectOwner({ stack }: Session, domain: string): Promise<Client> {
  const address = stack.endpoints.postgres[domain];
  if (address === undefined) throw new Error(`The stack has no database for ${domain}.`);
  const owner = stack.model.databases.find(({ databaseName }) => databaseName === address.database);
  if (owner === undefined) throw new Error(`The template has no database ${address.database}.`);
  const client = new Client({ ...address, user: owner.masterUsername });
  // When the stack ends first, because of another error, that one is told.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Makes the empty database one that was installed when the month that begins at `begin` was there, and fills the month. */
export async function fillMonth(owner: Client, begin: Date, points: number): Promise<void> {
  const skus = Math.ceil(points / pointsPerSku);
  await installEarlier(owner, new Date(begin.getTime() + 32 * 86_400_000));
  await owner.query(`insert into marketplace (code) values ('uzum') on conflict do nothing`);
  const uzum = `(select id from marketplace where code = 'uzum')`;
  await owner.query(
    `insert into product (marketplace_id, kind, external_id, title)
     select ${uzum}, 'p', n, 'Product ' || n from generate_series(1, $1::int) n`,
    [Math.ceil(skus / skusPerProduct)],
  );
  await owner.query(
    `insert into product_schedule (product_id, marketplace_id, next_due, last_seen_at, last_outcome)
     select id, marketplace_id, 0, now() - random() * interval '6 hours', 'u' from product`,
  );
  await owner.query(
    `insert into sku (product_id, point_started_at, listed, availability, currency, external_id, price)
     select p.id, $1, true, 'i', 'UZS', p.id * 10 + n, 1 from product p, generate_series(1, $2::int) n
     order by p.id, n limit $3`,
    [begin, skusPerProduct, skus],
  );
  // Each product changes its prices a few times, at any instant of its share of the month, and was confirmed until shortly before.
  await owner.query(
    `insert into price_point (sku_id, first_observed_at, last_confirmed_at, availability, suspect, currency, price, old_price)
     select k.id, at, case when n < $2 then at + interval '1 day' * (3 + share * 2) end,
       case when hashint8(k.id * 7 + n) % 100 < 8 then 'o' else 'i' end::"char", hashint8(k.id * 11 + n) % 1000 = 0, 'UZS', v.price,
       case when hashint8(k.id) % 3 = 0 then round(v.price * 1.2) end
     from sku k, generate_series(1, $2::int) n,
       lateral (select (hashint8(k.product_id * 31 + n) & 1048575) / 1048576.0 as share) h,
       lateral (select date_trunc('milliseconds', $1::timestamptz + interval '29 days' * ((n - 1 + share) / $2)) as at,
         (round(5 * 3000 ^ (k.id * 7919 % 1000 / 1000.0)) * 1000 + (k.id + n) % 7 * 500)::numeric as price) v
     order by k.id, n limit $3`,
    [begin, pointsPerSku, points],
  );
  await owner.query(
    `update sku k set point_started_at = p.first_observed_at from price_point p where p.sku_id = k.id and p.last_confirmed_at is null`,
  );
  await owner.query('vacuum analyze');
}

/** Of every price point as readers see it, in any order. */
export async function checksumOf(owner: Client): Promise<string> {
  const { rows } = await owner.query<{ checksum: string }>(
    `select count(*) || ' points, ' || to_hex((sum(hashtextextended(concat_ws('|', sku_id, extract(epoch from first_observed_at),
       extract(epoch from last_confirmed_at), listed, coalesce(price::text, '-'), coalesce(old_price::text, '-'), currency,
       availability, suspect, gap_before), 0)::numeric) % 9223372036854775807)::bigint) as checksum
     from price_history`,
  );
  return rows[0]?.checksum ?? '';
}
