-- Where the page is kept that a change was read from, for an audit. An unchanged lot adds no row: the page that stated it
-- first still proves it. The pages themselves are gzipped objects in S3 under these keys, which expire after the
-- retention (rawRetentionDays); the months of this table go with them.
create table raw_page (
  product_id  bigint not null,
  observed_at timestamptz not null,
  key         text not null,
  primary key (product_id, observed_at, key)
) partition by range (observed_at);

grant select on raw_page to narx_store, narx_due, narx_audit, narx_api;
grant insert on raw_page to narx_store;

alter function create_partitions rename to create_price_partitions;

-- The same months for raw pages as for price points. A month that drop_raw_pages has dropped is not made again.
create function create_partitions(p_now timestamptz) returns setof text language plpgsql as $$
declare
  newest constant text := (
    select max(substring(c.relname from '^raw_page_(\d{4}_\d{2})$'))
    from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'raw_page'::regclass);
  partition record;
begin
  return query select create_price_partitions(p_now);
  for partition in
    select 'raw_page_' || substring(c.relname from '^price_point_(.+)$') as name,
      pg_get_expr(c.relpartbound, c.oid) as bounds
    from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'price_point'::regclass
      and (newest is null or substring(c.relname from '^price_point_(\d{4}_\d{2})$') > newest)
    order by name
  loop
    execute format('create table %I partition of raw_page %s', partition.name, partition.bounds);
    return next partition.name;
  end loop;
end $$;

-- Drops the months of raw pages that ended at p_before or earlier, and what is older than the first of them. Returns the
-- names. Safe to repeat.
create function drop_raw_pages(p_before timestamptz) returns setof text language plpgsql as $$
declare
  partition text;
begin
  for partition in
    with months as (
      select c.relname, to_date(substring(c.relname from '^raw_page_(\d{4}_\d{2})$'), 'YYYY_MM') + interval '1 month' as ended
      from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'raw_page'::regclass),
    expired as (select relname from months where ended <= p_before at time zone 'UTC')
    select relname from expired
    union
    select relname from months where ended is null and exists (select from expired)
    order by relname
  loop
    execute format('drop table %I', partition);
    return next partition;
  end loop;
end $$;

revoke execute on function create_partitions, drop_raw_pages from public;
