"""Companies, teams and users as the API shows them."""

from lodestar.persistence.views.shapes import listed

_COMPANY = """select c.id, json_build_object('id', c.id, 'name', c.name, 'timezone', c.timezone,
  'week_start', c.week_start, 'fiscal_year_start_month', c.fiscal_year_start_month, 'currency', c.currency,
  'score_cap', c.score_cap, 'admin', (
    select json_build_object('id', u.id, 'email', u.email) from lodestar.users u
    where u.company_id = c.id and u.role = 'admin' and u.is_active order by u.id limit 1)) as json
from lodestar.companies c where not c.is_platform"""
# Row-level security shows the admin of the bound company only; in a list of companies it is null.

_TEAM = """select t.id, json_build_object('id', t.id, 'name', t.name, 'manager_id', t.manager_id,
  'is_active', t.is_active) as json
from lodestar.teams t where t.company_id = :company"""

_USER = """select u.id, json_build_object('id', u.id, 'name', u.name, 'email', u.email, 'role', u.role,
  'team_id', u.team_id, 'timezone', u.timezone, 'external_ids', u.external_ids,
  'is_active', u.is_active) as json
from lodestar.users u where u.company_id = :company"""

# `q` looks for its text anywhere in name or email address; % and _ are taken literally.
_FILTERED_USER = f"""{_USER}
  and (cast(:team_id as bigint) is null or u.team_id = cast(:team_id as bigint))
  and (cast(:role as text) is null or u.role = cast(:role as text))
  and (cast(:is_active as boolean) is null or u.is_active = cast(:is_active as boolean))
  and (cast(:q as text) is null
    or position(lower(cast(:q as text)) in lower(u.name || ' ' || u.email)) > 0)"""


def _one(rows: str) -> str:
    return f"select json from ({rows}) as r where r.id = :id"


PEOPLE = {
    "company": _one(_COMPANY),
    "companies": listed("companies", _COMPANY),
    "team": _one(_TEAM),
    "teams": listed("teams", f"{_TEAM} and t.is_active"),
    "user": _one(_USER),
    "users": listed("users", _FILTERED_USER),
}
