-- A month that was put back is what its files say, or it is worth nothing: nobody writes it, its owner included. While it is being
-- filled it is no partition yet, and attaching it brings the trigger along.
create function refuse_writing() returns trigger language plpgsql as $$
begin
  raise exception 'A restored month is read-only.' using hint = 'To give its space back: npx narx archive release';
end $$;
create trigger read_only before insert or update or delete on price_point_restored
  for each row execute function refuse_writing();

-- price_point_time is one of the same column, in smaller ranges.
drop index price_point_first_observed;
