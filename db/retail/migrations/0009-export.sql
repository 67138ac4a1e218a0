\ir ../../shared/export.sql
