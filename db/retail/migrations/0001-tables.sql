-- Tables of a retail storage domain (shops and classified ads).
--
\ir ../../shared/tables.sql
