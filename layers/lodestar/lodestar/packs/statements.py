"""The SQL of source tables, put together from their declarations; whatever a client sends is bound."""

from collections.abc import Iterable

from lodestar.packs.source_tables import Reference, SourceTable
from lodestar.persistence.kernel.sql_parts import listed


def upsert(table: SourceTable) -> str:
    """Write `:rows` by their key; a row that is there with the same content is not written again.

    Binds `:company` and, of an owned table, `:owner`. Answers how many were created and updated.
    """
    columns = list(table.columns)
    names = ", ".join(columns)
    owner_column, owner = (", user_id", ", cast(:owner as bigint)") if table.is_owned else ("", "")
    changed = ", ".join(f"{column} = excluded.{column}" for column in columns if column not in table.key)
    return f"""
with incoming as materialized (
  select {names} from jsonb_to_recordset(cast(:rows as jsonb))
    as t({", ".join(f"{name} {kind}" for name, kind in table.columns.items())})
),
written as (
  insert into {table.relation} as r (company_id{owner_column}, {names})
  select :company{owner}, {_of("i", columns)} from incoming i
  where not exists (
    select from {table.relation} r
    where {_mine("r", table)} and ({_of("r", table.key)}) = ({_of("i", table.key)})
      and ({_of("r", columns)}) is not distinct from ({_of("i", columns)}))
  order by {_of("i", table.key)}
  on conflict (company_id, {", ".join(table.identity)}) do update set {changed}, updated_at = now()
  returning (xmax = 0) as is_new
)
select count(*) filter (where is_new) as created, count(*) filter (where not is_new) as updated
from written"""


def keys_found(table: SourceTable, reference: Reference) -> str:
    """Which of `:keys` the referenced table has; they stay there until the transaction ends."""
    return f"""select r.{reference.key} as key from {reference.relation} r
where {_mine("r", table)}
  and r.{reference.key} = any(array(select jsonb_array_elements_text(cast(:keys as jsonb))))
order by r.{reference.key} for key share"""


def make_keys(reference: Reference) -> str:
    """Make the referenced rows of `:keys` that are missing."""
    return f"""insert into {reference.relation} (company_id, {reference.key})
select :company, key from jsonb_array_elements_text(cast(:keys as jsonb)) as key
where not exists (
  select from {reference.relation} r where r.company_id = :company and r.{reference.key} = key)
order by key
on conflict (company_id, {reference.key}) do nothing"""


def delete(table: SourceTable) -> str:
    """Delete the row of `:id`."""
    return f"delete from {table.relation} r where {_mine('r', table)} and r.id = :id"


def page(table: SourceTable) -> str:
    """A page of rows in the order of their ids, for `find_view`.

    Binds a parameter for each column of the key and of the filters (texts), and `since` and `until` where
    the table has a day: null stands for any.
    """
    shown = ", ".join(f"'{name}', {table.shown.get(name, f'r.{name}')}" for name in table.columns)
    conditions = [_mine("r", table)]
    conditions += [
        f"(cast(:{name} as text) is null or cast(r.{name} as text) = :{name})" for name in filters_of(table)
    ]
    if table.day is not None:
        kind = table.columns[table.day]
        conditions.append(f"(cast(:since as {kind}) is null or r.{table.day} >= cast(:since as {kind}))")
        conditions.append(f"(cast(:until as {kind}) is null or r.{table.day} < cast(:until as {kind}))")
    rows = (
        f"select r.id, json_build_object('id', r.id, {shown}) as json from {table.relation} r "
        f"where {' and '.join(conditions)}"
    )
    return listed("rows", rows)


def filters_of(table: SourceTable) -> list[str]:
    """The columns that a list of the table can be filtered by."""
    return list(dict.fromkeys([*table.key, *table.filters]))


def _mine(alias: str, table: SourceTable) -> str:
    """Whether a row is of the company and, of an owned table, of `:owner`."""
    of_company = f"{alias}.company_id = :company"
    return f"{of_company} and {alias}.user_id = :owner" if table.is_owned else of_company


def _of(alias: str, columns: Iterable[str]) -> str:
    return ", ".join(f"{alias}.{column}" for column in columns)
