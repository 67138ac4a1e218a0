-- What the migrations make, read back from the catalog of a migrated database. Generated: change a migration, then run
-- npm run schema. A test compares this file with the migrations.

table category
  id bigint not null generated always as identity
  parent_id bigint
  titled_at timestamp with time zone not null
  marketplace_id smallint not null
  external_id text not null
  title text not null
table marketplace
  id smallint not null generated always as identity
  code text not null
table price_archive
  month date not null
  archived_until timestamp with time zone not null
  begun_at timestamp with time zone not null default now()
  verified_at timestamp with time zone
  dropped_at timestamp with time zone
  rows bigint
  in_force bigint
  bytes bigint
  state text not null
  manifest text
table price_archive_part
  month date not null
  part integer not null
  sku_id bigint not null
  first_observed_at bigint not null
  rows bigint not null
  in_force bigint not null
  bytes bigint not null
  min_observed_at bigint not null
  max_observed_at bigint not null
  is_last boolean not null
  verified boolean not null default false
  key text not null
  etag text not null
  sha256 text not null
  rows_sha256 text not null
table price_drop
  marketplace_id smallint not null
  day date not null
  fall real not null
  sku_id bigint not null
  first_observed_at timestamp with time zone not null
table price_horizon
  single boolean not null default true
  archived_until timestamp with time zone not null default '-infinity'::timestamp with time zone
table price_point partition by RANGE (first_observed_at)
  sku_id bigint not null
  first_observed_at timestamp with time zone not null
  last_confirmed_at timestamp with time zone
  availability "char" not null
  hidden_before "char" not null default 'n'::"char"
  suspect boolean not null default false
  currency character(3) not null
  price numeric
  old_price numeric
table price_point_restored partition by LIST (month)
  month date not null
  sku_id bigint not null
  first_observed_at timestamp with time zone not null
  last_confirmed_at timestamp with time zone
  availability "char" not null
  hidden_before "char" not null
  suspect boolean not null
  in_force boolean not null
  currency character(3) not null
  price numeric
  old_price numeric
table price_point_touched
  sku_id bigint not null
  first_observed_at timestamp with time zone not null
table product
  id bigint not null generated always as identity
  seller_id bigint
  category_id bigint
  marketplace_id smallint not null
  kind "char" not null
  external_id text not null
  title text
table product_schedule with (fillfactor=45, autovacuum_vacuum_scale_factor=0.02)
  product_id bigint not null
  next_due double precision not null
  last_seen_at timestamp with time zone
  last_change_at timestamp with time zone
  fingerprint bigint
  missing_since timestamp with time zone
  missing_checked_at timestamp with time zone
  weight real not null default 1
  rate_a real not null default 0.5
  rate_b real not null default 2.5
  change_share real not null default 0.75
  marketplace_id smallint not null
  missing_checks smallint not null default 0
  last_outcome "char"
table schedule_clock
  marketplace_id smallint not null
  v double precision not null default 0
  speed double precision not null default 1
table schema_migration
  number integer not null
  name text not null
  checksum text not null
  applied_at timestamp with time zone not null default now()
  oldest_code integer not null default 0
table seller
  id bigint not null generated always as identity
  titled_at timestamp with time zone not null
  marketplace_id smallint not null
  external_id text not null
  title text not null
table sku with (fillfactor=90)
  id bigint not null generated always as identity
  product_id bigint not null
  point_started_at timestamp with time zone not null
  listed boolean not null
  availability "char" not null
  currency character(3) not null
  external_id text not null
  price numeric
  old_price numeric
  title text
table write_probe
  page text not null

constraint category_marketplace_id_external_id_key on category: UNIQUE (marketplace_id, external_id)
constraint category_pkey on category: PRIMARY KEY (id)
constraint marketplace_code_key on marketplace: UNIQUE (code)
constraint marketplace_pkey on marketplace: PRIMARY KEY (id)
constraint price_archive_pkey on price_archive: PRIMARY KEY (month)
constraint price_archive_state_check on price_archive: CHECK ((state = ANY (ARRAY['begun'::text, 'exporting'::text, 'verified'::text, 'dropped'::text])))
constraint price_archive_part_month_fkey on price_archive_part: FOREIGN KEY (month) REFERENCES price_archive(month)
constraint price_archive_part_pkey on price_archive_part: PRIMARY KEY (month, part)
constraint price_drop_pkey on price_drop: PRIMARY KEY (marketplace_id, day, fall, sku_id, first_observed_at)
constraint price_horizon_pkey on price_horizon: PRIMARY KEY (single)
constraint price_horizon_single_check on price_horizon: CHECK (single)
constraint price_point_availability_check on price_point: CHECK ((availability = ANY (ARRAY['i'::"char", 'o'::"char", 'u'::"char"])))
constraint price_point_check on price_point: CHECK ((last_confirmed_at >= first_observed_at))
constraint price_point_hidden_before_check on price_point: CHECK ((hidden_before = ANY (ARRAY['n'::"char", 'e'::"char", 'l'::"char", 'a'::"char"])))
constraint price_point_pkey on price_point: PRIMARY KEY (sku_id, first_observed_at)
constraint price_point_restored_pkey on price_point_restored: PRIMARY KEY (sku_id, first_observed_at, month)
constraint price_point_touched_pkey on price_point_touched: PRIMARY KEY (sku_id, first_observed_at)
constraint product_kind_check on product: CHECK ((kind = ANY (ARRAY['p'::"char", 'a'::"char", 'l'::"char", 's'::"char"])))
constraint product_marketplace_id_kind_external_id_key on product: UNIQUE (marketplace_id, kind, external_id)
constraint product_pkey on product: PRIMARY KEY (id)
constraint product_schedule_pkey on product_schedule: PRIMARY KEY (product_id)
constraint schedule_clock_pkey on schedule_clock: PRIMARY KEY (marketplace_id)
constraint schema_migration_pkey on schema_migration: PRIMARY KEY (number)
constraint seller_marketplace_id_external_id_key on seller: UNIQUE (marketplace_id, external_id)
constraint seller_pkey on seller: PRIMARY KEY (id)
constraint sku_availability_check on sku: CHECK ((availability = ANY (ARRAY['i'::"char", 'o'::"char", 'u'::"char"])))
constraint sku_pkey on sku: PRIMARY KEY (id)
constraint sku_product_id_external_id_key on sku: UNIQUE (product_id, external_id)

CREATE INDEX price_point_time ON ONLY public.price_point USING brin (first_observed_at) WITH (pages_per_range='32', autosummarize='on')
CREATE INDEX product_category ON public.product USING btree (category_id, id) WHERE (category_id IS NOT NULL)
CREATE INDEX product_schedule_due ON public.product_schedule USING btree (marketplace_id, next_due)
CREATE INDEX product_search ON public.product USING gin (product_words(title)) WITH (fastupdate='on', gin_pending_list_limit='256') WHERE (title IS NOT NULL)
CREATE INDEX product_seller ON public.product USING btree (seller_id, id) WHERE (seller_id IS NOT NULL)
CREATE UNIQUE INDEX category_marketplace_id_external_id_key ON public.category USING btree (marketplace_id, external_id)
CREATE UNIQUE INDEX category_pkey ON public.category USING btree (id)
CREATE UNIQUE INDEX marketplace_code_key ON public.marketplace USING btree (code)
CREATE UNIQUE INDEX marketplace_pkey ON public.marketplace USING btree (id)
CREATE UNIQUE INDEX price_archive_part_pkey ON public.price_archive_part USING btree (month, part)
CREATE UNIQUE INDEX price_archive_pkey ON public.price_archive USING btree (month)
CREATE UNIQUE INDEX price_drop_pkey ON public.price_drop USING btree (marketplace_id, day, fall, sku_id, first_observed_at)
CREATE UNIQUE INDEX price_horizon_pkey ON public.price_horizon USING btree (single)
CREATE UNIQUE INDEX price_point_pkey ON ONLY public.price_point USING btree (sku_id, first_observed_at)
CREATE UNIQUE INDEX price_point_restored_pkey ON ONLY public.price_point_restored USING btree (sku_id, first_observed_at, month)
CREATE UNIQUE INDEX price_point_touched_pkey ON public.price_point_touched USING btree (sku_id, first_observed_at)
CREATE UNIQUE INDEX product_marketplace_id_kind_external_id_key ON public.product USING btree (marketplace_id, kind, external_id)
CREATE UNIQUE INDEX product_pkey ON public.product USING btree (id)
CREATE UNIQUE INDEX product_schedule_pkey ON public.product_schedule USING btree (product_id)
CREATE UNIQUE INDEX schedule_clock_pkey ON public.schedule_clock USING btree (marketplace_id)
CREATE UNIQUE INDEX schema_migration_pkey ON public.schema_migration USING btree (number)
CREATE UNIQUE INDEX seller_marketplace_id_external_id_key ON public.seller USING btree (marketplace_id, external_id)
CREATE UNIQUE INDEX seller_pkey ON public.seller USING btree (id)
CREATE UNIQUE INDEX sku_pkey ON public.sku USING btree (id)
CREATE UNIQUE INDEX sku_product_id_external_id_key ON public.sku USING btree (product_id, external_id)

view current_prices as
 SELECT m.code AS marketplace,
        CASE p.kind
            WHEN 'p'::"char" THEN 'product'::text
            WHEN 'a'::"char" THEN 'ad'::text
            WHEN 'l'::"char" THEN 'lot'::text
            ELSE NULL::text
        END AS kind,
    p.external_id AS product,
    p.title AS product_title,
    l.external_id AS seller,
    l.title AS seller_title,
    c.external_id AS category,
    c.title AS category_title,
    k.external_id AS sku,
    k.title AS sku_title,
    k.price,
    k.old_price,
    k.currency,
        CASE k.availability
            WHEN 'i'::"char" THEN 'in_stock'::text
            WHEN 'o'::"char" THEN 'out_of_stock'::text
            ELSE 'unknown'::text
        END AS availability,
    k.listed,
    k.point_started_at AS since,
        CASE
            WHEN k.listed THEN s.last_seen_at
            ELSE ( SELECT h.last_confirmed_at
               FROM price_point h
              WHERE h.sku_id = k.id AND h.first_observed_at = k.point_started_at)
        END AS last_confirmed_at,
        CASE
            WHEN s.missing_checks >= 3 THEN s.missing_since
            ELSE NULL::timestamp with time zone
        END AS gone_since,
    p.id AS product_id,
    k.id AS sku_id
   FROM sku k
     JOIN product p ON p.id = k.product_id
     JOIN product_schedule s ON s.product_id = p.id
     JOIN marketplace m ON m.id = p.marketplace_id
     LEFT JOIN seller l ON l.id = p.seller_id
     LEFT JOIN category c ON c.id = p.category_id;
view freshness as
 SELECT m.code AS marketplace,
    count(s.last_seen_at) AS products_seen,
    count(*) FILTER (WHERE s.missing_checks >= 3) AS products_gone,
    max(s.last_seen_at) AS newest_observation,
    min(s.last_seen_at) FILTER (WHERE s.missing_checks < 3) AS oldest_confirmation,
    count(*) FILTER (WHERE s.last_seen_at > (now() - '1 day'::interval)) AS confirmed_last_day,
    count(*) FILTER (WHERE s.last_change_at > (now() - '1 day'::interval)) AS changed_last_day
   FROM marketplace m
     LEFT JOIN product_schedule s ON s.marketplace_id = m.id
  GROUP BY m.code;
view price_changes as
 SELECT m.code AS marketplace,
    p.external_id AS product,
    p.title AS product_title,
    k.external_id AS sku,
    b.price AS price_before,
    b.currency AS currency_before,
    COALESCE(b.last_confirmed_at, s.last_seen_at) AS confirmed_until,
    h.first_observed_at AS seen_at,
    h.price,
    h.currency,
        CASE h.availability
            WHEN 'i'::"char" THEN 'in_stock'::text
            WHEN 'o'::"char" THEN 'out_of_stock'::text
            ELSE 'unknown'::text
        END AS availability,
        CASE
            WHEN b.currency = h.currency THEN h.price / NULLIF(b.price, 0::numeric) - 1::numeric
            ELSE NULL::numeric
        END AS relative,
    h.suspect,
    p.id AS product_id,
    h.sku_id
   FROM price_point h
     JOIN LATERAL ( SELECT o.price,
            o.currency,
            o.last_confirmed_at
           FROM price_point o
          WHERE o.sku_id = h.sku_id AND o.first_observed_at < h.first_observed_at
          ORDER BY o.first_observed_at DESC
         LIMIT 1) b ON true
     JOIN sku k ON k.id = h.sku_id
     JOIN product p ON p.id = k.product_id
     JOIN product_schedule s ON s.product_id = p.id
     JOIN marketplace m ON m.id = p.marketplace_id;
view price_history as
 SELECT p.sku_id,
    p.first_observed_at,
    COALESCE(p.last_confirmed_at, s.last_seen_at) AS last_confirmed_at,
    p.last_confirmed_at IS NULL AS listed,
    p.price,
    p.old_price,
    p.currency,
        CASE p.availability
            WHEN 'i'::"char" THEN 'in_stock'::text
            WHEN 'o'::"char" THEN 'out_of_stock'::text
            ELSE 'unknown'::text
        END AS availability,
    p.suspect,
    p.hidden_before <> 'n'::"char" AS gap_before
   FROM price_point p
     JOIN sku k ON k.id = p.sku_id
     JOIN product_schedule s ON s.product_id = k.product_id
UNION ALL
 SELECT r.sku_id,
    r.first_observed_at,
    r.last_confirmed_at,
    false AS listed,
    r.price,
    r.old_price,
    r.currency,
        CASE r.availability
            WHEN 'i'::"char" THEN 'in_stock'::text
            WHEN 'o'::"char" THEN 'out_of_stock'::text
            ELSE 'unknown'::text
        END AS availability,
    r.suspect,
    r.hidden_before <> 'n'::"char" AS gap_before
   FROM price_point_restored r
  WHERE NOT (r.in_force AND ((EXISTS ( SELECT
           FROM price_point p
          WHERE p.sku_id = r.sku_id AND p.first_observed_at = r.first_observed_at)) OR (EXISTS ( SELECT
           FROM price_point_restored n
          WHERE n.sku_id = r.sku_id AND n.first_observed_at = r.first_observed_at AND n.month > r.month))));
view price_month as
 SELECT month.month,
    ((month.month + '1 mon'::interval) AT TIME ZONE 'UTC'::text) AS ends_at
   FROM pg_inherits i
     JOIN pg_class c ON c.oid = i.inhrelid,
    LATERAL to_date("substring"(c.relname::text, '^price_point_(\d{4}_\d{2})$'::text), 'YYYY_MM'::text) month(month)
  WHERE i.inhparent = 'price_point'::regclass::oid AND month.month IS NOT NULL
  ORDER BY month.month;

CREATE OR REPLACE FUNCTION public.archive_begin(p_month date)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
CREATE OR REPLACE FUNCTION public.archive_drop(p_month date)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
CREATE OR REPLACE FUNCTION public.archive_keep(p_month date)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
CREATE OR REPLACE FUNCTION public.archive_release(p_month date)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform from price_archive where month = p_month for update;
  execute format('drop table if exists %I', 'price_point_restored_' || to_char(p_month, 'YYYY_MM'));
end $function$
CREATE OR REPLACE FUNCTION public.archive_restore_begin(p_month date)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  partition constant text := 'price_point_restored_' || to_char(p_month, 'YYYY_MM');
begin
  perform from price_archive where month = p_month and state = 'dropped' for update;
  if not found then raise exception '% is not archived', p_month; end if;
  if to_regclass(partition) is not null then return; end if;
  execute format('create table %I (like price_point_restored, primary key (sku_id, first_observed_at, month),
    constraint restored_month check (month = %L))', partition, p_month);
  execute format('grant select, insert on %I to narx_archive', partition);
end $function$
CREATE OR REPLACE FUNCTION public.archive_restore_finish(p_month date)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
CREATE OR REPLACE FUNCTION public.archive_verified(p_month date, p_manifest text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
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
end $function$
CREATE OR REPLACE FUNCTION public.create_partitions(p_now timestamp with time zone)
 RETURNS SETOF text
 LANGUAGE sql
AS $function$
  select create_price_partitions(p_now)
$function$
CREATE OR REPLACE FUNCTION public.create_price_partitions(p_now timestamp with time zone)
 RETURNS SETOF text
 LANGUAGE plpgsql
AS $function$
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
end $function$
CREATE OR REPLACE FUNCTION public.is_readable(p_at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE
AS $function$
begin
  if p_at < (select archived_until from price_horizon) and not is_restored(utc_month(p_at)) then
    raise exception 'Prices at % are archived.', p_at using errcode = 'NX001',
      hint = format('Restore the month: npx narx archive restore %s', to_char(utc_month(p_at), 'YYYY-MM'));
  end if;
  return true;
end $function$
CREATE OR REPLACE FUNCTION public.is_restored(p_month date)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select exists (select from pg_inherits
    where inhparent = 'price_point_restored'::regclass
      and inhrelid = to_regclass('price_point_restored_' || to_char(p_month, 'YYYY_MM')))
$function$
CREATE OR REPLACE FUNCTION public.note_touched()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if tg_op <> 'INSERT' then
    insert into price_point_touched values (old.sku_id, old.first_observed_at) on conflict do nothing;
  end if;
  if tg_op <> 'DELETE' then
    insert into price_point_touched values (new.sku_id, new.first_observed_at) on conflict do nothing;
  end if;
  return null;
end $function$
CREATE OR REPLACE FUNCTION public.price_at(p_sku_id bigint, p_at timestamp with time zone)
 RETURNS TABLE(price numeric, old_price numeric, currency character, availability text, since timestamp with time zone, confirmed_until timestamp with time zone, confirmed boolean)
 LANGUAGE plpgsql
 STABLE
AS $function$
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
end $function$
CREATE OR REPLACE FUNCTION public.price_at(p_at timestamp with time zone)
 RETURNS TABLE(marketplace text, product text, product_title text, sku text, price numeric, old_price numeric, currency character, availability text, since timestamp with time zone, confirmed_until timestamp with time zone, confirmed boolean, product_id bigint, sku_id bigint)
 LANGUAGE sql
 STABLE
AS $function$
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
$function$
CREATE OR REPLACE FUNCTION public.product_words(p_title text)
 RETURNS tsvector
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('simple'::regconfig, translate(lower(p_title), (('-/.,:;@_+~&#%=?!*\|()[]{}<>"$^«»„“”—–…•·×№™®°'::text || chr(160)) || '''`‘’ʻʼ'::text), '                                              '::text))
CREATE OR REPLACE FUNCTION public.refuse_writing()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'A restored month is read-only.' using hint = 'To give its space back: npx narx archive release';
end $function$
CREATE OR REPLACE FUNCTION public.utc_month(p_at timestamp with time zone)
 RETURNS date
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select date_trunc('month', p_at at time zone 'UTC')::date
$function$
CREATE OR REPLACE FUNCTION public.visit_interval(speed double precision, rate_a real DEFAULT 0.5, rate_b real DEFAULT 2.5, change_share real DEFAULT 0.75, weight real DEFAULT 1, missing_checks smallint DEFAULT (0)::smallint)
 RETURNS double precision
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select greatest(speed / 96, least(30 * speed,
      sqrt(2 * rate_b / (rate_a * change_share * weight)) * power(2, least(missing_checks, 5))))
$function$

grant select on category to narx_api
grant select on category to narx_audit
grant select on category to narx_due
grant select on category to narx_reader
grant insert, select, update on category to narx_store
grant select on current_prices to narx_api
grant select on current_prices to narx_reader
grant select on freshness to narx_api
grant select on freshness to narx_reader
grant select on marketplace to narx_api
grant select on marketplace to narx_audit
grant select on marketplace to narx_due
grant select on marketplace to narx_reader
grant insert, select on marketplace to narx_store
grant select on price_archive to narx_api
grant select on price_archive to narx_archive
grant select on price_archive to narx_audit
grant select on price_archive to narx_reader
grant insert, select, update on price_archive_part to narx_archive
grant select on price_changes to narx_api
grant select on price_changes to narx_reader
grant select on price_drop to narx_api
grant select on price_drop to narx_reader
grant insert on price_drop to narx_store
grant select on price_history to narx_api
grant select on price_history to narx_audit
grant select on price_history to narx_due
grant select on price_history to narx_reader
grant select on price_history to narx_store
grant select on price_horizon to narx_api
grant select on price_horizon to narx_archive
grant select on price_horizon to narx_audit
grant select on price_horizon to narx_reader
grant select on price_horizon to narx_store
grant select on price_month to narx_archive
grant select on price_month to narx_audit
grant select on price_point to narx_api
grant select on price_point to narx_archive
grant select on price_point to narx_audit
grant select on price_point to narx_due
grant select on price_point to narx_reader
grant delete, insert, select, update on price_point to narx_store
grant select on price_point_restored to narx_api
grant select on price_point_restored to narx_archive
grant select on price_point_restored to narx_reader
grant select on product to narx_api
grant select on product to narx_audit
grant select on product to narx_due
grant select on product to narx_reader
grant insert, select, update on product to narx_store
grant select on product_schedule to narx_api
grant select on product_schedule to narx_audit
grant select on product_schedule to narx_due
grant select on product_schedule to narx_reader
grant insert, select, update on product_schedule to narx_store
grant update on product_schedule (next_due) to narx_due
grant select on schedule_clock to narx_audit
grant select on schedule_clock to narx_due
grant insert, select on schedule_clock to narx_store
grant update on schedule_clock (v) to narx_due
grant select on schema_migration to narx_audit
grant select on schema_migration to narx_due
grant select on schema_migration to narx_store
grant select on seller to narx_api
grant select on seller to narx_audit
grant select on seller to narx_due
grant select on seller to narx_reader
grant insert, select, update on seller to narx_store
grant select on sku to narx_api
grant select on sku to narx_audit
grant select on sku to narx_due
grant select on sku to narx_reader
grant insert, select, update on sku to narx_store
grant insert, truncate on write_probe to narx_store

function archive_begin(date): owner, owner
function archive_drop(date): owner, owner
function archive_keep(date): owner, owner
function archive_release(date): owner, owner
function archive_restore_begin(date): owner, owner
function archive_restore_finish(date): owner, owner
function archive_verified(date,text): owner, owner
function create_partitions(timestamp with time zone): owner
function create_price_partitions(timestamp with time zone): owner
function is_readable(timestamp with time zone):
function is_restored(date):
function note_touched(): owner
function price_at(bigint,timestamp with time zone):
function price_at(timestamp with time zone):
function product_words(text):
function refuse_writing():
function utc_month(timestamp with time zone):
function visit_interval(double precision,real,real,real,real,smallint):

role narx_api login: TimeZone=UTC, idle_in_transaction_session_timeout=15s, jit=off, lock_timeout=5s, statement_timeout=5s
role narx_archive login: TimeZone=UTC, idle_in_transaction_session_timeout=15s, lock_timeout=5s, statement_timeout=10min
role narx_audit login: TimeZone=UTC, idle_in_transaction_session_timeout=15s, lock_timeout=5s, statement_timeout=45s
role narx_due login: TimeZone=UTC, idle_in_transaction_session_timeout=15s, lock_timeout=5s, statement_timeout=15s
role narx_reader login: TimeZone=UTC, default_transaction_read_only=on, idle_in_transaction_session_timeout=1min, lock_timeout=5s, statement_timeout=5min
role narx_store login: TimeZone=UTC, idle_in_transaction_session_timeout=15s, lock_timeout=5s, statement_timeout=15s
