/**
 * The statements of the read API. Each has a constant text; every row is found through an index (lateral look-ups are not
 * estimated, and never become a scan), and every list ends by a limit (F06, F07).
 */

/** A search stops looking for matches here: whoever has more needs another word, not another page. */
export const mostMatches = 1_000;
/** Of one product; a snapshot has no more (snapshotSchema). */
export const mostOffers = 2_000;

const MARKETPLACE = '(select id from marketplace where code = $1)';

/** The products of `page`, each with what is listed of it. Begins with the columns of `order`, the key of the row. */
const summaries = (page: string, key: string, order: string, extra: string) => `
with ${page}
select ${key}, p.id, m.code, p.kind, p.external_id, p.title,
  l.external_id, l.title, c.external_id, c.title,
  k.offers, k.lowest, k.highest, k.currency, k.currencies,
  s.last_seen_at, case when s.missing_checks >= 3 then s.missing_since end, s.last_change_at${extra}
from page o
cross join lateral (
  select id, marketplace_id, kind, external_id, title, seller_id, category_id from product where id = o.id limit 1) p
cross join lateral (select code from marketplace where id = p.marketplace_id limit 1) m
left join lateral (select external_id, title from seller where id = p.seller_id limit 1) l on true
left join lateral (select external_id, title from category where id = p.category_id limit 1) c on true
left join lateral (
  select last_seen_at, last_change_at, missing_checks, missing_since
  from product_schedule where product_id = p.id limit 1) s on true
cross join lateral (
  select count(*)::int as offers, min(price)::text as lowest, max(price)::text as highest, min(currency) as currency,
    count(distinct currency) filter (where price is not null)::int as currencies
  from sku where product_id = p.id and listed) k
order by ${order}`;

/** $1 marketplace or empty, $2 tsquery, $3 id after which, $4 limit. */
export const PRODUCTS_BY_WORDS = summaries(
  `hits as materialized (
  select id from product
  where title is not null and product_words(title) @@ to_tsquery('simple', $2)
    and ($1 = '' or marketplace_id = ${MARKETPLACE}) and kind <> 's'
  limit ${mostMatches + 1}),
page as (select id from hits where id > $3::bigint order by id limit $4)`,
  'p.id',
  'p.id',
  ', (select count(*)::int from hits)',
);

const by = (column: 'seller' | 'category') =>
  summaries(
    `page as (
  select id from product
  where ${column}_id = (select id from ${column} where marketplace_id = ${MARKETPLACE} and external_id = $2)
    and id > $3::bigint
  order by id limit $4)`,
    'p.id',
    'p.id',
    '',
  );
/** $1 marketplace, $2 external id of the seller or category, $3 id after which, $4 limit. */
export const PRODUCTS_BY_SELLER = by('seller');
export const PRODUCTS_BY_CATEGORY = by('category');

const browseKey = 'p.marketplace_id, p.kind, p.external_id';
/** $1 marketplace, $2 kind and $3 external id after which, $4 limit. */
export const PRODUCTS_OF_MARKETPLACE = summaries(
  `page as (
  select id from product
  where marketplace_id = ${MARKETPLACE} and (kind, external_id) > ($2::"char", $3) and kind < 's'
  order by kind, external_id limit $4)`,
  browseKey,
  browseKey,
  '',
);
/** $1 marketplace's id, $2 kind and $3 external id after which, $4 limit. */
export const PRODUCTS = summaries(
  `page as (
  select id from product
  where (marketplace_id, kind, external_id) > ($1::smallint, $2::"char", $3) and kind < 's'
  order by marketplace_id, kind, external_id limit $4)`,
  browseKey,
  browseKey,
  '',
);

/** $1 marketplace, $2 kind, $3 external id. */
export const PRODUCT = summaries(
  `page as (
  select id from product where marketplace_id = ${MARKETPLACE} and kind = $2::"char" and external_id = $3)`,
  'p.id',
  'p.id',
  '',
);

const LAST_SEEN = '(select last_seen_at from product_schedule where product_id = $1)';

/** $1 product id. */
export const OFFERS = `
select k.external_id, k.title, k.price, k.old_price, k.currency, k.availability, k.listed, k.point_started_at,
  case when k.listed then ${LAST_SEEN} else (
    select last_confirmed_at from price_point where sku_id = k.id and first_observed_at = k.point_started_at) end
from sku k where k.product_id = $1
order by k.external_id limit ${mostOffers}`;

/** Months that have left for the archive, oldest first. */
export const ARCHIVED = `
select to_char(month, 'YYYY-MM'), archived_until, is_restored(month) from price_archive
where state = 'dropped' order by month limit 1200`;

/**
 * $1 product id, $2 SKU or empty, $3 from, $4 to, $5 SKU and $6 start after which, $7 limit. The points of a SKU are read from its
 * first one on: the gap before a point begins where the one before it ends. Restored months are read as price_history does.
 */
export const HISTORY = `
select k.external_id, h.first_observed_at, k.title, h.last_confirmed_at, h.open, h.price, h.old_price, h.currency, h.availability,
  h.suspect, h.confirmed_before, h.hidden_before <> 'n'
from sku k
cross join lateral (
  select p.*, lag(p.last_confirmed_at) over (order by p.first_observed_at) as confirmed_before
  from (
    select first_observed_at, coalesce(last_confirmed_at, ${LAST_SEEN}) as last_confirmed_at,
      last_confirmed_at is null as open, price, old_price, currency, availability, suspect, hidden_before
    from price_point where sku_id = k.id and first_observed_at <= $4::timestamptz
    union all
    select r.first_observed_at, coalesce(r.last_confirmed_at, r.first_observed_at), false, r.price, r.old_price, r.currency,
      r.availability, r.suspect, r.hidden_before
    from price_point_restored r
    where r.sku_id = k.id and r.first_observed_at <= $4::timestamptz and not (r.in_force and (
      exists (select from price_point p where p.sku_id = r.sku_id and p.first_observed_at = r.first_observed_at)
      or exists (select from price_point_restored n
        where n.sku_id = r.sku_id and n.first_observed_at = r.first_observed_at and n.month > r.month)))) p
  order by p.first_observed_at) h
where k.product_id = $1 and ($2 = '' or k.external_id = $2) and k.external_id >= $5
  and h.last_confirmed_at >= $3::timestamptz
  and (k.external_id > $5 or h.first_observed_at > $6::timestamptz)
order by k.external_id, h.first_observed_at limit $7`;

/**
 * $1 product id, $2 instant. Of the archived months the newest price of a SKU has stayed: it answers from when it began. A SKU
 * whose price only the archive may know comes without one.
 */
export const PRICES_AT = `
with horizon as (select max(archived_until) as before from price_archive where state = 'dropped'),
asked as (
  select before, coalesce($2::timestamptz < before, false) and not is_restored(utc_month($2::timestamptz)) as is_archived from horizon)
select k.external_id, k.title, h.price, h.old_price, h.currency, h.availability, h.first_observed_at, h.last_confirmed_at
from (select id, external_id, title from sku where product_id = $1 order by external_id limit ${mostOffers}) k
cross join asked
left join lateral (
  select * from (
    (select price, old_price, currency, availability, first_observed_at,
       coalesce(last_confirmed_at, ${LAST_SEEN}) as last_confirmed_at, 1 as is_live
     from price_point where sku_id = k.id and first_observed_at <= $2::timestamptz
     order by first_observed_at desc limit 1)
    union all
    (select price, old_price, currency, availability, first_observed_at, last_confirmed_at, 0
     from price_point_restored
     where not asked.is_archived and sku_id = k.id and first_observed_at <= $2::timestamptz
     order by first_observed_at desc, month desc limit 1)) known
  order by first_observed_at desc, is_live desc limit 1) h on true
where h.first_observed_at is not null
  or asked.is_archived and exists (select from price_point where sku_id = k.id and first_observed_at < asked.before)
order by k.external_id`;

/**
 * $1 marketplace or empty, $2 since, $3 until, $4 fall, $5 SKU and $6 start after which, $7 limit. Of each day and marketplace as
 * many as are wanted at most, and of those the biggest. What history does not say any more comes without a price.
 */
export const DROPS = `
with candidates as (
  select d.* from marketplace m
  cross join generate_series(($2::timestamptz at time zone 'UTC')::date, ($3::timestamptz at time zone 'UTC')::date, '1 day') g (day)
  cross join lateral (
    select marketplace_id, fall, sku_id, first_observed_at from price_drop
    where marketplace_id = m.id and day = g.day::date and first_observed_at >= $2::timestamptz
      and (fall, sku_id, first_observed_at) < ($4::real, $5::bigint, $6::timestamptz)
    order by fall desc, sku_id desc, first_observed_at desc limit $7::int) d
  where $1 = '' or m.code = $1
  order by d.fall desc, d.sku_id desc, d.first_observed_at desc limit $7::int)
select d.fall, d.sku_id, d.first_observed_at, (select code from marketplace where id = d.marketplace_id), p.kind, p.external_id,
  p.title, k.external_id, k.title, b.price, coalesce(b.last_confirmed_at, s.last_seen_at), h.price, h.currency,
  coalesce(h.last_confirmed_at, s.last_seen_at), h.last_confirmed_at is null and s.missing_checks < 3
from candidates d
cross join lateral (select product_id, external_id, title from sku where id = d.sku_id limit 1) k
cross join lateral (select kind, external_id, title from product where id = k.product_id limit 1) p
cross join lateral (select last_seen_at, missing_checks from product_schedule where product_id = k.product_id limit 1) s
left join lateral (
  select price, currency, last_confirmed_at from price_point
  where sku_id = d.sku_id and first_observed_at = d.first_observed_at and not suspect limit 1) h on true
left join lateral (
  select price, currency, last_confirmed_at from price_point
  where sku_id = d.sku_id and first_observed_at < d.first_observed_at
  order by first_observed_at desc limit 1) b on b.currency = h.currency and b.price > h.price
order by d.fall desc, d.sku_id desc, d.first_observed_at desc`;

export const PING = 'select 1';
