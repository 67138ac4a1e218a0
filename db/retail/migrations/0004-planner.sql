\ir ../../shared/planner.sql
