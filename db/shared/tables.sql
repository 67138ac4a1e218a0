-- No foreign keys on what the store writes in bulk: each check would lock and rewrite the row it points to. The store
-- creates both ends in one transaction; the audit looks for orphans.
--
-- One-letter codes: kind p product, a ad, l lot, s listing; availability i in stock, o out of stock, u unknown;
-- outcome s stored, u unchanged, g gone; hidden_before n nothing, e earlier, l later, a anything (docs/price-history.md).

create table marketplace (
  id   smallint generated always as identity primary key,
  code text not null unique
);

-- titled_at: the observation that the title comes from; an older one never replaces it.
create table seller (
  id             bigint generated always as identity primary key,
  titled_at      timestamptz not null,
  marketplace_id smallint not null,
  external_id    text not null,
  title          text not null,
  unique (marketplace_id, external_id)
);

create table category (
  id             bigint generated always as identity primary key,
  parent_id      bigint,
  titled_at      timestamptz not null,
  marketplace_id smallint not null,
  external_id    text not null,
  title          text not null,
  unique (marketplace_id, external_id)
);

-- Whatever a reference points at. No title: discovered, not seen yet.
create table product (
  id             bigint generated always as identity primary key,
  seller_id      bigint,
  category_id    bigint,
  marketplace_id smallint not null,
  kind           "char" not null check (kind in ('p', 'a', 'l', 's')),
  external_id    text not null,
  title          text,
  unique (marketplace_id, kind, external_id)
);

-- The current state of one SKU. It repeats the SKU's newest price point, so that a re-check compares without reading
-- history. listed: it was in the product's newest snapshot; its newest price point is open exactly then.
create table sku (
  id               bigint generated always as identity primary key,
  product_id       bigint not null,
  point_started_at timestamptz not null,
  listed           boolean not null,
  availability     "char" not null check (availability in ('i', 'o', 'u')),
  currency         char(3) not null,
  external_id      text not null,
  price            numeric,
  old_price        numeric,
  title            text,
  unique (product_id, external_id)
) with (fillfactor = 90);

-- The one row that every visit writes. Nothing that a visit sets is indexed and pages are filled to less than half, so
-- that one transaction can rewrite all rows of a page as HOT updates: no index is touched, old versions are pruned in place.
create table product_schedule (
  product_id         bigint primary key,
  next_due           double precision not null,     -- virtual days; the smallest is next
  last_seen_at       timestamptz,                   -- newest snapshot: until then its listed SKUs are confirmed
  last_change_at     timestamptz,                   -- newest snapshot that changed something
  fingerprint        bigint,                        -- of that newest snapshot; null: unknown
  missing_since      timestamptz,                   -- first of the checks since last_seen_at that found nothing
  missing_checked_at timestamptz,                   -- newest of them
  weight             real not null default 1,
  rate_a             real not null default 0.5,     -- changes a day ~ Gamma(rate_a, rate_b)
  rate_b             real not null default 2.5,
  change_share       real not null default 0.75,    -- share of SKUs that move when the product changes
  marketplace_id     smallint not null,
  missing_checks     smallint not null default 0,   -- gone from the third on
  last_outcome       "char"                         -- of the newest visit: a redelivery reports the same
) with (fillfactor = 45, autovacuum_vacuum_scale_factor = 0.02);
create index product_schedule_due on product_schedule (marketplace_id, next_due);

-- Virtual now of each marketplace: the largest next_due that was ever claimed.
create table schedule_clock (
  marketplace_id smallint primary key,
  v              double precision not null default 0,
  speed          double precision not null default 1 -- virtual days per real day
);

-- A stretch of equal values. last_confirmed_at null: open, confirmed until the product's last_seen_at.
create table price_point (
  sku_id            bigint not null,
  first_observed_at timestamptz not null,
  last_confirmed_at timestamptz,
  availability      "char" not null check (availability in ('i', 'o', 'u')),
  hidden_before     "char" not null default 'n' check (hidden_before in ('n', 'e', 'l', 'a')),
  suspect           boolean not null default false, -- price moved 100-fold or more
  currency          char(3) not null,
  price             numeric,
  old_price         numeric,
  primary key (sku_id, first_observed_at),
  check (last_confirmed_at >= first_observed_at)
) partition by range (first_observed_at);
