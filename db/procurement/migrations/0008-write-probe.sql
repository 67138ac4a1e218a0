\ir ../../shared/write-probe.sql
