"""Measurements: thousands in one statement, and only those that change."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import batched
from typing import Any

from lodestar.application.values.ports import StoredMeasurement, StoredValue
from lodestar.domain.assignments import SubjectType
from lodestar.domain.measurements import (
    EnteredMeasurement,
    Measurement,
    MeasurementState,
    SlotKey,
    WrittenMeasurement,
)
from lodestar.domain.scoring import Status
from lodestar.domain.targets import Target
from lodestar.persistence.kernel.arrays import ROWS_PER_STATEMENT, array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.wire.exact_json import to_json


def _incoming() -> str:
    """The new rows of a calculation, as arrays of their columns.

    A batch has thousands of rows of few kinds: what the rows of a kind share travels once, and each row
    names its kind by number. Binds `:kind`, `:assignment_id`, `:value`, `:target_low`, `:target_high` and
    `:achievement` of each row; `:period_start`, `:period_end`, `:definition_id`, `:definition_version`,
    `:no_data_reason`, `:target_origin`, `:status` and `:state` of each kind.
    """
    return """
  select * from unnest(
    cast(:kind as integer[]), cast(:assignment_id as bigint[]), cast(:value as numeric[]),
    cast(:target_low as numeric[]), cast(:target_high as numeric[]), cast(:achievement as numeric[])
  ) as r(kind, assignment_id, value, target_low, target_high, achievement)
  join unnest(
    cast(:period_start as date[]), cast(:period_end as date[]), cast(:definition_id as bigint[]),
    cast(:definition_version as integer[]), cast(:no_data_reason as text[]), cast(:target_origin as text[]),
    cast(:status as text[]), cast(:state as text[])
  ) with ordinality as k(period_start, period_end, definition_id, definition_version, no_data_reason,
    target_origin, status, state, kind)
  using (kind)"""


def _is_same(row: str) -> str:
    """Whether the stored measurement `m` says what a new row says."""
    return f"""(m.value, m.no_data_reason, m.target_low, m.target_high, m.achievement, m.status,
   m.definition_version)
  is not distinct from
  ({row}.value, {row}.no_data_reason, {row}.target_low, {row}.target_high, {row}.achievement, {row}.status,
   {row}.definition_version)
  and (m.state = 'open') = ({row}.state = 'open')"""


def _overrules(row: str) -> str:
    """Whether the stored measurement `m` was entered and stands against a new row.

    An entered value may get another target or become final, but never another value.
    """
    return f"(m.entered_by is not null and m.value is distinct from {row}.value)"


# The filter before the insert spares a repeat all writing (a conflicting insert dirties pages even where
# its update is suppressed); the guards on the update hold against a rival that commits in between.
# `calculated_at` decides between two calculations, and a value that somebody entered beats both.
# Binds :company, :run_id, :at, :first, :last (starts of periods), :news_from, and the new rows.
_UPSERT = f"""
with incoming as ({_incoming()}),
written as (
  insert into lodestar.measurements as m (
    company_id, assignment_id, period_start, period_end, definition_id, definition_version, value,
    no_data_reason, target_low, target_high, target_origin, achievement, status, state, run_id,
    first_calculated_at, calculated_at)
  select :company, i.assignment_id, i.period_start, i.period_end, i.definition_id, i.definition_version,
    i.value, i.no_data_reason, i.target_low, i.target_high, i.target_origin, i.achievement, i.status,
    i.state, cast(:run_id as bigint), cast(:at as timestamptz), cast(:at as timestamptz)
  from incoming i
  where not exists (
    select from lodestar.measurements m
    where m.company_id = :company and m.assignment_id = i.assignment_id and m.period_start = i.period_start
      and m.period_start between cast(:first as date) and cast(:last as date)
      and ({_overrules(row="i")} or {_is_same(row="i")}))
  order by i.assignment_id, i.period_start
  on conflict (company_id, assignment_id, period_start) do update set
    period_end = excluded.period_end, definition_version = excluded.definition_version,
    value = excluded.value, no_data_reason = excluded.no_data_reason,
    target_low = excluded.target_low, target_high = excluded.target_high,
    target_origin = excluded.target_origin, achievement = excluded.achievement,
    status = excluded.status, run_id = excluded.run_id, calculated_at = excluded.calculated_at,
    revision = m.revision + 1,
    state = case when m.state = 'open' then excluded.state else 'restated' end
  where not {_overrules(row="excluded")} and m.calculated_at <= excluded.calculated_at
    and (m.state = 'open' or excluded.state <> 'open')
    and not ({_is_same(row="excluded")})
  returning m.assignment_id, m.period_start, m.value, m.revision, m.state, m.definition_version
),
revised as (
  insert into lodestar.revisions (
    company_id, assignment_id, period_start, revision, old_value, new_value, old_target_low,
    old_target_high, old_achievement, reason, run_id, definition_version, created_at)
  select :company, w.assignment_id, w.period_start, w.revision, m.value, w.value, m.target_low,
    m.target_high, m.achievement, 'recalculated', cast(:run_id as bigint), w.definition_version,
    cast(:at as timestamptz)
  from written w join lodestar.measurements m
    on m.company_id = :company and m.assignment_id = w.assignment_id and m.period_start = w.period_start
    and m.period_start between cast(:first as date) and cast(:last as date)
  where w.revision > 1 and m.state <> 'open'
)
select json_agg(assignment_id) as assignment_ids, json_agg(period_start) as period_starts,
  json_agg(revision) as revisions, json_agg(state) as states
from written where period_start >= cast(:news_from as date)"""
# It answers columns, not rows, and news only: decoding 10,000 rows took the driver several times as long.
# In one statement every part sees the rows as they were before it: `revised` reads the old values.

# `locked` makes `before` run first: a row that this statement has written can no longer be locked by it.
# Binds :company, :author, :at, :first, :last (starts of periods), :rows.
_ENTER = """
with incoming as materialized (
  select * from jsonb_to_recordset(cast(:rows as jsonb)) as t(assignment_id bigint, period_start date,
    period_end date, definition_id bigint, definition_version integer, value numeric, target_low numeric,
    target_high numeric, target_origin text, achievement numeric, status text, state text, notes text,
    meta_data jsonb)
),
before as (
  select m.* from lodestar.measurements m join incoming i using (assignment_id, period_start)
  where m.company_id = :company and m.period_start between cast(:first as date) and cast(:last as date)
  order by m.assignment_id, m.period_start
  for update of m
),
written as (
  insert into lodestar.measurements as m (
    company_id, assignment_id, period_start, period_end, definition_id, definition_version, value,
    target_low, target_high, target_origin, achievement, status, state, entered_by, notes,
    meta_data, first_calculated_at, calculated_at)
  select :company, i.assignment_id, i.period_start, i.period_end, i.definition_id, i.definition_version,
    i.value, i.target_low, i.target_high, i.target_origin, i.achievement, i.status, i.state,
    cast(:author as bigint), i.notes, i.meta_data, cast(:at as timestamptz), cast(:at as timestamptz)
  from incoming i, (select count(*) from before) as locked
  order by i.assignment_id, i.period_start
  on conflict (company_id, assignment_id, period_start) do update set
    value = excluded.value, no_data_reason = null, definition_version = excluded.definition_version,
    target_low = excluded.target_low, target_high = excluded.target_high,
    target_origin = excluded.target_origin, achievement = excluded.achievement,
    status = excluded.status, entered_by = excluded.entered_by, notes = excluded.notes,
    meta_data = excluded.meta_data, calculated_at = excluded.calculated_at, revision = m.revision + 1,
    state = case when m.state = 'open' then excluded.state else 'restated' end
  where (m.value, m.notes, m.meta_data, m.target_low, m.target_high, m.state = 'open')
    is distinct from (excluded.value, excluded.notes, excluded.meta_data, excluded.target_low,
      excluded.target_high, excluded.state = 'open')
  returning m.assignment_id, m.period_start, m.value, m.revision, m.state, m.definition_version
),
revised as (
  insert into lodestar.revisions (
    company_id, assignment_id, period_start, revision, old_value, new_value, old_target_low,
    old_target_high, old_achievement, reason, author_id, definition_version, created_at)
  select :company, w.assignment_id, w.period_start, w.revision, b.value, w.value, b.target_low,
    b.target_high, b.achievement, 'corrected', cast(:author as bigint), w.definition_version,
    cast(:at as timestamptz)
  from written w join before b using (assignment_id, period_start)
)
select assignment_id, period_start, revision, state from written"""

# The bounds say nothing new; they spare the planner the months that cannot hold an answer.
# Binds :company, :ids, :starts, :first, :last.
_STORED = """
select m.assignment_id, m.period_start, m.value, m.notes, m.meta_data, m.target_low, m.target_high,
  m.achievement, m.status, m.state
from lodestar.measurements m
join unnest(cast(:ids as bigint[]), cast(:starts as date[])) as k(assignment_id, period_start)
  using (assignment_id, period_start)
where m.company_id = :company and m.period_start between cast(:first as date) and cast(:last as date)"""


class SqlMeasurements(SqlStore):
    """Measurements of the bound company, calculated and entered."""

    def write_measurements(
        self, rows: Sequence[Measurement], at: datetime, run_id: int | None
    ) -> list[WrittenMeasurement]:
        """Insert or update all; what is equal is not touched.

        Answers what changed since the oldest news among the rows: nobody is alerted about older periods.
        """
        news_from = min((row.slot.period.start for row in rows if row.slot.is_news), default=date.max)
        # By time, so that a statement touches few months.
        in_order = sorted(rows, key=lambda row: row.slot.period.start)
        written: list[WrittenMeasurement] = []
        for piece in batched(in_order, ROWS_PER_STATEMENT, strict=False):
            bounds = {
                "first": piece[0].slot.period.start,
                "last": piece[-1].slot.period.start,
                "news_from": news_from,
            }
            (changed,) = self._session.rows(_UPSERT, **_columns(piece), run_id=run_id, at=at, **bounds)
            written += _written(changed)
        return written

    def values_of_period(self, definition_id: int, period_start: date) -> Sequence[StoredValue]:
        """What is stored for one period of a definition, for every subject."""
        rows = self._session.rows(
            "select a.subject_type, coalesce(a.user_id, a.team_id, 0) as subject_id, "
            "coalesce(u.team_id, a.team_id) as team_id, m.value, a.weight "
            "from lodestar.assignments a "
            "join lodestar.measurements m on m.company_id = a.company_id and m.assignment_id = a.id "
            "left join lodestar.users u on u.company_id = a.company_id and u.id = a.user_id "
            "where a.company_id = :company and a.definition_id = :definition and m.period_start = :start "
            "order by a.id",
            definition=definition_id,
            start=period_start,
        )
        return [StoredValue(**{**row, "subject_type": SubjectType(row["subject_type"])}) for row in rows]

    def stored_measurements(self, keys: Collection[SlotKey]) -> dict[SlotKey, StoredMeasurement]:
        """What is stored for these slots; what is missing was never measured."""
        starts = [key.period_start for key in keys]
        rows = self._session.rows(
            _STORED,
            ids=array([key.assignment_id for key in keys]),
            starts=array(starts),
            first=min(starts, default=date.max),
            last=max(starts, default=date.min),
        )
        return {SlotKey(row["assignment_id"], row["period_start"]): _stored_measurement(row) for row in rows}

    def enter(self, measurements: Sequence[EnteredMeasurement], at: datetime) -> list[WrittenMeasurement]:
        """Write values that the actor entered; a correction leaves a revision, a repeat writes nothing."""
        if not measurements:
            return []
        starts = [entered.measurement.slot.period.start for entered in measurements]
        changed = self._session.rows(
            _ENTER,
            rows=to_json([_entered_columns(entered) for entered in measurements]),
            first=min(starts),
            last=max(starts),
            author=self._session.actor_id,
            at=at,
        )
        return [WrittenMeasurement(**{**row, "state": MeasurementState(row["state"])}) for row in changed]

    def entered_values(
        self, assignment_ids: Collection[int], first: date, last: date
    ) -> Mapping[SlotKey, Decimal]:
        """What somebody has entered in that range of period starts."""
        rows = self._session.rows(
            "select assignment_id, period_start, value from lodestar.measurements "
            "where company_id = :company and assignment_id = any(cast(:ids as bigint[])) "
            "and entered_by is not null "
            "and period_start between cast(:first as date) and cast(:last as date)",
            ids=array(list(assignment_ids)),
            first=first,
            last=last,
        )
        return {SlotKey(row["assignment_id"], row["period_start"]): row["value"] for row in rows}


def _written(columns: Mapping[str, Any]) -> list[WrittenMeasurement]:
    """The measurements in the answer of `_UPSERT`, whose columns are None when nothing changed."""
    starts = map(date.fromisoformat, columns["period_starts"] or ())
    states = map(MeasurementState, columns["states"] or ())
    ids, revisions = columns["assignment_ids"] or (), columns["revisions"] or ()
    return list(map(WrittenMeasurement, ids, starts, revisions, states))


def _stored_measurement(row: Mapping[str, Any]) -> StoredMeasurement:
    low = row["target_low"]
    return StoredMeasurement(
        value=row["value"],
        notes=row["notes"],
        meta_data=row["meta_data"],
        target=None if low is None else Target(low, row["target_high"]),
        achievement=row["achievement"],
        status=Status(row["status"]),
        is_open=row["state"] == MeasurementState.OPEN,
    )


def _entered_columns(entered: EnteredMeasurement) -> dict[str, object]:
    measurement = entered.measurement
    slot = measurement.slot
    return {
        "assignment_id": slot.assignment_id,
        "period_start": slot.period.start,
        "period_end": slot.period.end,
        "definition_id": slot.definition.id,
        "definition_version": slot.definition.version,
        "value": measurement.value,
        "target_low": None if measurement.target is None else measurement.target.low,
        "target_high": None if measurement.target is None else measurement.target.high,
        "target_origin": measurement.target_origin,
        "achievement": measurement.achievement,
        "status": measurement.status,
        "state": measurement.state,
        "notes": entered.notes,
        "meta_data": entered.meta_data,
    }


def _columns(rows: Sequence[Measurement]) -> dict[str, str]:
    """One array literal for each column of `incoming`."""
    # By identity: hashing definitions, periods and words would cost more than sharing them saves.
    kinds = [
        (
            id(row.slot.definition),
            id(row.slot.period),
            id(row.no_data_reason),
            id(row.target_origin),
            id(row.status),
            row.slot.is_open,
        )
        for row in rows
    ]
    one_of_kind = dict(zip(kinds, rows, strict=True))
    numbers = {kind: number for number, kind in enumerate(one_of_kind, 1)}
    targets = [row.target for row in rows]
    return _shared_columns(list(one_of_kind.values())) | {
        "kind": array(list(map(numbers.__getitem__, kinds))),
        "assignment_id": array([row.slot.assignment_id for row in rows]),
        "value": array([row.value for row in rows]),
        "target_low": array([None if target is None else target.low for target in targets]),
        "target_high": array([None if target is None else target.high for target in targets]),
        "achievement": array([row.achievement for row in rows]),
    }


def _shared_columns(rows: Sequence[Measurement]) -> dict[str, str]:
    """What all rows of a kind share, from one row of each kind in the order of their numbers."""
    return {
        "period_start": array([row.slot.period.start for row in rows]),
        "period_end": array([row.slot.period.end for row in rows]),
        "definition_id": array([row.slot.definition.id for row in rows]),
        "definition_version": array([row.slot.definition.version for row in rows]),
        "no_data_reason": array([row.no_data_reason for row in rows]),
        "target_origin": array([row.target_origin for row in rows]),
        "status": array([row.status for row in rows]),
        "state": array([row.state for row in rows]),
    }
