-- Buyers and suppliers. With a tax number (INN) that is who they are, in whatever language or spelling they are named.
-- Private entrepreneurs may have none: then the name is all that is known, and two of one name are one row.
-- named_at: the statement that the name comes from; an older one never replaces it.
create table organisation (
  id       bigint generated always as identity primary key,
  named_at timestamptz not null,
  inn      text,
  name     text not null
);
create unique index organisation_inn on organisation (inn) where inn is not null;
create unique index organisation_name on organisation (name) where inn is null;

-- What each kind of page said last of a lot. Pages state different parts: a list of deals the parties and totals of each
-- lot, the lot's own page its items. What a page says replaces what pages of its kind said before, nulls included.
-- Every visit writes its row (observed_at), so pages are filled to leave room for HOT updates.
-- listed: a row of a list. title: null where the page names items, not the lot. seller_id: of lists only.
-- last_outcome: a redelivery reports the same.
create table lot_page (
  product_id   bigint not null,
  observed_at  timestamptz not null,
  fingerprint  bigint not null,
  seller_id    bigint,
  buyer_id     bigint,
  supplier_id  bigint,
  started_at   timestamptz,
  ends_at      timestamptz,
  dealt_at     timestamptz,
  listed       boolean not null,
  last_outcome "char" not null,
  currency     char(3) not null,
  page         text not null,
  system       text,
  display_no   text,
  deal_id      text,
  start_total  numeric, -- of the whole lot, as final_total: never a unit price
  final_total  numeric,
  title        text,
  status       text,
  category     text,
  region       text,
  district     text,
  more         jsonb,
  primary key (product_id, page)
) with (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05);
create index lot_page_buyer on lot_page (buyer_id) where buyer_id is not null;
create index lot_page_supplier on lot_page (supplier_id) where supplier_id is not null;

-- Of an item (a SKU) besides its unit price: how many units, of what, and what they cost together.
create table lot_item (
  product_id  bigint not null,
  external_id text not null,
  quantity    numeric,
  cost        numeric, -- of all units: never a unit price
  unit        text,
  country     text,
  primary key (product_id, external_id)
);

-- A lot as all its pages describe it: of each fact, what was said last. To find lots by their parties, go through
-- lot_page: its indexes know them.
create view lot as
select p.id as product_id, p.marketplace_id, p.external_id, p.title, l.*
from product p
cross join lateral (
  select
    (array_agg(s.system order by s.observed_at desc, s.page) filter (where s.system is not null))[1] as system,
    (array_agg(s.display_no order by s.observed_at desc, s.page) filter (where s.display_no is not null))[1] as display_no,
    (array_agg(s.deal_id order by s.observed_at desc, s.page) filter (where s.deal_id is not null))[1] as deal_id,
    (array_agg(s.status order by s.observed_at desc, s.page) filter (where s.status is not null))[1] as status,
    (array_agg(s.started_at order by s.observed_at desc, s.page) filter (where s.started_at is not null))[1] as started_at,
    (array_agg(s.ends_at order by s.observed_at desc, s.page) filter (where s.ends_at is not null))[1] as ends_at,
    (array_agg(s.dealt_at order by s.observed_at desc, s.page) filter (where s.dealt_at is not null))[1] as dealt_at,
    (array_agg(s.start_total order by s.observed_at desc, s.page) filter (where s.start_total is not null))[1] as start_total,
    (array_agg(s.final_total order by s.observed_at desc, s.page) filter (where s.final_total is not null))[1] as final_total,
    (array_agg(s.currency order by s.observed_at desc, s.page))[1] as currency,
    (array_agg(s.buyer_id order by s.observed_at desc, s.page) filter (where s.buyer_id is not null))[1] as buyer_id,
    (array_agg(s.supplier_id order by s.observed_at desc, s.page) filter (where s.supplier_id is not null))[1] as supplier_id,
    (array_agg(s.category order by s.observed_at desc, s.page) filter (where s.category is not null))[1] as category,
    (array_agg(s.region order by s.observed_at desc, s.page) filter (where s.region is not null))[1] as region,
    (array_agg(s.district order by s.observed_at desc, s.page) filter (where s.district is not null))[1] as district,
    max(s.observed_at) as described_at
  from lot_page s where s.product_id = p.id
  having count(*) > 0) l;

grant select on organisation, lot_page, lot_item, lot to narx_store, narx_due, narx_audit, narx_api;
grant insert, update on organisation, lot_page, lot_item to narx_store;
