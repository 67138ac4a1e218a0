\ir ../../shared/restored.sql
