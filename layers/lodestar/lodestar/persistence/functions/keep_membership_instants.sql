-- A membership is a span of instants too, [starts_at, ends_at), so that a raw row finds its team by comparing
-- numbers: whoever writes a membership or a company's timezone need not think of it.
create or replace function lodestar.keep_membership_instants() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.starts_at := lodestar.day_start(new.company_id, new.start_date);
  new.ends_at := coalesce(lodestar.day_start(new.company_id, new.end_date + 1), 'infinity');
  return new;
end $$;
create or replace trigger keep_instants before insert or update on lodestar.memberships
  for each row execute function lodestar.keep_membership_instants();
