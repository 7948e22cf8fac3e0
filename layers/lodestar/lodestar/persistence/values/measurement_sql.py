"""The statements that write measurements: thousands at once, and only those that change."""

from lodestar.domain.measurements import MeasurementState

JUDGED_COLUMNS = (
    "definition_version, value, no_data_reason, missing_data, target_low, target_high, target_origin, "
    "weight, score_cap, covered_days, is_partial, achievement, status"
)
"""The columns of a measurement that a calculation gives, beside its key and state."""

ALL_COLUMNS = (
    "company_id, assignment_id, period_start, period_end, definition_version, value, no_data_reason, "
    "missing_data, target_low, target_high, target_origin, weight, score_cap, covered_days, is_partial, "
    "achievement, status, state, entered_by, notes, meta_data, run_id, revision, first_calculated_at, "
    "calculated_at"
)
"""Every column of a measurement, which are those of its past versions too."""


def _of(row: str, columns: str) -> str:
    """The columns of a row, one by one."""
    return ", ".join(f"{row}.{column}" for column in columns.split(", "))


def _set_to_new(columns: str) -> str:
    """What an upsert sets these columns to: the new row's."""
    return ", ".join(f"{column} = excluded.{column}" for column in columns.split(", "))


def past_version(row: str, reason: str, run: str, author: str) -> str:
    """The columns of `revisions` for a measurement `row` that ends now. Binds `:at`."""
    return f"""{_of(row, ALL_COLUMNS)}, {reason}, cast({run} as bigint), cast({author} as bigint),
    cast(:at as timestamptz)"""


REVISION_COLUMNS = f"{ALL_COLUMNS}, reason, replaced_by_run, author_id, replaced_at"
"""Every column of a past version."""


def _incoming() -> str:
    """The new rows of a calculation, as arrays of their columns.

    A batch has thousands of rows of few kinds: what the rows of a kind share travels once, and each row
    names its kind by number. Binds `:kind`, `:assignment_id`, `:value`, `:target_low`, `:target_high` and
    `:achievement` of each row; `:period_start`, `:period_end`, `:definition_version`, `:no_data_reason`,
    `:missing_data`, `:target_origin`, `:weight`, `:score_cap`, `:covered_days`, `:is_partial`, `:status`,
    `:state` and `:is_entered` of each kind.
    """
    return """
  select * from unnest(
    cast(:kind as integer[]), cast(:assignment_id as bigint[]), cast(:value as numeric[]),
    cast(:target_low as numeric[]), cast(:target_high as numeric[]), cast(:achievement as numeric[])
  ) as r(kind, assignment_id, value, target_low, target_high, achievement)
  join unnest(
    cast(:period_start as date[]), cast(:period_end as date[]), cast(:definition_version as integer[]),
    cast(:no_data_reason as text[]), cast(:missing_data as text[]), cast(:target_origin as text[]),
    cast(:weight as numeric[]), cast(:score_cap as numeric[]), cast(:covered_days as smallint[]),
    cast(:is_partial as boolean[]), cast(:status as text[]), cast(:state as text[]),
    cast(:is_entered as boolean[])
  ) with ordinality as k(period_start, period_end, definition_version, no_data_reason, missing_data,
    target_origin, weight, score_cap, covered_days, is_partial, status, state, is_entered, kind)
  using (kind)"""


def _is_same(row: str) -> str:
    """Whether the stored measurement `m` says what a new row says."""
    return f"""({_of("m", JUDGED_COLUMNS)})
  is not distinct from
  ({_of(row, JUDGED_COLUMNS)})
  and (m.state = 'open') = ({row}.state = 'open')"""


def _gives_way(is_entered: str, row: str) -> str:
    """Whether the stored measurement `m` may become the new row, as far as somebody entered it.

    An entered value beats what its own version calculates, but may get another standard or become final;
    what a later version calculates takes its place.
    """
    return f"""(case when {is_entered}
      then m.entered_by is not null and m.value is not distinct from {row}.value
      else m.entered_by is null or m.definition_version < {row}.definition_version end)"""


# The filter before the insert spares a repeat all writing (a conflicting insert dirties pages even where
# its update is suppressed); the guards on the update hold against a rival that commits in between.
# `calculated_at` decides between two calculations.
# Binds :company, :run_id, :at, and the new rows.
UPSERT = f"""
with incoming as materialized ({_incoming()}),
wanted as materialized (
  select i.*, m.entered_by from incoming i
  left join lodestar.measurements m on m.company_id = :company and m.assignment_id = i.assignment_id
    and m.period_start = i.period_start and m.period_end = i.period_end
  where m.company_id is null and not i.is_entered
    or not ({_is_same(row="i")}) and {_gives_way("i.is_entered", row="i")}
),
written as (
  insert into lodestar.measurements as m (
    company_id, assignment_id, period_start, period_end, {JUDGED_COLUMNS}, state, entered_by, run_id,
    first_calculated_at, calculated_at)
  select :company, i.assignment_id, i.period_start, i.period_end, {_of("i", JUDGED_COLUMNS)}, i.state,
    case when i.is_entered then i.entered_by end, cast(:run_id as bigint), cast(:at as timestamptz),
    cast(:at as timestamptz)
  from wanted i
  order by i.assignment_id, i.period_start
  on conflict (company_id, assignment_id, period_start, period_end) do update set
    {_set_to_new(JUDGED_COLUMNS)}, run_id = excluded.run_id, calculated_at = excluded.calculated_at,
    entered_by = excluded.entered_by, revision = m.revision + 1,
    notes = case when m.entered_by is null or excluded.entered_by is not null then m.notes else '' end,
    state = case when m.state = 'open' then excluded.state else 'restated' end
  where m.calculated_at <= excluded.calculated_at and (m.state = 'open' or excluded.state <> 'open')
    and {_gives_way("excluded.entered_by is not null", row="excluded")}
    and not ({_is_same(row="excluded")})
  returning m.assignment_id, m.period_start, m.period_end, m.revision, m.state
),
revised as (
  insert into lodestar.revisions ({REVISION_COLUMNS})
  select {past_version("m", "'recalculated'", ":run_id", "null")}
  from written w join lodestar.measurements m
    on m.company_id = :company and m.assignment_id = w.assignment_id and m.period_start = w.period_start
    and m.period_end = w.period_end
  where w.revision > 1 and (m.state <> 'open' or m.entered_by is not null)
)
select json_agg(assignment_id) as assignment_ids, json_agg(period_start) as period_starts,
  json_agg(period_end) as period_ends, json_agg(revision) as revisions, json_agg(state) as states
from written"""
# It answers columns, not rows: decoding 10,000 rows took the driver several times as long.
# In one statement every part sees the rows as they were before it: `revised` reads the old values.

# Whoever enters values holds the company's lock on them, so that nobody else has just made the first one.
# `locked` makes `before` run first: a row that this statement has written can no longer be locked by it.
# Binds :company, :author, :at, :rows.
ENTER = f"""
with incoming as materialized (
  select * from jsonb_to_recordset(cast(:rows as jsonb)) as t(assignment_id bigint, period_start date,
    period_end date, definition_version integer, value numeric, no_data_reason text, missing_data text,
    target_low numeric, target_high numeric, target_origin text, weight numeric, score_cap numeric,
    covered_days smallint, is_partial boolean, achievement numeric, status text, state text, notes text,
    meta_data jsonb)
),
before as (
  select m.* from lodestar.measurements m join incoming i using (assignment_id, period_start, period_end)
  where m.company_id = :company
  order by m.assignment_id, m.period_start
  for update of m
),
written as (
  insert into lodestar.measurements as m (
    company_id, assignment_id, period_start, period_end, {JUDGED_COLUMNS}, state, entered_by, notes,
    meta_data, first_calculated_at, calculated_at)
  select :company, i.assignment_id, i.period_start, i.period_end, {_of("i", JUDGED_COLUMNS)}, i.state,
    cast(:author as bigint), i.notes, i.meta_data, cast(:at as timestamptz), cast(:at as timestamptz)
  from incoming i, (select count(*) from before) as locked
  order by i.assignment_id, i.period_start
  on conflict (company_id, assignment_id, period_start, period_end) do update set
    {_set_to_new(JUDGED_COLUMNS)}, entered_by = excluded.entered_by, notes = excluded.notes,
    meta_data = excluded.meta_data, run_id = null, calculated_at = excluded.calculated_at,
    revision = m.revision + 1,
    state = case when m.state = 'open' then excluded.state else 'restated' end
  where (m.notes, m.meta_data) is distinct from (excluded.notes, excluded.meta_data)
    or m.entered_by is null or not ({_is_same(row="excluded")})
  returning m.assignment_id, m.period_start, m.period_end, m.revision, m.state
),
revised as (
  insert into lodestar.revisions ({REVISION_COLUMNS})
  select {past_version("b", "'corrected'", "null", ":author")}
  from written w join before b using (assignment_id, period_start, period_end)
)
select assignment_id, period_start, period_end, revision, state from written"""

# Binds :company, :at, :author, :reason, :run_id, :ids, :starts, :ends.
WITHDRAW = f"""
with gone as (
  delete from lodestar.measurements m
  using unnest(cast(:ids as bigint[]), cast(:starts as date[]), cast(:ends as date[]))
    as k(assignment_id, period_start, period_end)
  where m.company_id = :company and m.assignment_id = k.assignment_id and m.period_start = k.period_start
    and m.period_end = k.period_end
  returning m.*
)
insert into lodestar.revisions ({REVISION_COLUMNS})
select {past_version("g", ":reason", ":run_id", ":author")} from gone g"""

# The newest past version of each slot, if it was withdrawn and somebody had entered it. It comes back open:
# the terms that cover it now are others, and the run that follows judges it by them.
# Binds :company, :at, :ids, :starts, :ends.
RESTORE_ENTERED = f"""
insert into lodestar.measurements ({ALL_COLUMNS})
select {
    _of("r", ALL_COLUMNS)
    .replace("r.revision", "r.revision + 1")
    .replace("r.state", f"'{MeasurementState.OPEN}'")
    .replace("r.calculated_at", "cast(:at as timestamptz)")
}
from unnest(cast(:ids as bigint[]), cast(:starts as date[]), cast(:ends as date[]))
  as k(assignment_id, period_start, period_end)
cross join lateral (
  select * from lodestar.revisions r
  where r.company_id = :company and r.assignment_id = k.assignment_id and r.period_start = k.period_start
    and r.period_end = k.period_end
  order by r.replaced_at desc, r.revision desc limit 1) r
where r.reason = 'withdrawn' and r.entered_by is not null
on conflict (company_id, assignment_id, period_start, period_end) do nothing
returning assignment_id, period_start, period_end"""
