\ir ../../shared/archive.sql
