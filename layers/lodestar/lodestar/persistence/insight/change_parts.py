"""The change of a KPI against the periods before, in SQL for every reader.

The rules run here only; tests hold them to an oracle in Python. `row` has the columns `absolute` (the current
value less the previous one), `previous` and `gain`.
"""

from lodestar.domain.trends import Direction
from lodestar.persistence.kernel.sql_parts import is_comparable


def gain(target_type: str, current: str, previous: str, target: str) -> str:
    """How much better the current value is than the previous one; `target` is the row that has the bounds."""
    low, high = f"{target}.target_low", f"{target}.target_high"
    return f"""case {target_type} when 'higher_better' then {current} - {previous}
      when 'lower_better' then {previous} - {current}
      else greatest({low} - {previous}, {previous} - {high}, 0)
        - greatest({low} - {current}, {current} - {high}, 0) end"""


def target_type_of(kpi: str, version: str, newest: str) -> str:
    """Which way was good by a version of a KPI (its id): that of the value, whatever is good today.

    `newest` is a row with its `newest_version` and the `target_type` of that. Binds `:company`.
    """
    return f"""(case when {version} = {newest}.newest_version then {newest}.target_type else coalesce((
      select v.body ->> 'target_type' from lodestar.definition_versions v
      where v.company_id = :company and v.definition_id = {kpi} and v.version = {version}),
      {newest}.target_type) end)"""


def comparable_series(kpi: str, values: str, versions: str, reference: str, newest: int | str = 1) -> str:
    """Six values in a row as JSON, oldest first; null for each that may not be compared with the newest.

    `values` and the `versions` that gave them are arrays, newest first, of which the row begins at `newest`;
    `reference` is the version that they are compared with. Binds `:company`.
    """
    return f"""(
    select json_agg(case when ({values})[n.back] is not null
        and {is_comparable(kpi, reference, f"({versions})[n.back]")}
      then ({values})[n.back] end order by n.back desc)
    from generate_series({newest}, {newest} + 5) as n(back))"""


def percent_of(row: str) -> str:
    """The change in percent of |previous|, two decimals half-even; null where that is 0."""
    return f"lodestar.two_decimals(100 * {row}.absolute / nullif(abs({row}.previous), 0))"


def direction_of(row: str) -> str:
    """Whether the change is for the better; flat where nothing is known of what would be."""
    return f"""case when {row}.gain > 0 then '{Direction.IMPROVING}'
    when {row}.gain < 0 then '{Direction.DECLINING}' else '{Direction.FLAT}' end"""


def change_in_words(row: str) -> str:
    """`+5 from yesterday`; the row has `unit`, `precision`, `aggregation_period` and `back` as well.

    `back` is how many periods before the running one the value belongs to.
    """
    return (
        f"lodestar.change_in_words({row}.absolute, {row}.unit, {row}.precision, "
        f"{row}.aggregation_period, {row}.back)"
    )
