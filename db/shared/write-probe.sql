-- What the gatekeeper's probe writes to see whether the database takes writes again; nobody reads it. One row fills a page,
-- stored as it is: rows that were compressed would not need the disk space that the probe is about.
create table write_probe (
  page text not null
);
alter table write_probe alter column page set storage plain;

grant insert, truncate on write_probe to narx_store;
