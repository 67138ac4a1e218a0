-- On SSDs a page read out of order costs hardly more than the next one. PostgreSQL assumes 4 times as much, and then reads
-- whole tables where an index would do.
do $$
begin
  execute format('alter database %I set random_page_cost = 1.1', current_database());
end $$;
