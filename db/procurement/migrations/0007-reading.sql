\ir ../../shared/reading.sql
-- Of raw pages the API says nothing: where they are kept is for auditors.
revoke select on raw_page from narx_api;
grant select on lot, lot_page, lot_item, organisation to narx_reader;
