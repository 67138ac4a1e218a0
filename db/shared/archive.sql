-- Months that leave the database for Parquet files in S3 (docs/archive.md). narx_archive owns none of these tables: what
-- has to be done to them is done by the functions below, in the one order that loses nothing, whoever calls them.
--
-- price_point_before holds what stays of the archived months: per SKU the newest point that began before their end.

-- One row. What was observed before archived_until can no longer be stored.
create table price_horizon (
  single         boolean primary key default true check (single),
  archived_until timestamptz not null default '-infinity'
);
insert into price_horizon default values;

-- state: begun (frozen), exporting (what stays is known), verified (read back from S3, equal), dropped.
create table price_archive (
  month          date primary key,
  archived_until timestamptz not null,
  begun_at       timestamptz not null default now(),
  verified_at    timestamptz,
  dropped_at     timestamptz,
  rows           bigint,
  in_force       bigint,
  bytes          bigint,
  state          text not null check (state in ('begun', 'exporting', 'verified', 'dropped')),
  manifest       text
);

-- Parts that are in S3, in the order of their keys. first_observed_at is in microseconds of the epoch.
create table price_archive_part (
  month             date not null references price_archive,
  part              int not null,
  sku_id            bigint not null, -- of the part's last row, as the next one
  first_observed_at bigint not null,
  rows              bigint not null,
  in_force          bigint not null,
  bytes             bigint not null,
  min_observed_at   bigint not null,
  max_observed_at   bigint not null,
  is_last           boolean not null,
  verified          boolean not null default false,
  key               text not null,
  etag              text not null,
  sha256            text not null,
  rows_sha256       text not null,
  primary key (month, part)
);

-- Points of the month being archived, and of those before, that were written after it was frozen.
create table price_point_touched (
  sku_id            bigint not null,
  first_observed_at timestamptz not null,
  primary key (sku_id, first_observed_at)
);

-- Archived months that were put back, each a partition and complete by itself. in_force: the price went on after the
-- month; such a point is a copy, of which a later month or price_point may have the newer version.
create table price_point_restored (
  month             date not null,
  sku_id            bigint not null,
  first_observed_at timestamptz not null,
  last_confirmed_at timestamptz,
  availability      "char" not null,
  hidden_before     "char" not null,
  suspect           boolean not null,
  in_force          boolean not null,
  currency          char(3) not null,
  price             numeric,
  old_price         numeric,
  primary key (sku_id, first_observed_at, month)
) partition by list (month);

create function utc_month(p_at timestamptz) returns date language sql immutable as $$
  select date_trunc('month', p_at at time zone 'UTC')::date
$$;

create function is_restored(p_month date) returns boolean language sql stable as $$
  select exists (select from pg_inherits
    where inhparent = 'price_point_restored'::regclass
      and inhrelid = to_regclass('price_point_restored_' || to_char(p_month, 'YYYY_MM')))
$$;

-- Monthly partitions of price_point and their ends, oldest first.
create view price_month as
select month, (month + interval '1 month') at time zone 'UTC' as ends_at
from pg_inherits i join pg_class c on c.oid = i.inhrelid,
  to_date(substring(c.relname from '^price_point_(\d{4}_\d{2})$'), 'YYYY_MM') month
where i.inhparent = 'price_point'::regclass and month is not null
order by month;

create function note_touched() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if tg_op <> 'INSERT' then
    insert into price_point_touched values (old.sku_id, old.first_observed_at) on conflict do nothing;
  end if;
  if tg_op <> 'DELETE' then
    insert into price_point_touched values (new.sku_id, new.first_observed_at) on conflict do nothing;
  end if;
  return null;
end $$;

-- Freezes the oldest month: from here on the store refuses what was observed before its end, and whatever is written all
-- the same (prices in force are confirmed or end) is noted. Safe to repeat.
create function archive_begin(p_month date) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare
  ends_at constant timestamptz := (p_month + interval '1 month') at time zone 'UTC';
  partition text;
begin
  perform from price_horizon for update;
  if exists (select from price_archive where month = p_month) then return; end if;
  if exists (select from price_archive where state <> 'dropped') then
    raise exception 'another month is being archived';
  end if;
  if p_month is distinct from (select min(m.month) from price_month m) then
    raise exception '% is not the oldest month', p_month;
  end if;
  -- create_partitions goes on from the newest month.
  if p_month = (select max(m.month) from price_month m) then
    raise exception '% is the newest month: migrate has not made the coming ones', p_month;
  end if;
  -- The guard of last resort; the retention is the caller's.
  if ends_at > now() then raise exception '% has not ended', p_month; end if;
  update price_horizon set archived_until = ends_at;
  delete from price_point_touched;
  foreach partition in array array['price_point_before', 'price_point_' || to_char(p_month, 'YYYY_MM')] loop
    execute format('create trigger note_touched after insert or update or delete on %I
      for each row execute function note_touched()', partition);
  end loop;
  insert into price_archive (month, archived_until, state) values (p_month, ends_at, 'begun');
end $$;

-- Copies what stays: of each SKU the newest point that began before the month's end. confirmed_until is what a reader of
-- the file is told, who has no product to ask. Also starts over when something that leaves was changed. Safe to repeat.
create function archive_keep(p_month date) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare
  archive price_archive;
begin
  select * into archive from price_archive where month = p_month and state <> 'dropped' for update;
  if not found then raise exception '% is not being archived', p_month; end if;
  drop table if exists price_point_kept;
  create table price_point_kept (like price_point including defaults including constraints including indexes) with (fillfactor = 90);
  alter table price_point_kept add column confirmed_until timestamptz;
  delete from price_point_touched;
  insert into price_point_kept
  select n.*, coalesce(n.last_confirmed_at, s.last_seen_at)
  from (select distinct on (sku_id) * from price_point where first_observed_at < archive.archived_until
        order by sku_id, first_observed_at desc) n
  left join sku k on k.id = n.sku_id
  left join product_schedule s on s.product_id = k.product_id;
  -- Lets the partition be attached without reading it.
  execute format('alter table price_point_kept add constraint archived_until check (first_observed_at < %L)',
    archive.archived_until);
  analyze price_point_kept;
  grant select on price_point_kept to narx_archive;
  update price_archive_part set verified = false where month = p_month;
  update price_archive set state = 'exporting', verified_at = null where month = p_month;
end $$;

-- A part of the file as it was read back from S3 and found equal, row by row.
create function archive_verified(p_month date, p_manifest text) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare
  parts record;
begin
  perform from price_archive where month = p_month and state in ('exporting', 'verified') for update;
  if not found then raise exception '% is not being exported', p_month; end if;
  select count(*) as count, max(part) as last, bool_and(verified) as verified, bool_or(is_last) as complete,
    sum(rows) as rows, sum(in_force) as in_force, sum(bytes) as bytes
    into parts from price_archive_part where month = p_month;
  if parts.count is distinct from parts.last or parts.verified is not true or parts.complete is not true then
    raise exception 'not every part of % has been verified', p_month;
  end if;
  if parts.in_force is distinct from (select count(*) from price_point_kept) then
    raise exception 'the files of % lack prices in force', p_month;
  end if;
  update price_archive
    set state = 'verified', verified_at = now(), manifest = p_manifest, rows = parts.rows, in_force = parts.in_force, bytes = parts.bytes
    where month = p_month;
end $$;

-- Puts what stays in the place of the month and of what was before it, and drops both. Nothing but that takes place under
-- the lock. False, with nothing done: something that leaves was changed since it was exported; keep, and verify again.
create function archive_drop(p_month date) returns boolean language plpgsql security definer
set search_path = public, pg_temp as $$
declare
  archive price_archive;
  partition constant text := 'price_point_' || to_char(p_month, 'YYYY_MM');
  stays constant text := 'sku_id, first_observed_at, last_confirmed_at, availability, hidden_before, suspect, currency, price, old_price';
begin
  select * into archive from price_archive where month = p_month for update;
  if archive.state = 'dropped' then return true; end if;
  if archive.state is distinct from 'verified' then raise exception '% has not been verified', p_month; end if;
  -- The store locks the table, then its partitions: so does this.
  lock table only price_point in access exclusive mode;
  execute format('lock table price_point_before, %I in access exclusive mode', partition);
  if exists (select from price_point_touched t where not exists (select from price_point_kept k
      where k.sku_id = t.sku_id and k.first_observed_at = t.first_observed_at)) then
    return false;
  end if;
  delete from price_point_kept k using price_point_touched t
    where k.sku_id = t.sku_id and k.first_observed_at = t.first_observed_at;
  execute format('insert into price_point_kept (%s)
    select p.* from (select %1$s from price_point where first_observed_at < $1) p
    join price_point_touched t using (sku_id, first_observed_at)', stays) using archive.archived_until;
  alter table price_point_kept drop column confirmed_until;
  revoke all on price_point_kept from narx_archive;
  alter table price_point detach partition price_point_before;
  execute format('alter table price_point detach partition %I', partition);
  execute format('drop table price_point_before, %I', partition);
  alter table price_point_kept rename to price_point_before;
  execute format('alter table price_point attach partition price_point_before for values from (minvalue) to (%L)',
    archive.archived_until);
  alter table price_point_before drop constraint archived_until;
  delete from price_point_touched;
  update price_archive set state = 'dropped', dropped_at = now() where month = p_month;
  return true;
end $$;

-- A table for a month that comes back, to be filled in the order of the files. Safe to repeat.
create function archive_restore_begin(p_month date) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare
  partition constant text := 'price_point_restored_' || to_char(p_month, 'YYYY_MM');
begin
  perform from price_archive where month = p_month and state = 'dropped' for update;
  if not found then raise exception '% is not archived', p_month; end if;
  if to_regclass(partition) is not null then return; end if;
  execute format('create table %I (like price_point_restored, primary key (sku_id, first_observed_at, month),
    constraint restored_month check (month = %L))', partition, p_month);
  execute format('grant select, insert on %I to narx_archive', partition);
end $$;

-- Makes the month readable, and nothing else: nobody may write it from here on. Safe to repeat.
create function archive_restore_finish(p_month date) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare
  partition constant text := 'price_point_restored_' || to_char(p_month, 'YYYY_MM');
  restored bigint;
begin
  perform from price_archive where month = p_month for update;
  if is_restored(p_month) then return; end if;
  execute format('select count(*) from %I', partition) into restored;
  if restored is distinct from (select rows from price_archive where month = p_month) then
    raise exception 'restored % of the % rows of %', restored, (select rows from price_archive where month = p_month), p_month;
  end if;
  execute format('revoke all on %I from narx_archive', partition);
  execute format('alter table price_point_restored attach partition %I for values in (%L)', partition, p_month);
end $$;

-- Gives the space of a restored month back; its files stay. Safe to repeat.
create function archive_release(p_month date) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  perform from price_archive where month = p_month for update;
  execute format('drop table if exists %I', 'price_point_restored_' || to_char(p_month, 'YYYY_MM'));
end $$;

-- Price points with the true end of the open ones, those of restored months among them.
create or replace view price_history as
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
join product_schedule s on s.product_id = k.product_id
union all
select r.sku_id, r.first_observed_at, r.last_confirmed_at, false, r.price, r.old_price, r.currency,
  case r.availability when 'i' then 'in_stock' when 'o' then 'out_of_stock' else 'unknown' end,
  r.suspect, r.hidden_before <> 'n'
from price_point_restored r
where not (r.in_force and (
  exists (select from price_point p where p.sku_id = r.sku_id and p.first_observed_at = r.first_observed_at)
  or exists (select from price_point_restored n
    where n.sku_id = r.sku_id and n.first_observed_at = r.first_observed_at and n.month > r.month)));

-- True, or NX001: what was before the month that the instant lies in has left the database, and was not put back.
create function is_readable(p_at timestamptz) returns boolean language plpgsql stable as $$
begin
  if p_at < (select archived_until from price_horizon) and not is_restored(utc_month(p_at)) then
    raise exception 'Prices at % are archived.', p_at using errcode = 'NX001',
      hint = format('Restore the month: npx narx archive restore %s', to_char(utc_month(p_at), 'YYYY-MM'));
  end if;
  return true;
end $$;

-- The value in force at an instant: the newest point that began at or before it. No row: not seen yet.
-- confirmed: the instant lies in a stretch that observations prove; else the value is only the last one known.
-- Raises NX001 when only the archive knows: the month of p_at must be restored first.
create or replace function price_at(p_sku_id bigint, p_at timestamptz)
returns table (price numeric, old_price numeric, currency char(3), availability text,
               since timestamptz, confirmed_until timestamptz, confirmed boolean)
language plpgsql stable as $$
declare
  archived_until constant timestamptz := (select h.archived_until from price_horizon h);
  stays_from timestamptz;
begin
  if p_at < archived_until and not is_restored(utc_month(p_at)) then
    -- What stays of the archived months answers from when it began; what was before that has left.
    select p.first_observed_at into stays_from from price_point p
      where p.sku_id = p_sku_id and p.first_observed_at < archived_until
      order by p.first_observed_at desc limit 1;
    if stays_from is null then return; end if;
    if stays_from > p_at then perform is_readable(p_at); end if;
  end if;
  return query
    select h.price, h.old_price, h.currency, h.availability,
      h.first_observed_at, h.last_confirmed_at, p_at <= h.last_confirmed_at
    from price_history h
    where h.sku_id = p_sku_id and h.first_observed_at <= p_at
    order by h.first_observed_at desc
    limit 1;
end $$;

-- The whole domain at one instant: price_at of every SKU that had been seen by then. With `where sku_id = …` it is one look-up.
-- Raises NX001 as the other one does, whichever SKUs are asked for.
create or replace function price_at(p_at timestamptz)
returns table (marketplace text, product text, product_title text, sku text, price numeric, old_price numeric, currency char(3),
               availability text, since timestamptz, confirmed_until timestamptz, confirmed boolean, product_id bigint, sku_id bigint)
language sql stable as $$
  select m.code, p.external_id, p.title, k.external_id, a.price, a.old_price, a.currency, a.availability, a.since,
    a.confirmed_until, a.confirmed, p.id, k.id
  from sku k
  join product p on p.id = k.product_id
  join marketplace m on m.id = p.marketplace_id
  cross join lateral (
    select h.price, h.old_price, h.currency, h.availability, h.first_observed_at as since,
      h.last_confirmed_at as confirmed_until, p_at <= h.last_confirmed_at as confirmed
    from price_history h
    where h.sku_id = k.id and h.first_observed_at <= p_at
    order by h.first_observed_at desc limit 1) a
  where is_readable(p_at)
$$;

do $$
begin
  begin
    create role narx_archive login;
  exception when duplicate_object then null;
  end;
  if exists (select from pg_roles where rolname = 'rds_iam') then
    grant rds_iam to narx_archive;
  end if;
end $$;
alter role narx_archive set timezone = 'UTC';
alter role narx_archive set lock_timeout = '5s';
alter role narx_archive set idle_in_transaction_session_timeout = '15s';
alter role narx_archive set statement_timeout = '10min';

revoke execute on function archive_begin, archive_keep, archive_verified, archive_drop, archive_restore_begin,
  archive_restore_finish, archive_release, note_touched from public;
grant execute on function archive_begin, archive_keep, archive_verified, archive_drop, archive_restore_begin,
  archive_restore_finish, archive_release to narx_archive;
grant select on price_point, price_point_restored, price_horizon, price_archive, price_archive_part, price_month
  to narx_archive;
grant insert, update on price_archive_part to narx_archive;
grant select on price_horizon to narx_store, narx_audit, narx_api, narx_reader;
grant select on price_point_restored to narx_api, narx_reader;
grant select on price_archive to narx_audit, narx_api;
grant select on price_month to narx_audit;
