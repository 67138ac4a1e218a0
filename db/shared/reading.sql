-- What is read by others than the pipeline itself: analysts (narx_reader, docs/sql.md) and the read API (narx_api).

-- The words of a title, for search: lower case, apostrophes left out (o‘, o', oʻ are one letter), everything that is no letter
-- or digit a separator. Without the translation PostgreSQL would take `A55/128` for the name of a file. The words of a query
-- are cut the same way (functions/adapters/postgres/search-words.ts).
create function product_words(p_title text) returns tsvector language sql immutable parallel safe
return to_tsvector('simple', translate(lower(p_title),
  '-/.,:;@_+~&#%=?!*\|()[]{}<>"$^«»„“”—–…•·×№™®°' || chr(160) || '''`‘’ʻʼ',
  '                                              '));

-- Written when a title is new or has changed, never by a re-check. The pending list makes that half as dear; at 4 MB, the
-- default, every search would read through it.
create index product_search on product using gin (product_words(title))
  with (fastupdate = on, gin_pending_list_limit = 256) where title is not null;
create index product_seller on product (seller_id, id) where seller_id is not null;
create index product_category on product (category_id, id) where category_id is not null;

-- Points arrive almost in order of time: a few pages say which blocks of a partition hold the last day.
create index price_point_time on price_point using brin (first_observed_at) with (pages_per_range = 32, autosummarize = on);

-- Price points that lie below the one before them, by UTC day, so that the biggest drops are read and not searched for. The store
-- adds a row with the point. History that is rewritten by late observations leaves rows behind: whoever reads compares
-- with price_point. fall: the share of the price that is gone, between 0 and 1.
create table price_drop (
  marketplace_id    smallint not null,
  day               date not null,
  fall              real not null,
  sku_id            bigint not null,
  first_observed_at timestamptz not null,
  primary key (marketplace_id, day, fall, sku_id, first_observed_at)
);

-- Every SKU as it was seen last. listed: it was in its product's newest snapshot; last_confirmed_at: the newest instant at
-- which this price was seen. gone_since: three visits in a row did not find the product; its price is what it was before.
create view current_prices as
select m.code as marketplace,
  case p.kind when 'p' then 'product' when 'a' then 'ad' when 'l' then 'lot' end as kind,
  p.external_id as product,
  p.title as product_title,
  l.external_id as seller,
  l.title as seller_title,
  c.external_id as category,
  c.title as category_title,
  k.external_id as sku,
  k.title as sku_title,
  k.price, k.old_price, k.currency,
  case k.availability when 'i' then 'in_stock' when 'o' then 'out_of_stock' else 'unknown' end as availability,
  k.listed,
  k.point_started_at as since,
  case when k.listed then s.last_seen_at else (
    select h.last_confirmed_at from price_point h
    where h.sku_id = k.id and h.first_observed_at = k.point_started_at) end as last_confirmed_at,
  case when s.missing_checks >= 3 then s.missing_since end as gone_since,
  p.id as product_id,
  k.id as sku_id
from sku k
join product p on p.id = k.product_id
join product_schedule s on s.product_id = p.id
join marketplace m on m.id = p.marketplace_id
left join seller l on l.id = p.seller_id
left join category c on c.id = p.category_id;

-- Every price point that has one before it. The price changed at some time between confirmed_until and seen_at.
-- relative: the change as a share of the earlier price; null between currencies and without a price.
create view price_changes as
select m.code as marketplace,
  p.external_id as product,
  p.title as product_title,
  k.external_id as sku,
  b.price as price_before, b.currency as currency_before,
  coalesce(b.last_confirmed_at, s.last_seen_at) as confirmed_until,
  h.first_observed_at as seen_at,
  h.price, h.currency,
  case h.availability when 'i' then 'in_stock' when 'o' then 'out_of_stock' else 'unknown' end as availability,
  case when b.currency = h.currency then h.price / nullif(b.price, 0) - 1 end as relative,
  h.suspect,
  p.id as product_id,
  h.sku_id
from price_point h
join lateral (
  select o.price, o.currency, o.last_confirmed_at from price_point o
  where o.sku_id = h.sku_id and o.first_observed_at < h.first_observed_at
  order by o.first_observed_at desc limit 1) b on true
join sku k on k.id = h.sku_id
join product p on p.id = k.product_id
join product_schedule s on s.product_id = p.id
join marketplace m on m.id = p.marketplace_id;

-- How fresh each marketplace is now, measured on all its products: an analyst's question, not one for every second.
create view freshness as
select m.code as marketplace,
  count(s.last_seen_at) as products_seen,
  count(*) filter (where s.missing_checks >= 3) as products_gone,
  max(s.last_seen_at) as newest_observation,
  min(s.last_seen_at) filter (where s.missing_checks < 3) as oldest_confirmation,
  count(*) filter (where s.last_seen_at > now() - interval '1 day') as confirmed_last_day,
  count(*) filter (where s.last_change_at > now() - interval '1 day') as changed_last_day
from marketplace m
left join product_schedule s on s.marketplace_id = m.id
group by m.code;

-- The whole domain at one instant: price_at of every SKU that had been seen by then. With `where sku_id = …` it is one look-up.
create function price_at(p_at timestamptz)
returns table (marketplace text, product text, product_title text, sku text, price numeric, old_price numeric, currency char(3),
               availability text, since timestamptz, confirmed_until timestamptz, confirmed boolean, product_id bigint, sku_id bigint)
language sql stable as $$
  select m.code, p.external_id, p.title, k.external_id, a.price, a.old_price, a.currency, a.availability, a.since,
    a.confirmed_until, a.confirmed, p.id, k.id
  from sku k
  join product p on p.id = k.product_id
  join marketplace m on m.id = p.marketplace_id
  cross join lateral (
    select h.price, h.old_price, h.currency,
      case h.availability when 'i' then 'in_stock' when 'o' then 'out_of_stock' else 'unknown' end as availability,
      h.first_observed_at as since,
      e.confirmed_until,
      p_at <= e.confirmed_until as confirmed
    from price_point h
    cross join lateral (select coalesce(h.last_confirmed_at, s.last_seen_at) as confirmed_until
      from product_schedule s where s.product_id = k.product_id) e
    where h.sku_id = k.id and h.first_observed_at <= p_at
    order by h.first_observed_at desc limit 1) a
$$;

-- Roles belong to the server: another storage domain on the same instance may have created this one already.
do $$
begin
  begin
    create role narx_reader login;
  exception when duplicate_object then null;
  end;
  if exists (select from pg_roles where rolname = 'rds_iam') then
    grant rds_iam to narx_reader;
  end if;
end $$;
alter role narx_reader set timezone = 'UTC';
alter role narx_reader set default_transaction_read_only = on;
alter role narx_reader set statement_timeout = '5min';
alter role narx_reader set lock_timeout = '5s';
alter role narx_reader set idle_in_transaction_session_timeout = '1min';
-- A plan is compiled for a long report; for a request of some milliseconds compiling takes longer than running.
alter role narx_api set jit = off;

-- What narx_api may read is what its statements read. Nothing that only the pipeline uses.
revoke select on schema_migration, schedule_clock from narx_api;
grant select on price_drop, current_prices, price_changes, freshness to narx_api, narx_reader;
grant select on marketplace, seller, category, product, sku, product_schedule, price_point, price_history to narx_reader;
grant insert on price_drop to narx_store;
