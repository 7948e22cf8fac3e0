"""The store of the room `values` in memory: `application.values.ports.ValueStore` on dictionaries."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from lodestar.application.values.ports import (
    DatesInUse,
    InstantsBeyond,
    JudgedSlot,
    StoredMeasurement,
    StoredValue,
    UserDay,
    UserDays,
    WithdrawalReason,
    WrittenRecords,
)
from lodestar.domain.measurements import (
    EnteredMeasurement,
    KeptStandard,
    Measurement,
    MeasurementState,
    SlotKey,
    WrittenMeasurement,
)
from lodestar.domain.periods import Calendar, Period


@dataclass
class StoredSlot:
    """A measurement as it is stored, with how often and when it was written."""

    entered: EnteredMeasurement
    state: MeasurementState
    revision: int
    at: datetime
    is_entered: bool


@dataclass
class FakeValues:
    """Measurements by slot, the days whose scores were asked for, and records by source and external id."""

    stored: dict[SlotKey, StoredSlot] = field(default_factory=dict)
    subjects: dict[int, StoredValue] = field(default_factory=dict)
    """Whom each assignment is for, by its id; the value is that of the measurement."""
    withdrawn: dict[SlotKey, StoredSlot] = field(default_factory=dict)
    dated_targets: list[DatesInUse] = field(default_factory=list)
    """The dates of targets, as a change of the calendar asks for them."""
    reopened: list[tuple[Period, date]] = field(default_factory=list)
    """Periods and the days to which a new calendar lets them run."""
    superseded: dict[SlotKey, StoredSlot] = field(default_factory=dict)
    scored: list[UserDay] = field(default_factory=list)
    records: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    def write_measurements(
        self, rows: Sequence[Measurement], at: datetime, run_id: int | None
    ) -> list[WrittenMeasurement]:
        del run_id
        written = [self._calculate(row, at) for row in rows]
        return [row for row in written if row is not None]

    def values_of_period(self, definition_id: int, period: Period) -> Sequence[StoredValue]:
        return [
            StoredValue(
                subject.subject_type,
                subject.subject_id,
                subject.team_id,
                slot.entered.measurement.value,
                slot.entered.measurement.standard.weight,
            )
            for key, slot in sorted(self.stored.items(), key=lambda item: item[0].assignment_id)
            if (key.period_start, key.period_end) == (period.start, period.end)
            and slot.entered.measurement.slot.definition.id == definition_id
            for subject in [self.subjects[key.assignment_id]]
        ]

    def lock_entered(self) -> None:
        """Nobody else is here."""

    def stored_measurements(self, keys: Collection[SlotKey]) -> Mapping[SlotKey, StoredMeasurement]:
        return {key: _as_stored(self.stored[key]) for key in keys if key in self.stored}

    def enter(self, measurements: Sequence[EnteredMeasurement], at: datetime) -> list[WrittenMeasurement]:
        written = []
        for entered in measurements:
            before = self.stored.get(_key(entered.measurement))
            if before is None or not before.is_entered or not _says_the_same(before, entered):
                written.append(self._write(entered, at, is_entered=True))
        return written

    def entered_values(
        self, assignment_ids: Collection[int], first: date, last: date
    ) -> Mapping[SlotKey, Decimal]:
        return {
            key: slot.entered.measurement.value
            for key, slot in self.stored.items()
            if slot.is_entered and key.assignment_id in assignment_ids and first <= key.period_start <= last
        }

    def kept_standards(
        self, assignment_ids: Collection[int], first: date, last: date
    ) -> Mapping[SlotKey, KeptStandard]:
        found = self.judged_slots(assignment_ids, first, last)
        return {key: judged.kept for key, judged in found.items() if not judged.is_open}

    def judged_slots(
        self, assignment_ids: Collection[int], first: date, last: date
    ) -> Mapping[SlotKey, JudgedSlot]:
        return {
            key: JudgedSlot(_kept(slot), slot.state is MeasurementState.OPEN)
            for key, slot in self.stored.items()
            if key.assignment_id in assignment_ids and first <= key.period_start <= last
        }

    def measured_keys(self, assignment_ids: Collection[int]) -> Sequence[SlotKey]:
        return [key for key in self.stored if key.assignment_id in assignment_ids]

    def withdraw(
        self, keys: Collection[SlotKey], reason: WithdrawalReason, at: datetime, run_id: int | None = None
    ) -> None:
        del at, run_id
        gone = {key: self.stored.pop(key) for key in keys if key in self.stored}
        if reason is WithdrawalReason.SUPERSEDED:
            self.superseded |= gone
        else:
            self.withdrawn |= gone

    def restore_entered(self, keys: Collection[SlotKey], at: datetime) -> Sequence[SlotKey]:
        del at
        back = [key for key in keys if key in self.withdrawn and self.withdrawn[key].is_entered]
        self.stored |= {key: replace(self.withdrawn.pop(key), state=MeasurementState.OPEN) for key in back}
        return back

    def write_scores(self, days: Sequence[UserDay], calendar: Calendar, at: datetime) -> None:
        del calendar, at
        self.scored += days

    def scored_days(self, among: Collection[UserDays]) -> Sequence[UserDay]:
        return sorted(
            {
                day
                for day in self.scored
                for days in among
                if day.user_id == days.user_id and days.first <= day.day <= days.last
            }
        )

    def upsert_records(
        self, rows: Sequence[Mapping[str, Any]], since: Mapping[str, datetime] = MappingProxyType({})
    ) -> WrittenRecords:
        created = updated = 0
        touched: list[list[datetime]] = []
        for row in rows:
            key = row["source"], row["external_id"]
            before = self.records.get(key)
            if before == row:
                continue
            created, updated = created + (before is None), updated + (before is not None)
            limit = since.get(row["source"])
            moments = [each["occurred_at"] for each in (row, before) if each is not None]
            touched.append([each for each in moments if limit is not None and each < limit])
            self.records[key] = row
        beyond = sorted(moment for moments in touched for moment in moments)
        if not beyond:
            return WrittenRecords(created, updated)
        count = sum(bool(moments) for moments in touched)
        return WrittenRecords(created, updated, InstantsBeyond(count, beyond[0], beyond[-1]))

    def dates_in_use(self, since: date) -> Sequence[DatesInUse]:
        measured = [(slot.entered.measurement.slot.period, slot.is_entered) for slot in self.stored.values()]
        return [
            DatesInUse(period.cadence, period.start, period.end, not is_entered, is_entered, targets=0)
            for period, is_entered in measured
            if period.end >= since
        ] + [dates for dates in self.dated_targets if dates.last >= since]

    def reopen_period(self, period: Period, last: date, at: datetime) -> None:
        del at
        self.reopened.append((period, last))

    def withdraw_ahead(self, today: date, at: datetime) -> None:
        del at
        gone = [key for key, slot in self.stored.items() if key.period_start > today and not slot.is_entered]
        self.superseded |= {key: self.stored.pop(key) for key in gone}
        self.scored = [scored for scored in self.scored if scored.day < today]

    def measured_periods(
        self, assignment_ids: Collection[int], first: date, last: date
    ) -> Collection[Period]:
        found = {
            slot.entered.measurement.slot.period
            for key, slot in self.stored.items()
            if key.assignment_id in assignment_ids
        }
        return [period for period in found if period.start <= last and period.end >= first]

    def _calculate(self, row: Measurement, at: datetime) -> WrittenMeasurement | None:
        before = self.stored.get(_key(row))
        if row.is_entered and (before is None or not before.is_entered):
            return None  # somebody took it back meanwhile
        if before is not None:
            entered = EnteredMeasurement(row, before.entered.notes, before.entered.meta_data)
            overruled = before.is_entered and (
                before.entered.measurement.value != row.value
                if row.is_entered
                else before.entered.measurement.slot.definition.version >= row.slot.definition.version
            )
            is_late = before.at > at or (before.state is not MeasurementState.OPEN and row.slot.is_open)
            if overruled or is_late or _is_calculated_again(before, row):
                return None
            return self._write(entered, at, is_entered=row.is_entered)
        return self._write(EnteredMeasurement(row), at, is_entered=False)

    def _write(self, entered: EnteredMeasurement, at: datetime, *, is_entered: bool) -> WrittenMeasurement:
        key, state = _key(entered.measurement), entered.measurement.state
        before = self.stored.get(key)
        if before is not None and before.state is not MeasurementState.OPEN:
            state = MeasurementState.RESTATED
        revision = 1 if before is None else before.revision + 1
        self.stored[key] = StoredSlot(entered, state, revision, at, is_entered)
        return WrittenMeasurement(key, revision, state)


def _key(measurement: Measurement) -> SlotKey:
    return measurement.slot.key


def _kept(slot: StoredSlot) -> KeptStandard:
    measurement = slot.entered.measurement
    return KeptStandard(measurement.standard, measurement.slot.definition.version)


def _as_stored(slot: StoredSlot) -> StoredMeasurement:
    measurement = slot.entered.measurement
    return StoredMeasurement(
        value=measurement.value,
        notes=slot.entered.notes,
        meta_data=slot.entered.meta_data,
        kept=_kept(slot),
        achievement=measurement.achievement,
        status=measurement.status,
        is_open=slot.state is MeasurementState.OPEN,
    )


def _is_calculated_again(slot: StoredSlot, row: Measurement) -> bool:
    """Whether a calculation says what is stored, in all that the database compares."""

    def compared(measurement: Measurement) -> tuple[object, ...]:
        return (
            measurement.value,
            measurement.no_data_reason,
            measurement.standard,
            measurement.covered_days,
            measurement.achievement,
            measurement.status,
            measurement.slot.definition.version,
        )

    is_open = slot.state is MeasurementState.OPEN
    return compared(slot.entered.measurement) == compared(row) and is_open == row.slot.is_open


def _says_the_same(slot: StoredSlot, entered: EnteredMeasurement) -> bool:
    stored, measurement = _as_stored(slot), entered.measurement
    return (stored.value, stored.notes, stored.meta_data, stored.kept, stored.is_open) == (
        measurement.value,
        entered.notes,
        entered.meta_data,
        KeptStandard(measurement.standard, measurement.slot.definition.version),
        measurement.slot.is_open,
    )
