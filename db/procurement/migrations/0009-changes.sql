\ir ../../shared/changes.sql
