-- Tables of a procurement storage domain (deals of the state and their items). A lot is a product of kind l, its items
-- are its SKUs, an item's unit price is the SKU's price: items have the same history as goods in a shop. Totals of a
-- lot are nowhere among them (0004).
--
\ir ../../shared/tables.sql
