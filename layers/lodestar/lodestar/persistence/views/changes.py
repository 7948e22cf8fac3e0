"""The change of a KPI against the period before, in SQL for every reader.

Tests hold it to domain.trends. The parts with a `{0}` are for a row with the columns `absolute`, `previous`
and `gain`; `IN_WORDS` reads `back`, `unit`, `precision` and `aggregation_period` too.
"""


def gain(target_type: str, current: str, previous: str, target: str) -> str:
    """How much better the current value is than the previous one; `target` has the bounds."""
    low, high = f"{target}.target_low", f"{target}.target_high"
    return f"""case {target_type} when 'higher_better' then {current} - {previous}
      when 'lower_better' then {previous} - {current}
      else greatest({low} - {previous}, {previous} - {high}, 0)
        - greatest({low} - {current}, {current} - {high}, 0) end"""


PERCENT = "lodestar.two_decimals(100 * {0}.absolute / nullif(abs({0}.previous), 0))"

DIRECTION = "case when {0}.gain > 0 then 'improving' when {0}.gain < 0 then 'declining' else 'flat' end"

_SIZE = "trim_scale(round(abs({0}.absolute), {0}.precision))"

IN_WORDS = f"""case when {_SIZE} = 0 then 'no change'
    else case when {{0}}.absolute > 0 then '+' else '-' end || {_SIZE} || case
      when {{0}}.unit <> '%' then '' when {_SIZE} = 1 then ' point' else ' points' end
  end || ' from ' || case {{0}}.aggregation_period
    when 'daily' then case {{0}}.back when 0 then 'yesterday' else 'the day before' end
    when 'weekly' then case {{0}}.back when 0 then 'last week' else 'the week before' end
    when 'monthly' then case {{0}}.back when 0 then 'last month' else 'the month before' end
    else case {{0}}.back when 0 then 'last quarter' else 'the quarter before' end
  end"""
"""`+5 from yesterday`, `-3 points from the month before`: `back` 0 is the running period.

In the decimals that the KPI shows; null without a value or a previous one.
"""
