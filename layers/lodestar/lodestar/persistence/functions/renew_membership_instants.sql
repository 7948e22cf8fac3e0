-- The days of a company begin at other instants in another timezone.
create or replace function lodestar.renew_membership_instants() returns trigger
language plpgsql set search_path = '' as $$
begin
  update lodestar.memberships set start_date = start_date where company_id = new.id;
  return null;
end $$;
create or replace trigger renew_instants after update of timezone on lodestar.companies
  for each row when (old.timezone is distinct from new.timezone)
  execute function lodestar.renew_membership_instants();
