\ir ../../shared/roles.sql
