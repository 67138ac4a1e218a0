\ir ../../shared/history.sql
