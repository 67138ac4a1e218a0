\ir ../../shared/partitions.sql

-- The same months for raw pages as for price points, holes included. What is older than the oldest month of raw pages was dropped by
-- drop_raw_pages and is not made again.
create or replace function create_partitions(p_now timestamptz) returns setof text language plpgsql as $$
declare
  oldest constant text := (
    select min(substring(c.relname from '^raw_page_(\d{4}_\d{2})$'))
    from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'raw_page'::regclass);
  partition record;
begin
  return query select create_price_partitions(p_now);
  for partition in
    select 'raw_page_' || substring(c.relname from '^price_point_(.+)$') as name,
      pg_get_expr(c.relpartbound, c.oid) as bounds
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'price_point'::regclass
      and (oldest is null or substring(c.relname from '^price_point_(\d{4}_\d{2})$') > oldest)
      and to_regclass('raw_page_' || substring(c.relname from '^price_point_(.+)$')) is null
    order by name
  loop
    execute format('create table %I partition of raw_page %s', partition.name, partition.bounds);
    return next partition.name;
  end loop;
end $$;
