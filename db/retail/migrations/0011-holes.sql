\ir ../../shared/partitions.sql

create or replace function create_partitions(p_now timestamptz) returns setof text language sql as $$
  select create_price_partitions(p_now)
$$;
