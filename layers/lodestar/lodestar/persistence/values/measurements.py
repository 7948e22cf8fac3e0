"""Measurements: thousands in one statement, and only those that change."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import batched
from operator import attrgetter
from typing import Any

from lodestar.application.values.ports import JudgedSlot, StoredMeasurement, StoredValue, WithdrawalReason
from lodestar.domain.assignments import SubjectType
from lodestar.domain.measurements import (
    EnteredMeasurement,
    KeptStandard,
    Measurement,
    MeasurementState,
    SlotKey,
    Standard,
    WrittenMeasurement,
)
from lodestar.domain.periods import Period
from lodestar.domain.scoring import Status
from lodestar.domain.targets import Target, TargetOrigin
from lodestar.persistence.kernel.arrays import ROWS_PER_STATEMENT, array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.sql_parts import team_of_period
from lodestar.persistence.values.measurement_sql import ENTER, RESTORE_ENTERED, UPSERT, WITHDRAW
from lodestar.wire.exact_json import to_json

# Binds :company, :ids, :starts, :ends.
_STORED = """
select m.assignment_id, m.period_start, m.period_end, m.value, m.notes, m.meta_data, m.target_low,
  m.target_high, m.target_origin, m.weight, m.score_cap, m.definition_version, m.achievement, m.status,
  m.state
from lodestar.measurements m
join unnest(cast(:ids as bigint[]), cast(:starts as date[]), cast(:ends as date[]))
  as k(assignment_id, period_start, period_end) using (assignment_id, period_start, period_end)
where m.company_id = :company"""

# Of thousands of measurements there are few standards: each comes once, with whose it is.
# Binds :company, :ids (of assignments), :first, :last (starts of periods), :with_open.
_STANDARDS = """
select m.definition_version, m.target_low, m.target_high, m.target_origin, m.weight, m.score_cap,
  m.period_start, m.period_end, m.state = 'open' as is_open, json_agg(m.assignment_id) as assignment_ids
from lodestar.measurements m
where m.company_id = :company and m.assignment_id = any(cast(:ids as bigint[]))
  and m.period_start between cast(:first as date) and cast(:last as date)
  and (cast(:with_open as boolean) or m.state <> 'open')
group by 1, 2, 3, 4, 5, 6, 7, 8, 9"""

# Binds :company, :definition, :start, :end.
_OF_PERIOD = f"""
select a.subject_type, coalesce(a.user_id, a.team_id, 0) as subject_id,
  coalesce(a.team_id, {team_of_period("a.user_id", "m.period_start", "m.period_end")}) as team_id,
  m.value, m.weight
from lodestar.assignments a
join lodestar.measurements m on m.company_id = a.company_id and m.assignment_id = a.id
  and m.period_start = :start and m.period_end = :end
where a.company_id = :company and a.definition_id = :definition
order by a.id"""


class SqlMeasurements(SqlStore):
    """Measurements of the bound company, calculated and entered."""

    def write_measurements(
        self, rows: Sequence[Measurement], at: datetime, run_id: int | None
    ) -> list[WrittenMeasurement]:
        """Insert or update all; what is equal is not touched. Answers what changed."""
        # In the order of their keys, so that two writes of the same rows lock them in one order.
        in_order = sorted(rows, key=attrgetter("slot.assignment_id", "slot.period.start"))
        written: list[WrittenMeasurement] = []
        for piece in batched(in_order, ROWS_PER_STATEMENT, strict=False):
            (changed,) = self._session.rows(UPSERT, **_columns(piece), run_id=run_id, at=at)
            written += _written(changed)
        return written

    def values_of_period(self, definition_id: int, period: Period) -> Sequence[StoredValue]:
        """What is stored for one period of a definition, for every subject."""
        rows = self._session.rows(_OF_PERIOD, definition=definition_id, start=period.start, end=period.end)
        return [StoredValue(**{**row, "subject_type": SubjectType(row["subject_type"])}) for row in rows]

    def kept_standards(
        self, assignment_ids: Collection[int], first: date, last: date
    ) -> Mapping[SlotKey, KeptStandard]:
        """What closed periods that begin in `first`..`last` were judged by, where they are measured."""
        found = self._standards(assignment_ids, first, last, with_open=False)
        return {key: judged.kept for key, judged in found.items()}

    def judged_slots(
        self, assignment_ids: Collection[int], first: date, last: date
    ) -> Mapping[SlotKey, JudgedSlot]:
        """What all measured periods that begin in `first`..`last` are judged by, running ones too."""
        return self._standards(assignment_ids, first, last, with_open=True)

    def _standards(
        self, assignment_ids: Collection[int], first: date, last: date, *, with_open: bool
    ) -> Mapping[SlotKey, JudgedSlot]:
        ids = array(list(assignment_ids))
        rows = self._session.rows(_STANDARDS, ids=ids, first=first, last=last, with_open=with_open)
        return {
            SlotKey(assignment_id, row["period_start"], row["period_end"]): judged
            for row, judged in ((row, JudgedSlot(_kept_standard(row), row["is_open"])) for row in rows)
            for assignment_id in row["assignment_ids"]
        }

    def lock_entered(self) -> None:
        """Nobody else enters values, or changes for which periods they may be, until the transaction ends."""
        self._session.rows("select pg_advisory_xact_lock(hashtextextended('lodestar.values', :company))")

    def stored_measurements(self, keys: Collection[SlotKey]) -> dict[SlotKey, StoredMeasurement]:
        """What is stored for these slots; what is missing was never measured."""
        rows = self._session.rows(_STORED, **_key_columns(keys))
        return {_key(row): _stored_measurement(row) for row in rows}

    def enter(self, measurements: Sequence[EnteredMeasurement], at: datetime) -> list[WrittenMeasurement]:
        """Write values that the actor entered; a correction leaves a revision, a repeat writes nothing."""
        in_order = sorted(measurements, key=lambda entered: entered.measurement.slot.key)
        written: list[WrittenMeasurement] = []
        for piece in batched(in_order, ROWS_PER_STATEMENT, strict=False):
            rows = to_json([_entered_columns(entered) for entered in piece])
            changed = self._session.rows(ENTER, rows=rows, author=self._session.actor_id, at=at)
            written += [
                WrittenMeasurement(_key(row), row["revision"], MeasurementState(row["state"]))
                for row in changed
            ]
        return written

    def entered_values(
        self, assignment_ids: Collection[int], first: date, last: date
    ) -> Mapping[SlotKey, Decimal]:
        """What somebody has entered in that range of period starts."""
        rows = self._session.rows(
            "select assignment_id, period_start, period_end, value from lodestar.measurements "
            "where company_id = :company and assignment_id = any(cast(:ids as bigint[])) "
            "and entered_by is not null "
            "and period_start between cast(:first as date) and cast(:last as date)",
            ids=array(list(assignment_ids)),
            first=first,
            last=last,
        )
        return {_key(row): row["value"] for row in rows}

    def measured_keys(self, assignment_ids: Collection[int]) -> list[SlotKey]:
        """All measurements of these assignments."""
        rows = self._session.rows(
            "select assignment_id, period_start, period_end from lodestar.measurements "
            "where company_id = :company and assignment_id = any(cast(:ids as bigint[])) "
            "order by assignment_id, period_start",
            ids=array(list(assignment_ids)),
        )
        return [_key(row) for row in rows]

    def withdraw(
        self, keys: Collection[SlotKey], reason: WithdrawalReason, at: datetime, run_id: int | None = None
    ) -> None:
        """Take measurements out of sight, for what a run has written where there is one.

        Each stays as a past version.
        """
        told = {"reason": reason, "run_id": run_id, "author": self._session.actor_id, "at": at}
        for piece in batched(sorted(keys), ROWS_PER_STATEMENT, strict=False):
            self._session.run(WITHDRAW, **_key_columns(piece), **told)

    def restore_entered(self, keys: Collection[SlotKey], at: datetime) -> list[SlotKey]:
        """Bring back what was withdrawn of these slots, where somebody had entered it; which ones."""
        return [
            _key(row)
            for piece in batched(sorted(keys), ROWS_PER_STATEMENT, strict=False)
            for row in self._session.rows(RESTORE_ENTERED, **_key_columns(piece), at=at)
        ]


def _key(row: Mapping[str, Any]) -> SlotKey:
    return SlotKey(row["assignment_id"], row["period_start"], row["period_end"])


def _key_columns(keys: Collection[SlotKey]) -> dict[str, str]:
    return {
        "ids": array([key.assignment_id for key in keys]),
        "starts": array([key.period_start for key in keys]),
        "ends": array([key.period_end for key in keys]),
    }


def _written(columns: Mapping[str, Any]) -> list[WrittenMeasurement]:
    """The measurements in the answer of `UPSERT`, whose columns are None when nothing changed."""
    starts = map(date.fromisoformat, columns["period_starts"] or ())
    ends = map(date.fromisoformat, columns["period_ends"] or ())
    keys = map(SlotKey, columns["assignment_ids"] or (), starts, ends)
    states = map(MeasurementState, columns["states"] or ())
    return list(map(WrittenMeasurement, keys, columns["revisions"] or (), states))


def _target(row: Mapping[str, Any]) -> Target | None:
    low = row["target_low"]
    return None if low is None else Target(low, row["target_high"])


def _kept_standard(row: Mapping[str, Any]) -> KeptStandard:
    standard = Standard(_target(row), TargetOrigin(row["target_origin"]), row["weight"], row["score_cap"])
    return KeptStandard(standard, row["definition_version"])


def _stored_measurement(row: Mapping[str, Any]) -> StoredMeasurement:
    return StoredMeasurement(
        value=row["value"],
        notes=row["notes"],
        meta_data=row["meta_data"],
        kept=_kept_standard(row),
        achievement=row["achievement"],
        status=Status(row["status"]),
        is_open=row["state"] == MeasurementState.OPEN,
    )


def _entered_columns(entered: EnteredMeasurement) -> dict[str, object]:
    measurement = entered.measurement
    key, standard = measurement.slot.key, measurement.standard
    target = standard.target
    return {
        "assignment_id": key.assignment_id,
        "period_start": key.period_start,
        "period_end": key.period_end,
        "definition_version": measurement.slot.definition.version,
        "value": measurement.value,
        "no_data_reason": None,
        "missing_data": None,
        "target_low": None if target is None else target.low,
        "target_high": None if target is None else target.high,
        "target_origin": standard.origin,
        "weight": standard.weight,
        "score_cap": standard.score_cap,
        "covered_days": measurement.covered_days,
        "is_partial": measurement.is_partial,
        "achievement": measurement.achievement,
        "status": measurement.status,
        "state": measurement.state,
        "notes": entered.notes,
        "meta_data": entered.meta_data,
    }


def _columns(rows: Sequence[Measurement]) -> dict[str, str]:
    """One array literal for each column of `incoming`."""
    kinds = [_kind(row) for row in rows]
    one_of_kind = dict(zip(kinds, rows, strict=True))
    numbers = {kind: number for number, kind in enumerate(one_of_kind, 1)}
    targets = [row.standard.target for row in rows]
    return _shared_columns(list(one_of_kind.values())) | {
        "kind": array(list(map(numbers.__getitem__, kinds))),
        "assignment_id": array([row.slot.assignment_id for row in rows]),
        "value": array([row.value for row in rows]),
        "target_low": array([None if target is None else target.low for target in targets]),
        "target_high": array([None if target is None else target.high for target in targets]),
        "achievement": array([row.achievement for row in rows]),
    }


def _kind(row: Measurement) -> tuple[object, ...]:
    # By identity: hashing definitions, periods and words would cost more than sharing them saves.
    slot, standard = row.slot, row.standard
    return (
        id(slot.definition),
        id(slot.period),
        id(row.no_data_reason),
        id(standard.origin),
        standard.weight,
        standard.score_cap,
        row.covered_days,
        id(row.status),
        slot.is_open,
        row.is_entered,
    )


def _shared_columns(rows: Sequence[Measurement]) -> dict[str, str]:
    """What all rows of a kind share, from one row of each kind in the order of their numbers."""
    missing = [None if row.value is not None else row.slot.definition.missing_data for row in rows]
    return {
        "period_start": array([row.slot.period.start for row in rows]),
        "period_end": array([row.slot.period.end for row in rows]),
        "definition_version": array([row.slot.definition.version for row in rows]),
        "no_data_reason": array([row.no_data_reason for row in rows]),
        "missing_data": array(missing),
        "target_origin": array([row.standard.origin for row in rows]),
        "weight": array([row.standard.weight for row in rows]),
        "score_cap": array([row.standard.score_cap for row in rows]),
        "covered_days": array([row.covered_days for row in rows]),
        "is_partial": array([row.is_partial for row in rows]),
        "status": array([row.status for row in rows]),
        "state": array([row.state for row in rows]),
        "is_entered": array([row.is_entered for row in rows]),
    }
