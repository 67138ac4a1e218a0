import { Client } from 'pg';
import type { Session } from '../../cli/start/session.ts';
import { installEarlier, monthToArchive } from '../../local/postgres/installed-earlier.ts';

const domain = 'ecommerce';

/** As the owner of the tables, on the server itself: no fault of the drills' proxies touches it. */
export async function ownerSession({ stack }: Session): Promise<Client> {
  const address = stack.endpoints.postgres[domain];
  const spec = stack.model.databases.find(({ databaseName }) => databaseName === address?.database);
  if (address === undefined || spec === undefined)
    throw new Error(`The stack has no database for ${domain}.`);
  const client = new Client({ ...address, user: spec.masterUsername });
  // A database that is dropped takes it along; whoever uses it then is told.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/**
 * Before anything is stored: the database was installed months ago, and holds a month that is due for the archive, of a marketplace
 * that is not asked any more: `ads` prices that changed `changes` times in it and are in force since. Returns the month.
 */
export async function oldHistory(
  { settings }: Session,
  owner: Client,
  { ads = 400, changes = 20 }: { ads?: number; changes?: number } = {},
): Promise<string> {
  const retentionDays = settings.storageDomains[domain]?.historyRetentionDays ?? 0;
  const begin = monthToArchive(new Date(), retentionDays);
  await installEarlier(owner, new Date(begin.getTime() + 32 * 86_400_000));
  await owner.query(`insert into marketplace (code) values ('olx') on conflict do nothing`);
  await owner.query(
    `with ad as (
       insert into product (marketplace_id, kind, external_id, title)
       select m.id, 'a', n, 'Samovar ' || n from marketplace m, generate_series(1, $1::int) n where m.code = 'olx'
       returning id, marketplace_id),
     scheduled as (
       insert into product_schedule (product_id, marketplace_id, next_due, last_seen_at, last_outcome)
       select id, marketplace_id, 0, now(), 'u' from ad)
     insert into sku (product_id, point_started_at, listed, availability, currency, external_id, price)
     select id, $2::timestamptz + $3::int * interval '1 day', true, 'i', 'UZS', id, 1000 + $3::int from ad`,
    [ads, begin.toISOString(), changes],
  );
  await owner.query(
    `insert into price_point (sku_id, first_observed_at, last_confirmed_at, availability, currency, price)
     select k.id, $1::timestamptz + n * interval '1 day', case when n < $2 then $1::timestamptz + (n + 0.7) * interval '1 day' end,
       'i', 'UZS', 1000 + n
     from sku k, generate_series(1, $2::int) n where k.external_id = k.product_id::text`,
    [begin.toISOString(), changes],
  );
  return begin.toISOString().slice(0, 7);
}

/** What readers see of the old history: how many points, and a checksum of them. */
export async function oldHistorySeen(owner: Client): Promise<string> {
  const { rows } = await owner.query<{ seen: string }>(
    `select count(*) || ' points ' || md5(string_agg(concat_ws('|', h.sku_id, h.first_observed_at,
       case when not h.listed then h.last_confirmed_at end, h.listed, h.price, h.currency, h.availability, h.gap_before), ','
       order by h.sku_id, h.first_observed_at)) as seen
     from price_history h join sku k on k.id = h.sku_id join product p on p.id = k.product_id
     where p.kind = 'a'`,
  );
  return rows[0]?.seen ?? '';
}
