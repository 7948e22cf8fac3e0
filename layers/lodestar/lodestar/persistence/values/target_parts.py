"""The target that a period will be judged by, in SQL: of what is not measured yet.

The rule is that of domain/targets_in_force.py, which decides whenever a value is measured.
"""

from lodestar.domain.definitions import Rollup
from lodestar.domain.sources import METHODS_THAT_ADD_UP
from lodestar.domain.targets import TargetOrigin
from lodestar.persistence.kernel.sql_parts import terms_in

_ADDING_METHODS = ", ".join(f"'{method}'" for method in sorted(METHODS_THAT_ADD_UP))


def target_planned(kpi: str, assignment: str, default: str, period: str, is_missing: str) -> str:
    """`target_low`, `target_high` and `target_origin` of a period, where `is_missing` holds; at most one row.

    `kpi` is a row with `definition_id`, `rollup` and `data_source` of the definition, `default` one with the
    bounds of the terms, `assignment` the assignment's id, `period` a row with `period_start` and
    `period_end`. Binds `:company`.
    """
    terms = terms_in(assignment="a.id", first=f"{period}.period_start", last=f"{period}.period_end")
    return f"""
    select o.target_low, o.target_high, o.target_origin
    from (
      select 1 as rank, r.period_end - r.period_start as days, r.created_at, r.target_low, r.target_high,
        '{TargetOrigin.RANGE}' as target_origin
      from lodestar.targets r
      where r.company_id = :company and r.assignment_id = {assignment}
        and {period}.period_end between r.period_start and r.period_end
      union all
      select 2, 0, null, {default}.target_low, {default}.target_high, '{TargetOrigin.ASSIGNMENT_DEFAULT}'
      union all
      select 3, r.period_end - r.period_start, r.created_at, r.target_low, r.target_high,
        '{TargetOrigin.COMPANY}'
      from lodestar.targets r
      where r.company_id = :company and r.definition_id = {kpi}.definition_id and r.assignment_id is null
        and {period}.period_end between r.period_start and r.period_end and {_is_goal(kpi, period)}
      union all
      select 4, 0, null, t.target_low, t.target_high, '{TargetOrigin.COMPANY}'
      from lodestar.assignments a
      cross join lateral ({terms}) as t
      where a.company_id = :company and a.definition_id = {kpi}.definition_id
        and a.subject_type = 'company' and {_is_goal(kpi, period)}
    ) o
    where {is_missing} and o.target_low is not null
    order by o.rank, o.days, o.created_at desc limit 1"""


def _is_goal(kpi: str, period: str) -> str:
    """Whether a target of the company is a goal for each: not where values add up, unless it says so.

    Binds `:company`.
    """
    terms = terms_in(assignment="g.id", first=f"{period}.period_start", last=f"{period}.period_end")
    return f"""(not ({kpi}.rollup = '{Rollup.SUM}' or {kpi}.data_source ->> 'type' = 'records'
          and {kpi}.data_source ->> 'method' in ({_ADDING_METHODS}))
        or exists (
          select from lodestar.assignments g
          cross join lateral ({terms}) as s
          where g.company_id = :company and g.definition_id = {kpi}.definition_id
            and g.subject_type = 'company' and s.for_people))"""
