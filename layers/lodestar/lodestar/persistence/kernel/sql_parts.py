"""SQL for shapes that several views share."""


def where(*conditions: str) -> str:
    """The clause that asks for all of these conditions."""
    return f"where {' and '.join(conditions)}"


def target_json(bounds: str, definition: str) -> str:
    """A target as the API shows it: a number, or min and max. `bounds` is the row that has the two bounds."""
    return f"""case when {bounds}.target_low is null then null
  when {definition}.target_type = 'range' or {bounds}.target_low <> {bounds}.target_high
    then json_build_object('min', {bounds}.target_low, 'max', {bounds}.target_high)
  else to_json({bounds}.target_low) end"""


def is_visible(kpi: str) -> str:
    """Whether the caller may see the numbers of a KPI of the company: what domain.permissions.KpiScope shows.

    Binds `:everything`, `:categories` and `:granted`; `kpi` is the row of the definition.
    """
    return f"""(cast(:everything as boolean) or {kpi}.category = any(cast(:categories as text[]))
    or {kpi}.id = any(cast(:granted as bigint[])))"""


def is_comparable(kpi: str, version: str, earlier: str) -> str:
    """Whether a value of one version of a KPI (its id) may be compared with one of an earlier version.

    Not across a version with another source, unit or roll-up. Of two values of one version nothing is looked
    up. Binds `:company`.
    """
    return f"""({version} = {earlier} or not exists (
      select from lodestar.definition_versions v
      where v.company_id = :company and v.definition_id = {kpi} and v.begins_anew
        and v.version > least({version}, {earlier}) and v.version <= greatest({version}, {earlier})))"""


def is_company_kpi(definition: str) -> str:
    """Whether a definition (its id) is assigned to the company itself, today, earlier or later.

    Binds `:company`.
    """
    return f"""exists (
      select from lodestar.assignments a
      join lodestar.terms t on t.company_id = a.company_id and t.assignment_id = a.id
      where a.company_id = :company and a.definition_id = {definition} and a.subject_type = 'company')"""


def terms_in(assignment: str, first: str, last: str) -> str:
    """The terms of an assignment (its id) for `first`..`last`: those of the last day, else the last there.

    Binds `:company`.
    """
    return f"""
    select t.* from lodestar.terms t
    where t.company_id = :company and t.assignment_id = {assignment} and t.start_date <= {last}
      and (t.end_date is null or t.end_date >= {first})
    order by t.start_date desc limit 1"""


TODAY = "(select lodestar.local_day(:company, cast(:now as timestamptz)))"
"""The company's day. Binds `:company` and `:now`."""


def is_in_team_on(membership: str, day: str) -> str:
    """Whether a day lies in a membership."""
    return f"""{membership}.start_date <= {day}
    and ({membership}.end_date is null or {membership}.end_date >= {day})"""


def team_of_period(user: str, first: str, last: str) -> str:
    """The team that a user counts for in the period from `first` to `last`; null: none. Binds `:company`.

    That of the last day; with no team on that day, that of the last membership that touches the period. The
    newest that begins by the last day is the one or the other, for memberships do not overlap.
    """
    return f"""(select case when s.end_date is null or s.end_date >= {first} then s.team_id end
  from lodestar.memberships s
  where s.company_id = :company and s.user_id = {user} and s.start_date <= {last}
  order by s.start_date desc limit 1)"""


def counts_in_period(membership: str, first: str, last: str) -> str:
    """Whether it is by this membership that its user counts for a team in the period: as `team_of_period`."""
    return f"""{membership}.start_date <= {last} and (
    {membership}.end_date is null or {membership}.end_date >= {last}
    or ({membership}.end_date >= {first} and not exists (
      select from lodestar.memberships later
      where later.company_id = {membership}.company_id and later.user_id = {membership}.user_id
        and later.start_date > {membership}.start_date and later.start_date <= {last})))"""


def team_on(user: str, day: str) -> str:
    """The team that a user is in on a day; null: none. Binds `:company`."""
    return team_of_period(user, day, day)


def listed(name: str, rows: str, key: str = "id", order: str = "asc") -> str:
    """A page of `rows` (columns `key` and `json`) after `:cursor`, as `{name: […], next_cursor}`.

    Binds `:cursor` (null: from the first one on), `:limit` (null: all) and what the rows bind. One row more
    than asked for is read: it tells whether there is a next page.
    """
    beyond, last = (">", "max") if order == "asc" else ("<", "min")
    return f"""
with row as ({rows}),
page as (
  select * from row
  where cast(:cursor as bigint) is null or {key} {beyond} cast(:cursor as bigint)
  order by {key} {order} limit cast(:limit as bigint) + 1
),
shown as (select * from page order by {key} {order} limit cast(:limit as bigint))
select json_build_object(
  '{name}', coalesce((select json_agg(json order by {key} {order}) from shown), '[]'),
  'next_cursor', case when (select count(*) from page) > cast(:limit as bigint)
    then cast((select {last}({key}) from shown) as text) end)"""
