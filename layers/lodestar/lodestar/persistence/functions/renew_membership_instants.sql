-- The days of a company begin at other instants in another timezone.
create or replace function lodestar.renew_membership_instants() returns trigger
language plpgsql set search_path = '' as $$
begin
  update lodestar.memberships set start_date = start_date where company_id = coalesce(new.company_id, old.company_id);
  return null;
end $$;
create or replace trigger renew_instants after insert or update or delete on lodestar.calendars
  for each row execute function lodestar.renew_membership_instants();
