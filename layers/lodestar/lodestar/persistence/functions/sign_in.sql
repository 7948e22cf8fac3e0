-- One call and one round trip: finds the person of a token, binds the transaction to that person's company
-- and tells what the permissions need. NULL: no such active person.
-- "The teams they manage, and all below": a team is below when its manager sits in a managed team today, the
-- company's day at `p_at`.
-- Beyond the built-in role they may hold the keys of a role of the company's own, and grants on single KPIs;
-- those of the role are among them.
create or replace function lodestar.sign_in(p_sub text, p_at timestamptz) returns jsonb
language plpgsql set search_path = '' as $$
declare
  who lodestar.identities;
  today date;
  answer jsonb;
begin
  select * into who from lodestar.identities where sub = p_sub;
  if not found then
    return null;
  end if;
  perform set_config('lodestar.company_id', who.company_id::text, true);
  today := lodestar.local_day(who.company_id, p_at);
  with recursive managed(id) as (
    select t.id from lodestar.teams t
    where t.company_id = who.company_id and t.manager_id = who.user_id and t.is_active
    union
    select t.id from managed m
    join lodestar.memberships s on s.company_id = who.company_id and s.team_id = m.id
      and s.start_date <= today and (s.end_date is null or s.end_date >= today)
    join lodestar.users u on u.company_id = who.company_id and u.id = s.user_id and u.is_active
    join lodestar.teams t on t.company_id = who.company_id and t.manager_id = u.id and t.is_active
  )
  select jsonb_build_object(
    'user_id', u.id, 'name', u.name, 'email', u.email, 'role', u.role, 'team_id', (
      select s.team_id from lodestar.memberships s
      where s.company_id = who.company_id and s.user_id = u.id
        and s.start_date <= today and (s.end_date is null or s.end_date >= today)),
    'timezone', u.timezone,
    'managed_team_ids', coalesce((select jsonb_agg(id order by id) from managed), '[]'),
    'role_permissions', (
      select to_jsonb(r.permissions) from lodestar.roles r
      where r.company_id = who.company_id and r.name = u.role),
    'grants', coalesce((
      select jsonb_agg(to_jsonb(g)) from (
        select definition_id, bool_or(can_view) as can_view, bool_or(can_edit) as can_edit,
          bool_or(can_set_targets) as can_set_targets
        from lodestar.grants
        where company_id = who.company_id and (user_id = u.id or role = u.role)
        group by definition_id) as g), '[]'),
    'company', jsonb_build_object(
      'id', c.id, 'name', c.name, 'calendars', lodestar.calendar_versions(c.id),
      'currency', c.currency, 'score_cap', c.score_cap, 'min_group_size', c.min_group_size))
  into answer
  from lodestar.users u join lodestar.companies c on c.id = u.company_id
  where u.company_id = who.company_id and u.id = who.user_id and u.is_active;
  return answer;
end $$;
grant execute on function lodestar.sign_in(text, timestamptz) to lodestar_app;
