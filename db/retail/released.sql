-- Statements that the functions of the last release send, each as the user that sends it. Recorded by npm run release;
-- test/db/released.test.ts asks whether they still work with today's migrations (docs/deploy.md, "Changing the schema").
-- version: 0.1.0
-- migrations: 9

-- as narx_api
select 1

-- as narx_api
select k.external_id, h.first_observed_at, k.title, h.last_confirmed_at, h.open, h.price, h.old_price, h.currency, h.availability,
  h.suspect, h.confirmed_before, h.hidden_before <> 'n'
from sku k
cross join lateral (
  select p.*, lag(p.last_confirmed_at) over (order by p.first_observed_at) as confirmed_before
  from (
    select first_observed_at, coalesce(last_confirmed_at, (select last_seen_at from product_schedule where product_id = $1)) as last_confirmed_at,
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
order by k.external_id, h.first_observed_at limit $7

-- as narx_api
select k.external_id, k.title, k.price, k.old_price, k.currency, k.availability, k.listed, k.point_started_at,
  case when k.listed then (select last_seen_at from product_schedule where product_id = $1) else (
    select last_confirmed_at from price_point where sku_id = k.id and first_observed_at = k.point_started_at) end
from sku k where k.product_id = $1
order by k.external_id limit 2000

-- as narx_api
select to_char(month, 'YYYY-MM'), archived_until, is_restored(month) from price_archive
where state = 'dropped' order by month limit 1200

-- as narx_api
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
order by d.fall desc, d.sku_id desc, d.first_observed_at desc

-- as narx_api
with hits as materialized (
  select id from product
  where title is not null and product_words(title) @@ to_tsquery('simple', $2)
    and ($1 = '' or marketplace_id = (select id from marketplace where code = $1)) and kind <> 's'
  limit 1001),
page as (select id from hits where id > $3::bigint order by id limit $4)
select p.id, p.id, m.code, p.kind, p.external_id, p.title,
  l.external_id, l.title, c.external_id, c.title,
  k.offers, k.lowest, k.highest, k.currency, k.currencies,
  s.last_seen_at, case when s.missing_checks >= 3 then s.missing_since end, s.last_change_at, (select count(*)::int from hits)
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
order by p.id

-- as narx_api
with horizon as (select max(archived_until) as before from price_archive where state = 'dropped'),
asked as (
  select before, coalesce($2::timestamptz < before, false) and not is_restored(utc_month($2::timestamptz)) as is_archived from horizon)
select k.external_id, k.title, h.price, h.old_price, h.currency, h.availability, h.first_observed_at, h.last_confirmed_at
from (select id, external_id, title from sku where product_id = $1 order by external_id limit 2000) k
cross join asked
left join lateral (
  select * from (
    (select price, old_price, currency, availability, first_observed_at,
       coalesce(last_confirmed_at, (select last_seen_at from product_schedule where product_id = $1)) as last_confirmed_at, 1 as is_live
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
order by k.external_id

-- as narx_api
with page as (
  select id from product
  where (marketplace_id, kind, external_id) > ($1::smallint, $2::"char", $3) and kind < 's'
  order by marketplace_id, kind, external_id limit $4)
select p.marketplace_id, p.kind, p.external_id, p.id, m.code, p.kind, p.external_id, p.title,
  l.external_id, l.title, c.external_id, c.title,
  k.offers, k.lowest, k.highest, k.currency, k.currencies,
  s.last_seen_at, case when s.missing_checks >= 3 then s.missing_since end, s.last_change_at
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
order by p.marketplace_id, p.kind, p.external_id

-- as narx_api
with page as (
  select id from product
  where category_id = (select id from category where marketplace_id = (select id from marketplace where code = $1) and external_id = $2)
    and id > $3::bigint
  order by id limit $4)
select p.id, p.id, m.code, p.kind, p.external_id, p.title,
  l.external_id, l.title, c.external_id, c.title,
  k.offers, k.lowest, k.highest, k.currency, k.currencies,
  s.last_seen_at, case when s.missing_checks >= 3 then s.missing_since end, s.last_change_at
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
order by p.id

-- as narx_api
with page as (
  select id from product
  where marketplace_id = (select id from marketplace where code = $1) and (kind, external_id) > ($2::"char", $3) and kind < 's'
  order by kind, external_id limit $4)
select p.marketplace_id, p.kind, p.external_id, p.id, m.code, p.kind, p.external_id, p.title,
  l.external_id, l.title, c.external_id, c.title,
  k.offers, k.lowest, k.highest, k.currency, k.currencies,
  s.last_seen_at, case when s.missing_checks >= 3 then s.missing_since end, s.last_change_at
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
order by p.marketplace_id, p.kind, p.external_id

-- as narx_api
with page as (
  select id from product
  where seller_id = (select id from seller where marketplace_id = (select id from marketplace where code = $1) and external_id = $2)
    and id > $3::bigint
  order by id limit $4)
select p.id, p.id, m.code, p.kind, p.external_id, p.title,
  l.external_id, l.title, c.external_id, c.title,
  k.offers, k.lowest, k.highest, k.currency, k.currencies,
  s.last_seen_at, case when s.missing_checks >= 3 then s.missing_since end, s.last_change_at
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
order by p.id

-- as narx_api
with page as (
  select id from product where marketplace_id = (select id from marketplace where code = $1) and kind = $2::"char" and external_id = $3)
select p.id, p.id, m.code, p.kind, p.external_id, p.title,
  l.external_id, l.title, c.external_id, c.title,
  k.offers, k.lowest, k.highest, k.currency, k.currencies,
  s.last_seen_at, case when s.missing_checks >= 3 then s.missing_since end, s.last_change_at
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
order by p.id

-- as narx_archive
insert into price_archive_part (month, part, key, bytes, rows, in_force, min_observed_at, max_observed_at, sku_id,
  first_observed_at, is_last, etag, sha256, rows_sha256)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (month, part) do update set key = excluded.key, bytes = excluded.bytes, rows = excluded.rows,
  in_force = excluded.in_force, min_observed_at = excluded.min_observed_at, max_observed_at = excluded.max_observed_at,
  sku_id = excluded.sku_id, first_observed_at = excluded.first_observed_at, is_last = excluded.is_last,
  etag = excluded.etag, sha256 = excluded.sha256, rows_sha256 = excluded.rows_sha256, verified = false

-- as narx_archive
select archive_begin($1)

-- as narx_archive
select archive_drop($1)

-- as narx_archive
select archive_keep($1)

-- as narx_archive
select archive_release($1)

-- as narx_archive
select archive_restore_begin($1)

-- as narx_archive
select archive_restore_finish($1)

-- as narx_archive
select archive_verified($1, $2)

-- as narx_archive
select part, key, bytes::text, rows::text, in_force::text, min_observed_at::text, max_observed_at::text, sku_id,
  first_observed_at::text, is_last, etag, sha256, rows_sha256, verified
from price_archive_part where month = $1 order by part

-- as narx_archive
select to_char(min(month), 'YYYY-MM') from price_month having min(ends_at) <= $1 and count(*) > 1

-- as narx_archive
select to_char(month, 'YYYY-MM'), state, archived_until, begun_at, rows::text, in_force::text, bytes::text, dropped_at, is_restored(month)
from price_archive order by month

-- as narx_archive
update price_archive_part set verified = true where month = $1 and part = $2

-- as narx_audit
select (
    (select count(*) from product p where p.id between $1 and $2 and (
      select count(*) from product o
      where o.marketplace_id = p.marketplace_id and o.kind = p.kind and o.external_id = p.external_id and o.id < p.id) > 0)
  + (select count(*) from sku k where k.product_id between $1 and $2 and (
      select count(*) from sku o
      where o.product_id = k.product_id and o.external_id = k.external_id and o.id < k.id) > 0)
  + (select count(*) from sku k where k.product_id between $1 and $2 and (
      select count(*) from product p where p.id = k.product_id) = 0)
  + (select count(*) from sku k
    cross join lateral (
      select (h.price, h.old_price, h.currency, h.availability) is not distinct from
        (lag(h.price) over w, lag(h.old_price) over w, lag(h.currency) over w, lag(h.availability) over w) as same,
        lag(h.sku_id) over w is not null as follows
      from price_point h where h.sku_id = k.id
      window w as (order by h.first_observed_at)) pair
    where k.product_id between $1 and $2 and pair.same and pair.follows)
)::int

-- as narx_audit
select 100.0 * sum(numbackends)::int / current_setting('max_connections')::int from pg_stat_database

-- as narx_audit
select coalesce(max(id), 0)::bigint from product

-- as narx_audit
select count(*)::int from (values (0), (1)) ahead (months)
where not exists (select from price_month
  where month = utc_month($1::timestamptz) + months * interval '1 month')

-- as narx_audit
select g.n::int, s.last_seen_at, s.missing_checked_at
from unnest($2::"char"[], $3::text[]) with ordinality as g (kind, external_id, n)
cross join lateral (
  select id from product
  where marketplace_id = (select id from marketplace where code = $1)
    and kind = g.kind and external_id = g.external_id
  limit 1) p
cross join lateral (
  select last_seen_at, missing_checked_at from product_schedule where product_id = p.id limit 1) s

-- as narx_audit
select m.code,
  max(s.last_seen_at),
  min(s.last_seen_at) filter (where s.missing_checks < $2),
  count(*) filter (where s.last_seen_at > $3::timestamptz - interval '1 day')::int,
  percentile_disc(0.05) within group (order by s.last_seen_at) filter (where s.missing_checks < $2)
from marketplace m join product_schedule s on s.marketplace_id = m.id
where m.code = any ($1)
group by m.code

-- as narx_audit
select m.code, count(*)::int
from price_point p
join sku k on k.id = p.sku_id
join product o on o.id = k.product_id
join marketplace m on m.id = o.marketplace_id
where p.first_observed_at > $1::timestamptz - interval '1 day' and p.first_observed_at <= $1::timestamptz
  and exists (select from price_point q where q.sku_id = p.sku_id and q.first_observed_at < p.first_observed_at)
group by m.code

-- as narx_due
with next as (
  select product_id, next_due from product_schedule
  where marketplace_id = (select id from marketplace where code = $1)
  order by next_due limit 2 * $2::int),
batch as (
  select s.product_id, s.next_due from next n
  cross join lateral (
    select product_id, next_due from product_schedule
    where product_id = n.product_id and next_due = n.next_due
    for update skip locked) s
  limit $2),
clock as (
  update schedule_clock c set v = greatest(c.v, (select max(next_due) from batch))
  where c.marketplace_id = (select id from marketplace where code = $1) and exists (select from batch)
  returning c.v, c.speed),
claimed as (
  update product_schedule s
  set next_due = clock.v
    + visit_interval(clock.speed, s.rate_a, s.rate_b, s.change_share, s.weight, s.missing_checks)
  from batch, clock where s.product_id = batch.product_id
  returning s.product_id, batch.next_due)
select p.kind, p.external_id from claimed c
cross join lateral (select kind, external_id from product where id = c.product_id limit 1) p
order by c.next_due, c.product_id

-- as narx_store
delete from price_point p using unnest($1::bigint[], $2::timestamptz[]) as g (sku_id, first_observed_at)
where p.sku_id = g.sku_id and p.first_observed_at = g.first_observed_at

-- as narx_store
insert into price_drop (marketplace_id, day, fall, sku_id, first_observed_at)
select o.marketplace_id, (h.first_observed_at at time zone 'UTC')::date, (1 - h.price / b.price)::real, h.sku_id,
  h.first_observed_at
from unnest($1::bigint[], $2::timestamptz[]) as g (sku_id, first_observed_at)
cross join lateral (
  select sku_id, first_observed_at, price, currency from price_point
  where sku_id = g.sku_id and first_observed_at = g.first_observed_at and not suspect limit 1) h
cross join lateral (
  select price, currency from price_point
  where sku_id = h.sku_id and first_observed_at < h.first_observed_at
  order by first_observed_at desc limit 1) b
cross join lateral (
  select marketplace_id from product where id = (select product_id from sku where id = h.sku_id) limit 1) o
where h.price < b.price and h.currency = b.currency
on conflict do nothing

-- as narx_store
insert into price_point (sku_id, first_observed_at, last_confirmed_at, price, old_price, currency, availability,
  hidden_before, suspect)
select * from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[], $4::numeric[], $5::numeric[], $6::text[],
  $7::"char"[], $8::"char"[], $9::boolean[])

-- as narx_store
insert into sku (product_id, external_id, title, price, old_price, currency, availability, point_started_at, listed) 
select * from unnest($1::bigint[], $2::text[], $3::text[], $4::numeric[], $5::numeric[], $6::text[], $7::"char"[],
    $8::timestamptz[], $9::boolean[])
  as g (product_id, external_id, title, price, old_price, currency, availability, point_started_at, listed) order by product_id, external_id returning product_id, external_id, id

-- as narx_store
insert into write_probe (page) select repeat($1, 8000) from generate_series(1, $2)

-- as narx_store
select g.n::int, p.id
from unnest($1::text[], $2::"char"[], $3::text[]) with ordinality as g (code, kind, external_id, n)
join marketplace m on m.code = g.code
join product p on p.marketplace_id = m.id and p.kind = g.kind and p.external_id = g.external_id

-- as narx_store
select g.n::int, s.product_id, s.marketplace_id, s.last_seen_at, s.last_change_at, s.fingerprint, s.missing_since,
  s.missing_checked_at, s.missing_checks, s.last_outcome
from unnest($1::text[], $2::"char"[], $3::text[]) with ordinality as g (code, kind, external_id, n)
join marketplace m on m.code = g.code
join product p on p.marketplace_id = m.id and p.kind = g.kind and p.external_id = g.external_id
join product_schedule s on s.product_id = p.id
order by s.product_id
for update of s

-- as narx_store
select nullif(archived_until, '-infinity') from price_horizon

-- as narx_store
select p.sku_id, p.first_observed_at, coalesce(p.last_confirmed_at, s.last_seen_at), p.price, p.old_price, p.currency,
  p.availability, p.hidden_before
from price_point p
join sku k on k.id = p.sku_id
join product_schedule s on s.product_id = k.product_id
where p.sku_id = any ($1::bigint[])
order by p.sku_id, p.first_observed_at

-- as narx_store
select pg_backend_pid()

-- as narx_store
select product_id, id, external_id, title, price, old_price, currency, availability, point_started_at, listed
from sku where product_id = any ($1::bigint[])

-- as narx_store
truncate write_probe

-- as narx_store
update category t set title = g.title, titled_at = g.titled_at, parent_id = g.parent_id
from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::bigint[]) as g (id, title, titled_at, parent_id)
where t.id = g.id and t.titled_at <= g.titled_at

-- as narx_store
update price_point p set last_confirmed_at = g.last_confirmed_at
from unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) as g (sku_id, first_observed_at, last_confirmed_at)
where p.sku_id = g.sku_id and p.first_observed_at = g.first_observed_at

-- as narx_store
update product p set title = g.title, seller_id = g.seller_id, category_id = g.category_id
from unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[]) as g (id, title, seller_id, category_id)
where p.id = g.id
  and (p.title, p.seller_id, p.category_id) is distinct from (g.title, g.seller_id, g.category_id)

-- as narx_store
update product_schedule s set last_seen_at = g.last_seen_at, last_change_at = g.last_change_at,
  fingerprint = g.fingerprint, missing_since = g.missing_since, missing_checked_at = g.missing_checked_at,
  missing_checks = g.missing_checks, last_outcome = g.last_outcome
from unnest($1::timestamptz[], $2::timestamptz[], $3::bigint[], $4::timestamptz[], $5::timestamptz[], $6::smallint[],
    $7::"char"[], $8::bigint[])
  as g (last_seen_at, last_change_at, fingerprint, missing_since, missing_checked_at, missing_checks, last_outcome,
    product_id)
where s.product_id = g.product_id

-- as narx_store
update seller set title = title returning id

-- as narx_store
update seller t set title = g.title, titled_at = g.titled_at
from unnest($1::bigint[], $2::text[], $3::timestamptz[]) as g (id, title, titled_at)
where t.id = g.id and t.titled_at <= g.titled_at

-- as narx_store
update sku k set title = g.title, price = g.price, old_price = g.old_price, currency = g.currency,
  availability = g.availability, point_started_at = g.point_started_at, listed = g.listed
from unnest($1::text[], $2::numeric[], $3::numeric[], $4::text[], $5::"char"[], $6::timestamptz[], $7::boolean[],
    $8::bigint[])
  as g (title, price, old_price, currency, availability, point_started_at, listed, id)
where k.id = g.id

-- as narx_store
with added as (
  insert into sku (product_id, external_id, title, price, old_price, currency, availability, point_started_at, listed) 
select * from unnest($1::bigint[], $2::text[], $3::text[], $4::numeric[], $5::numeric[], $6::text[], $7::"char"[],
    $8::timestamptz[], $9::boolean[])
  as g (product_id, external_id, title, price, old_price, currency, availability, point_started_at, listed) order by product_id, external_id
  returning id, point_started_at, price, old_price, currency, availability)
insert into price_point (sku_id, first_observed_at, price, old_price, currency, availability)
select * from added

-- as narx_store
with given as (
  select * from unnest($1::smallint[], $2::"char"[], $3::text[], $4::text[], $5::bigint[], $6::bigint[],
      $7::timestamptz[], $8::timestamptz[], $9::bigint[], $10::timestamptz[], $11::timestamptz[], $12::smallint[],
      $13::"char"[])
    with ordinality as g (marketplace_id, kind, external_id, title, seller_id, category_id, last_seen_at,
      last_change_at, fingerprint, missing_since, missing_checked_at, missing_checks, last_outcome, n)),
added as (
  insert into product (marketplace_id, kind, external_id, title, seller_id, category_id)
  select marketplace_id, kind, external_id, title, seller_id, category_id from given
  order by marketplace_id, kind, external_id
  on conflict do nothing
  returning id, marketplace_id, kind, external_id),
scheduled as (
  insert into product_schedule (product_id, marketplace_id, next_due, last_seen_at, last_change_at, fingerprint,
    missing_since, missing_checked_at, missing_checks, last_outcome)
  select a.id, a.marketplace_id, c.v + visit_interval(c.speed), g.last_seen_at, g.last_change_at,
    g.fingerprint, g.missing_since, g.missing_checked_at, g.missing_checks, g.last_outcome
  from added a
  join given g using (marketplace_id, kind, external_id)
  join schedule_clock c using (marketplace_id))
select g.n::int, a.id from added a join given g using (marketplace_id, kind, external_id)

-- as narx_store
with given as (
  select * from unnest($1::smallint[], $2::text[], $3::text[], $4::timestamptz[])
    as g (marketplace_id, external_id, title, titled_at)),
added as (
  insert into category (marketplace_id, external_id, title, titled_at)
  select * from given g
  where not exists (
    select from category t where t.marketplace_id = g.marketplace_id and t.external_id = g.external_id)
  order by marketplace_id, external_id
  on conflict do nothing
  returning *)
select marketplace_id, external_id, id, title, titled_at, parent_id from added
union all
select t.marketplace_id, t.external_id, t.id, t.title, t.titled_at, parent_id
from category t join given g on g.marketplace_id = t.marketplace_id and g.external_id = t.external_id

-- as narx_store
with given as (
  select * from unnest($1::smallint[], $2::text[], $3::text[], $4::timestamptz[])
    as g (marketplace_id, external_id, title, titled_at)),
added as (
  insert into seller (marketplace_id, external_id, title, titled_at)
  select * from given g
  where not exists (
    select from seller t where t.marketplace_id = g.marketplace_id and t.external_id = g.external_id)
  order by marketplace_id, external_id
  on conflict do nothing
  returning *)
select marketplace_id, external_id, id, title, titled_at, null from added
union all
select t.marketplace_id, t.external_id, t.id, t.title, t.titled_at, null
from seller t join given g on g.marketplace_id = t.marketplace_id and g.external_id = t.external_id

-- as narx_store
with given as (select * from unnest($1::smallint[], $2::"char"[], $3::text[]) as g (marketplace_id, kind, external_id)),
added as (
  insert into product (marketplace_id, kind, external_id)
  select * from given g
  where not exists (
    select from product p
    where p.marketplace_id = g.marketplace_id and p.kind = g.kind and p.external_id = g.external_id)
  order by marketplace_id, kind, external_id
  on conflict do nothing
  returning id, marketplace_id)
insert into product_schedule (product_id, marketplace_id, next_due)
select a.id, a.marketplace_id, c.v from added a join schedule_clock c using (marketplace_id)

-- as narx_store
with given as (select * from unnest($1::smallint[], $2::text[]) as g (marketplace_id, external_id)),
missing as (
  select s.product_id from given g
  join product p on p.marketplace_id = g.marketplace_id and p.kind = 's' and p.external_id = g.external_id
  join product_schedule s on s.product_id = p.id
  where s.missing_checks > 0
  order by s.product_id for update of s)
update product_schedule s set missing_since = null, missing_checked_at = null, missing_checks = 0, last_outcome = null,
  next_due = least(s.next_due, c.v + visit_interval(c.speed, s.rate_a, s.rate_b, s.change_share, s.weight))
from missing m, schedule_clock c
where s.product_id = m.product_id and c.marketplace_id = s.marketplace_id

-- as narx_store
with given as (select * from unnest($1::text[]) as g (code)),
added as (
  insert into marketplace (code)
  select code from given where not exists (select from marketplace m where m.code = given.code)
  order by code on conflict do nothing returning id, code),
clocks as (insert into schedule_clock (marketplace_id) select id from added)
select code, id from added union all select m.code, m.id from marketplace m join given using (code)
