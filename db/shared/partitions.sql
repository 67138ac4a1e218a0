-- Creates the monthly partitions (UTC) of price_point from the month before p_now to the third month after it, and whatever is
-- missing before: a month that somebody dropped or detached is a hole into which nothing can be stored. What is older than the first
-- month lands in price_point_before; archived months, and one that is being archived, are never made again. A month whose
-- table is there, but not attached, is in somebody's hands and is left alone. Safe to repeat; returns the names that it created.
create or replace function create_price_partitions(p_now timestamptz) returns setof text language plpgsql as $$
declare
  this_month constant date := date_trunc('month', p_now at time zone 'UTC')::date;
  before_ends timestamptz;
  first_month date;
  month date;
  partition text;
begin
  select substring(pg_get_expr(c.relpartbound, c.oid) from $re$TO \('([^']+)'\)$re$)::timestamptz into before_ends
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'price_point'::regclass and c.relname = 'price_point_before';
  first_month := coalesce(
    greatest(before_ends, (select archived_until from price_horizon where archived_until > '-infinity')) at time zone 'UTC',
    (select min(m.month) from price_month m),
    this_month - interval '1 month');
  if before_ends is null then
    execute format(
      'create table price_point_before partition of price_point for values from (minvalue) to (%L) with (fillfactor = 90)',
      to_char(first_month, 'YYYY-MM-DD') || ' 00:00:00+00');
    return next 'price_point_before';
  end if;
  for month in
    select m::date from generate_series(first_month, this_month + interval '3 months', interval '1 month') m
    where not exists (select from price_month p where p.month = m::date)
  loop
    partition := 'price_point_' || to_char(month, 'YYYY_MM');
    continue when to_regclass(partition) is not null;
    execute format(
      'create table %I partition of price_point for values from (%L) to (%L) with (fillfactor = 90)',
      partition,
      to_char(month, 'YYYY-MM-DD') || ' 00:00:00+00',
      to_char(month + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
    return next partition;
  end loop;
end $$;

revoke execute on function create_price_partitions from public;
