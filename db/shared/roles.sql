-- One database user per function, with the least it needs. Roles belong to the server, not to the database: another
-- storage domain on the same instance may have created them already.
do $$
declare
  name text;
begin
  foreach name in array array['narx_store', 'narx_due', 'narx_audit', 'narx_api'] loop
    begin
      execute format('create role %I login', name);
    exception when duplicate_object then null;
    end;
    -- On RDS, membership in rds_iam is what makes a login by IAM token possible, and a password impossible.
    if exists (select from pg_roles where rolname = 'rds_iam') then
      execute format('grant rds_iam to %I', name);
    end if;
    -- Defaults of the role, because RDS Proxy rejects them as startup parameters and a SET would pin the connection.
    execute format('alter role %I set timezone = %L', name, 'UTC');
    execute format('alter role %I set lock_timeout = %L', name, '5s');
    execute format('alter role %I set idle_in_transaction_session_timeout = %L', name, '15s');
  end loop;
  execute format('revoke temporary on database %I from public', current_database());
end $$;
alter role narx_store set statement_timeout = '15s';
alter role narx_due set statement_timeout = '15s';
alter role narx_audit set statement_timeout = '45s';
alter role narx_api set statement_timeout = '5s';

revoke execute on function create_partitions from public;

grant select on all tables in schema public to narx_store, narx_due, narx_audit, narx_api;

grant insert on marketplace, schedule_clock to narx_store;
grant insert, update on seller, category, product, sku, product_schedule to narx_store;
grant insert, update, delete on price_point to narx_store;

grant update (next_due) on product_schedule to narx_due;
grant update (v) on schedule_clock to narx_due;
