-- What the migrations make, read back from the catalog of a migrated database. Generated: change a migration, then run
-- npm run schema. A test compares this file with the migrations.

table category
  id bigint not null generated always as identity
  parent_id bigint
  titled_at timestamp with time zone not null
  marketplace_id smallint not null
  external_id text not null
  title text not null
table lot_item
  product_id bigint not null
  external_id text not null
  quantity numeric
  cost numeric
  unit text
  country text
table lot_page with (fillfactor=60, autovacuum_vacuum_scale_factor=0.05)
  product_id bigint not null
  observed_at timestamp with time zone not null
  fingerprint bigint not null
  seller_id bigint
  buyer_id bigint
  supplier_id bigint
  started_at timestamp with time zone
  ends_at timestamp with time zone
  dealt_at timestamp with time zone
  listed boolean not null
  last_outcome "char" not null
  currency character(3) not null
  page text not null
  system text
  display_no text
  deal_id text
  start_total numeric
  final_total numeric
  title text
  status text
  category text
  region text
  district text
  more jsonb
table marketplace
  id smallint not null generated always as identity
  code text not null
table organisation
  id bigint not null generated always as identity
  named_at timestamp with time zone not null
  inn text
  name text not null
table price_drop
  marketplace_id smallint not null
  day date not null
  fall real not null
  sku_id bigint not null
  first_observed_at timestamp with time zone not null
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
table raw_page partition by RANGE (observed_at)
  product_id bigint not null
  observed_at timestamp with time zone not null
  key text not null
table schedule_clock
  marketplace_id smallint not null
  v double precision not null default 0
  speed double precision not null default 1
table schema_migration
  number integer not null
  name text not null
  checksum text not null
  applied_at timestamp with time zone not null default now()
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
constraint lot_item_pkey on lot_item: PRIMARY KEY (product_id, external_id)
constraint lot_page_pkey on lot_page: PRIMARY KEY (product_id, page)
constraint marketplace_code_key on marketplace: UNIQUE (code)
constraint marketplace_pkey on marketplace: PRIMARY KEY (id)
constraint organisation_pkey on organisation: PRIMARY KEY (id)
constraint price_drop_pkey on price_drop: PRIMARY KEY (marketplace_id, day, fall, sku_id, first_observed_at)
constraint price_point_availability_check on price_point: CHECK ((availability = ANY (ARRAY['i'::"char", 'o'::"char", 'u'::"char"])))
constraint price_point_check on price_point: CHECK ((last_confirmed_at >= first_observed_at))
constraint price_point_hidden_before_check on price_point: CHECK ((hidden_before = ANY (ARRAY['n'::"char", 'e'::"char", 'l'::"char", 'a'::"char"])))
constraint price_point_pkey on price_point: PRIMARY KEY (sku_id, first_observed_at)
constraint product_kind_check on product: CHECK ((kind = ANY (ARRAY['p'::"char", 'a'::"char", 'l'::"char", 's'::"char"])))
constraint product_marketplace_id_kind_external_id_key on product: UNIQUE (marketplace_id, kind, external_id)
constraint product_pkey on product: PRIMARY KEY (id)
constraint product_schedule_pkey on product_schedule: PRIMARY KEY (product_id)
constraint raw_page_pkey on raw_page: PRIMARY KEY (product_id, observed_at, key)
constraint schedule_clock_pkey on schedule_clock: PRIMARY KEY (marketplace_id)
constraint schema_migration_pkey on schema_migration: PRIMARY KEY (number)
constraint seller_marketplace_id_external_id_key on seller: UNIQUE (marketplace_id, external_id)
constraint seller_pkey on seller: PRIMARY KEY (id)
constraint sku_availability_check on sku: CHECK ((availability = ANY (ARRAY['i'::"char", 'o'::"char", 'u'::"char"])))
constraint sku_pkey on sku: PRIMARY KEY (id)
constraint sku_product_id_external_id_key on sku: UNIQUE (product_id, external_id)

CREATE INDEX lot_page_buyer ON public.lot_page USING btree (buyer_id) WHERE (buyer_id IS NOT NULL)
CREATE INDEX lot_page_supplier ON public.lot_page USING btree (supplier_id) WHERE (supplier_id IS NOT NULL)
CREATE INDEX price_point_first_observed ON ONLY public.price_point USING brin (first_observed_at)
CREATE INDEX price_point_time ON ONLY public.price_point USING brin (first_observed_at) WITH (pages_per_range='32', autosummarize='on')
CREATE INDEX product_category ON public.product USING btree (category_id, id) WHERE (category_id IS NOT NULL)
CREATE INDEX product_schedule_due ON public.product_schedule USING btree (marketplace_id, next_due)
CREATE INDEX product_search ON public.product USING gin (product_words(title)) WITH (fastupdate='on', gin_pending_list_limit='256') WHERE (title IS NOT NULL)
CREATE INDEX product_seller ON public.product USING btree (seller_id, id) WHERE (seller_id IS NOT NULL)
CREATE UNIQUE INDEX category_marketplace_id_external_id_key ON public.category USING btree (marketplace_id, external_id)
CREATE UNIQUE INDEX category_pkey ON public.category USING btree (id)
CREATE UNIQUE INDEX lot_item_pkey ON public.lot_item USING btree (product_id, external_id)
CREATE UNIQUE INDEX lot_page_pkey ON public.lot_page USING btree (product_id, page)
CREATE UNIQUE INDEX marketplace_code_key ON public.marketplace USING btree (code)
CREATE UNIQUE INDEX marketplace_pkey ON public.marketplace USING btree (id)
CREATE UNIQUE INDEX organisation_inn ON public.organisation USING btree (inn) WHERE (inn IS NOT NULL)
CREATE UNIQUE INDEX organisation_name ON public.organisation USING btree (name) WHERE (inn IS NULL)
CREATE UNIQUE INDEX organisation_pkey ON public.organisation USING btree (id)
CREATE UNIQUE INDEX price_drop_pkey ON public.price_drop USING btree (marketplace_id, day, fall, sku_id, first_observed_at)
CREATE UNIQUE INDEX price_point_pkey ON ONLY public.price_point USING btree (sku_id, first_observed_at)
CREATE UNIQUE INDEX product_marketplace_id_kind_external_id_key ON public.product USING btree (marketplace_id, kind, external_id)
CREATE UNIQUE INDEX product_pkey ON public.product USING btree (id)
CREATE UNIQUE INDEX product_schedule_pkey ON public.product_schedule USING btree (product_id)
CREATE UNIQUE INDEX raw_page_pkey ON ONLY public.raw_page USING btree (product_id, observed_at, key)
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
view lot as
 SELECT p.id AS product_id,
    p.marketplace_id,
    p.external_id,
    p.title,
    l.system,
    l.display_no,
    l.deal_id,
    l.status,
    l.started_at,
    l.ends_at,
    l.dealt_at,
    l.start_total,
    l.final_total,
    l.currency,
    l.buyer_id,
    l.supplier_id,
    l.category,
    l.region,
    l.district,
    l.described_at
   FROM product p
     CROSS JOIN LATERAL ( SELECT (array_agg(s.system ORDER BY s.observed_at DESC, s.page) FILTER (WHERE s.system IS NOT NULL))[1] AS system,
            (array_agg(s.display_no ORDER BY s.observed_at DESC, s.page) FILTER (WHERE s.display_no IS NOT NULL))[1] AS display_no,
            (array_agg(s.deal_id ORDER BY s.observed_at DESC, s.page) FILTER (WHERE s.deal_id IS NOT NULL))[1] AS deal_id,
            (array_agg(s.status ORDER BY s.observed_at DESC, s.page) FILTER (WHERE s.status IS NOT NULL))[1] AS status,
            (array_agg(s.started_at ORDER BY s.observed_at DESC, s.page) FILTER (WHERE s.started_at IS NOT NULL))[1] AS started_at,
            (array_agg(s.ends_at ORDER BY s.observed_at DESC, s.page) FILTER (WHERE s.ends_at IS NOT NULL))[1] AS ends_at,
            (array_agg(s.dealt_at ORDER BY s.observed_at DESC, s.page) FILTER (WHERE s.dealt_at IS NOT NULL))[1] AS dealt_at,
            (array_agg(s.start_total ORDER BY s.observed_at DESC, s.page) FILTER (WHERE s.start_total IS NOT NULL))[1] AS start_total,
            (array_agg(s.final_total ORDER BY s.observed_at DESC, s.page) FILTER (WHERE s.final_total IS NOT NULL))[1] AS final_total,
            (array_agg(s.currency ORDER BY s.observed_at DESC, s.page))[1] AS currency,
            (array_agg(s.buyer_id ORDER BY s.observed_at DESC, s.page) FILTER (WHERE s.buyer_id IS NOT NULL))[1] AS buyer_id,
            (array_agg(s.supplier_id ORDER BY s.observed_at DESC, s.page) FILTER (WHERE s.supplier_id IS NOT NULL))[1] AS supplier_id,
            (array_agg(s.category ORDER BY s.observed_at DESC, s.page) FILTER (WHERE s.category IS NOT NULL))[1] AS category,
            (array_agg(s.region ORDER BY s.observed_at DESC, s.page) FILTER (WHERE s.region IS NOT NULL))[1] AS region,
            (array_agg(s.district ORDER BY s.observed_at DESC, s.page) FILTER (WHERE s.district IS NOT NULL))[1] AS district,
            max(s.observed_at) AS described_at
           FROM lot_page s
          WHERE s.product_id = p.id
         HAVING count(*) > 0) l;
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
     JOIN product_schedule s ON s.product_id = k.product_id;

CREATE OR REPLACE FUNCTION public.create_partitions(p_now timestamp with time zone)
 RETURNS SETOF text
 LANGUAGE plpgsql
AS $function$
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
end $function$
CREATE OR REPLACE FUNCTION public.create_price_partitions(p_now timestamp with time zone)
 RETURNS SETOF text
 LANGUAGE plpgsql
AS $function$
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
end $function$
CREATE OR REPLACE FUNCTION public.drop_raw_pages(p_before timestamp with time zone)
 RETURNS SETOF text
 LANGUAGE plpgsql
AS $function$
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
end $function$
CREATE OR REPLACE FUNCTION public.price_at(p_sku_id bigint, p_at timestamp with time zone)
 RETURNS TABLE(price numeric, old_price numeric, currency character, availability text, since timestamp with time zone, confirmed_until timestamp with time zone, confirmed boolean)
 LANGUAGE sql
 STABLE
AS $function$
  select h.price, h.old_price, h.currency, h.availability,
    h.first_observed_at, h.last_confirmed_at, p_at <= h.last_confirmed_at
  from price_history h
  where h.sku_id = p_sku_id and h.first_observed_at <= p_at
  order by h.first_observed_at desc
  limit 1
$function$
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
    select h.price, h.old_price, h.currency,
      case h.availability when 'i' then 'in_stock' when 'o' then 'out_of_stock' else 'unknown' end as availability,
      h.first_observed_at as since,
      e.confirmed_until,
      p_at <= e.confirmed_until as confirmed
    from price_point h
    cross join lateral (select coalesce(h.last_confirmed_at, s.last_seen_at) as confirmed_until
      from product_schedule s where s.product_id = k.product_id) e
    where h.sku_id = k.id and h.first_observed_at <= p_at
    order by h.first_observed_at desc limit 1) a
$function$
CREATE OR REPLACE FUNCTION public.product_words(p_title text)
 RETURNS tsvector
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN to_tsvector('simple'::regconfig, translate(lower(p_title), (('-/.,:;@_+~&#%=?!*\|()[]{}<>"$^«»„“”—–…•·×№™®°'::text || chr(160)) || '''`‘’ʻʼ'::text), '                                              '::text))
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
grant select on lot to narx_api
grant select on lot to narx_audit
grant select on lot to narx_due
grant select on lot to narx_reader
grant select on lot to narx_store
grant select on lot_item to narx_api
grant select on lot_item to narx_audit
grant select on lot_item to narx_due
grant select on lot_item to narx_reader
grant insert, select, update on lot_item to narx_store
grant select on lot_page to narx_api
grant select on lot_page to narx_audit
grant select on lot_page to narx_due
grant select on lot_page to narx_reader
grant insert, select, update on lot_page to narx_store
grant select on marketplace to narx_api
grant select on marketplace to narx_audit
grant select on marketplace to narx_due
grant select on marketplace to narx_reader
grant insert, select on marketplace to narx_store
grant select on organisation to narx_api
grant select on organisation to narx_audit
grant select on organisation to narx_due
grant select on organisation to narx_reader
grant insert, select, update on organisation to narx_store
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
grant select on price_point to narx_api
grant select on price_point to narx_audit
grant select on price_point to narx_due
grant select on price_point to narx_reader
grant delete, insert, select, update on price_point to narx_store
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
grant select on raw_page to narx_audit
grant select on raw_page to narx_due
grant insert, select on raw_page to narx_store
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

function create_partitions(timestamp with time zone): owner
function create_price_partitions(timestamp with time zone): owner
function drop_raw_pages(timestamp with time zone): owner
function price_at(bigint,timestamp with time zone):
function price_at(timestamp with time zone):
function product_words(text):
function visit_interval(double precision,real,real,real,real,smallint):

role narx_api login: TimeZone=UTC, idle_in_transaction_session_timeout=15s, jit=off, lock_timeout=5s, statement_timeout=5s
role narx_audit login: TimeZone=UTC, idle_in_transaction_session_timeout=15s, lock_timeout=5s, statement_timeout=45s
role narx_due login: TimeZone=UTC, idle_in_transaction_session_timeout=15s, lock_timeout=5s, statement_timeout=15s
role narx_reader login: TimeZone=UTC, default_transaction_read_only=on, idle_in_transaction_session_timeout=1min, lock_timeout=5s, statement_timeout=5min
role narx_store login: TimeZone=UTC, idle_in_transaction_session_timeout=15s, lock_timeout=5s, statement_timeout=15s
