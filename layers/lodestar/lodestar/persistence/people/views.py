"""Companies, teams, users and a company's own roles as the API shows them."""

from lodestar.domain.companies import Retention
from lodestar.domain.permissions import NOTES_ON_KEYS
from lodestar.persistence.kernel.sql_parts import TODAY, is_in_team_on, listed, where

KEPT = Retention()
"""For how long a company keeps things that has not said otherwise."""


def _companies(*further: str) -> str:
    """The companies, with further fields in JSON. Binds `:company` and `:at`, and what `further` binds.

    The calendar's rules are those that count at `:at`, beside all of its versions. Row-level security shows
    the admin and the retention of the bound company only; in a list of companies they are null.
    """
    fields = ", ".join(
        [
            f"""'id', c.id, 'name', c.name, 'timezone', v.timezone, 'week_start', v.week_start,
  'fiscal_year_start_month', v.fiscal_year_start_month, 'calendars', lodestar.calendar_versions(c.id),
  'currency', c.currency, 'score_cap', c.score_cap, 'min_group_size', c.min_group_size,
  'retention', case when c.id = :company then (
    select json_build_object('outcome_days', coalesce(max(r.outcome_days), {KEPT.outcome_days}),
      'answer_days', coalesce(max(r.answer_days), {KEPT.answer_days}))
    from lodestar.retention r where r.company_id = c.id) end, 'admin', (
    select json_build_object('id', u.id, 'email', u.email) from lodestar.users u
    where u.company_id = c.id and u.role = 'admin' and u.is_active order by u.id limit 1)""",
            *further,
        ]
    )
    return f"""select c.id, json_build_object({fields}) as json
from lodestar.companies c, lateral (
  select * from lodestar.calendars
  where company_id = c.id and effective_from <= lodestar.local_day(c.id, cast(:at as timestamptz))
  order by effective_from desc limit 1) as v
where not c.is_platform"""


def _teams(*conditions: str) -> str:
    """The teams of `:company` that meet the conditions on `t`."""
    return f"""select t.id, json_build_object('id', t.id, 'name', t.name, 'manager_id', t.manager_id,
  'is_active', t.is_active) as json
from lodestar.teams t {where("t.company_id = :company", *conditions)}"""


def _users(*conditions: str) -> str:
    """The users of `:company` that meet the conditions on `u`, and on `s`, their membership of today.

    A planned move is the first day ahead on which another team counts, or none. Binds `:company` and `:now`.
    """
    return f"""select u.id, json_build_object('id', u.id, 'name', u.name, 'email', u.email, 'role', u.role,
  'team_id', s.team_id, 'team_since', s.start_date, 'planned_move', case
    when s.end_date < coalesce(n.start_date - 1, 'infinity')
      then json_build_object('team_id', null, 'effective_from', s.end_date + 1)
    when n.start_date is not null
      then json_build_object('team_id', n.team_id, 'effective_from', n.start_date) end,
  'timezone', u.timezone, 'external_ids', u.external_ids, 'is_active', u.is_active) as json
from lodestar.users u
left join lodestar.memberships s on s.company_id = u.company_id and s.user_id = u.id
  and {is_in_team_on("s", TODAY)}
left join lateral (
  select f.team_id, f.start_date from lodestar.memberships f
  where f.company_id = u.company_id and f.user_id = u.id and f.start_date > {TODAY}
  order by f.start_date limit 1) as n on true
{where("u.company_id = :company", *conditions)}"""


# `teams`: those that the caller manages, whose people are all that they see; null is everybody.
# `q` looks for its text anywhere in name or email address; % and _ are taken literally.
_IS_ASKED_FOR = """(cast(:team_id as bigint) is null or s.team_id = cast(:team_id as bigint))
  and (cast(:teams as bigint[]) is null or s.team_id = any(cast(:teams as bigint[])))
  and (cast(:role as text) is null or u.role = cast(:role as text))
  and (cast(:is_active as boolean) is null or u.is_active = cast(:is_active as boolean))
  and (cast(:q as text) is null
    or position(lower(cast(:q as text)) in lower(u.name || ' ' || u.email)) > 0)"""


# As for users: the teams that the caller manages; null is all.
_IS_MANAGED = "(cast(:teams as bigint[]) is null or t.id = any(cast(:teams as bigint[])))"


def _one(rows: str) -> str:
    """The row of `:id`."""
    return f"select json from ({rows}) as r where r.id = :id"


_NOTES = ", ".join(
    f"case when '{key}' = any(r.permissions) then '{note}' end" for key, note in NOTES_ON_KEYS.items()
)
_ROLE = f"""select r.id, json_build_object('id', r.id, 'name', r.name, 'description', r.description,
  'permissions', r.permissions, 'notes', array_remove(array[{_NOTES}], null)) as json
from lodestar.roles r where r.company_id = :company"""

# `built_in`: the roles that every company has, as JSON.
_ROLES = f"""select cast(page.v as jsonb) || jsonb_build_object('built_in', cast(:built_in as jsonb))
from ({listed("roles", _ROLE)}) as page(v)"""

_CHANGED_USER = f"""select cast(one.v as jsonb) || jsonb_build_object('run_id', cast(:run_id as bigint))
from ({_one(_users())}) as one(v)"""

PEOPLE = {
    # Binds :company, :id, :at.
    "company": _one(_companies()),
    # Binds :company, :id, :at, :calendar_effects (as JSON, or null).
    "changed_company": _one(_companies("'calendar_effects', cast(:calendar_effects as json)")),
    # Binds :company, :at, :cursor, :limit.
    "companies": listed("companies", _companies()),
    # Binds :company, :id.
    "team": _one(_teams()),
    # Binds :company, :teams, :cursor, :limit.
    "teams": listed("teams", _teams("t.is_active", _IS_MANAGED)),
    # Binds :company, :now, :id.
    "user": _one(_users()),
    # Binds :company, :now, :id, :run_id.
    "changed_user": _CHANGED_USER,
    # Binds :company, :now, :team_id, :teams, :role, :is_active, :q, :cursor, :limit.
    "users": listed("users", _users(_IS_ASKED_FOR)),
    # Binds :company, :id.
    "role": _one(_ROLE),
    # Binds :company, :built_in, :cursor, :limit.
    "roles": _ROLES,
}
