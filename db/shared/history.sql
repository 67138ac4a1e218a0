-- The name is the same in every storage schema: migrate calls it.
-- Creates the monthly partitions (UTC) from the month before p_now to the third month after it, and whatever is missing
-- between the newest existing one and there. What is older than the first month lands in price_point_before.
-- Safe to repeat; returns the names that it created.
create function create_partitions(p_now timestamptz) returns setof text language plpgsql as $$
declare
  utc_month constant date := date_trunc('month', p_now at time zone 'UTC')::date;
  month date;
  partition text;
begin
  select max(to_date(substring(c.relname from '^price_point_(\d{4}_\d{2})$'), 'YYYY_MM')) + interval '1 month'
    into month
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'price_point'::regclass;
  if month is null then
    month := utc_month - interval '1 month';
    execute format(
      'create table price_point_before partition of price_point for values from (minvalue) to (%L) with (fillfactor = 90)',
      to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00');
    return next 'price_point_before';
  end if;
  while month <= utc_month + interval '3 months' loop
    partition := 'price_point_' || to_char(month, 'YYYY_MM');
    execute format(
      'create table %I partition of price_point for values from (%L) to (%L) with (fillfactor = 90)',
      partition,
      to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
      to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
    return next partition;
    month := month + interval '1 month';
  end loop;
end $$;

-- Price points with the true end of the open ones. Between one row's last_confirmed_at and the next one's
-- first_observed_at lies the change; nobody knows when.
create view price_history as
select p.sku_id,
  p.first_observed_at,
  coalesce(p.last_confirmed_at, s.last_seen_at) as last_confirmed_at,
  p.last_confirmed_at is null as listed,
  p.price,
  p.old_price,
  p.currency,
  case p.availability when 'i' then 'in_stock' when 'o' then 'out_of_stock' else 'unknown' end as availability,
  p.suspect,
  p.hidden_before <> 'n' as gap_before
from price_point p
join sku k on k.id = p.sku_id
join product_schedule s on s.product_id = k.product_id;

-- The value in force at an instant: the newest point that began at or before it. No row: not seen yet.
-- confirmed: the instant lies in a stretch that observations prove; else the value is only the last one known.
create function price_at(p_sku_id bigint, p_at timestamptz)
returns table (price numeric, old_price numeric, currency char(3), availability text,
               since timestamptz, confirmed_until timestamptz, confirmed boolean)
language sql stable as $$
  select h.price, h.old_price, h.currency, h.availability,
    h.first_observed_at, h.last_confirmed_at, p_at <= h.last_confirmed_at
  from price_history h
  where h.sku_id = p_sku_id and h.first_observed_at <= p_at
  order by h.first_observed_at desc
  limit 1
$$;

-- Virtual days until the next visit: the square-root rule, clamped to 15 minutes and 30 days of real time. Each check
-- that found the product missing doubles it, up to 32 times. The defaults are those of the table.
create function visit_interval(speed double precision, rate_a real default 0.5, rate_b real default 2.5,
  change_share real default 0.75, weight real default 1, missing_checks smallint default 0::smallint)
returns double precision language sql immutable as $$
  select greatest(speed / 96, least(30 * speed,
      sqrt(2 * rate_b / (rate_a * change_share * weight)) * power(2, least(missing_checks, 5))))
$$;
