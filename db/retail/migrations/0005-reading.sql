\ir ../../shared/reading.sql
