"""Values that people enter, one or many at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lodestar.application.alerts.alerting import raise_alerts
from lodestar.application.assignments.assigning import assignment_of, visible_person
from lodestar.application.caller import Caller
from lodestar.application.measurement_repositories import StoredEntry
from lodestar.application.ports import UnitOfWork
from lodestar.application.repositories import Change, Person
from lodestar.application.viewing import found
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import Assignee, CompanyTime, EnteredMeasurement, Slot, measure
from lodestar.domain.periods import Period
from lodestar.domain.permissions import may_enter_value
from lodestar.domain.refusals import Forbidden, InvalidContent, InvalidRequest
from lodestar.domain.sources import ManualSource
from lodestar.domain.targets import Targets
from lodestar.wire.bodies import Body, View
from lodestar.wire.fields import Number, Text, Value
from lodestar.wire.json_view import Json


class EnteredValue(Body):
    """A value for one period of a manual KPI; the two dates are inclusive."""

    actual_value: Value
    period_start: date
    period_end: date
    notes: Text = ""


class MeasurementView(View):
    """A measurement."""

    id: int
    period_start: date
    period_end: date
    actual_value: Number | None
    target_value: Number | dict[str, Number] | None
    achievement_percentage: Number | None
    status: str
    state: str
    notes: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A value that somebody enters; `name` is its field in the body, for errors.

    `meta_data` None leaves what is stored.
    """

    name: str
    value: Decimal
    notes: str = ""
    meta_data: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an entered value belongs: a period of an assignment of a definition."""

    assignment: Assignment
    definition: Definition
    period: Period

    @property
    def key(self) -> tuple[int, date]:
        """What names its measurement: the assignment's id and the start of the period."""
        return self.assignment.id, self.period.start


@dataclass(frozen=True, slots=True)
class Prepared:
    """An entered value on its way to the database: the measurement it makes, and what is stored there."""

    place: Place
    entered: EnteredMeasurement
    before: StoredEntry | None

    @property
    def is_unchanged(self) -> bool:
        """Whether the database holds all of it already, so that writing it would change nothing."""
        now = self.entered
        wanted = (
            now.measurement.value,
            now.notes,
            now.meta_data,
            now.measurement.target,
            now.measurement.slot.is_open,
        )
        then = self.before
        return then is not None and wanted == (
            then.value,
            then.notes,
            then.meta_data,
            then.target,
            then.is_open,
        )


def enter_value(
    ids: tuple[int, int], entry: EnteredValue, caller: Caller, work: UnitOfWork
) -> tuple[Json[MeasurementView], bool]:
    """Enter or correct the value of a manual KPI; `ids` are the user's and the assignment's.

    Answers the measurement, and whether it is the first one for its period.

    Raises:
        NotFound, Forbidden: not to be seen, or not to be entered by this caller.
        InvalidContent: not a manual KPI, outside its allowed_range, or a note is missing.
        InvalidRequest: the dates are not one period of the KPI, or the period has not begun.
    """
    user_id, assignment_id = ids
    person = visible_person(user_id, caller, work)
    assignment = assignment_of(user_id, assignment_id, work)
    definition = work.definitions.get(assignment.definition_id)
    assert definition is not None  # noqa: S101 — held by a foreign key
    refuse_other_hands(person, definition, caller)
    calendar = caller.company.calendar
    period = calendar.period_of(definition.aggregation_period, entry.period_start, entry.period_end)
    value = Entry("actual_value", entry.actual_value, entry.notes)
    created = keep_entry(value, Place(assignment, definition, period), CompanyTime(calendar, work.now), work)
    text = work.views.one("measurement", {"id": assignment_id, "period_start": period.start})
    work.commit()
    return Json(found(text, "measurement")), created


def refuse_other_hands(person: Person, definition: Definition, caller: Caller) -> None:
    """Forbidden for a caller who may not enter this person's values; InvalidContent as `manual_source`."""
    entered_by = manual_source(definition).entered_by
    if not may_enter_value(caller.actor, person.id, person.team_id, entered_by):
        raise Forbidden("Only the manager of this person and admins can enter this value.")


def manual_source(definition: Definition) -> ManualSource:
    """How a manual KPI is entered; InvalidContent for one that is calculated."""
    if not isinstance(definition.data_source, ManualSource):
        raise InvalidContent(
            f'"{definition.key}" is calculated from its {definition.data_source.kind} source: '
            "values are entered for manual KPIs only."
        )
    return definition.data_source


def keep_entry(entry: Entry, place: Place, view: CompanyTime, work: UnitOfWork) -> bool:
    """Check a value and write it, with all that follows. Whether it is the first one for its period.

    Raises:
        InvalidContent, InvalidRequest: as `check_entry`.
    """
    check_entry(entry, place, view)
    (prepared,) = prepare_entries([(entry, place)], view, work)
    keep_entries([prepared], work)
    return prepared.before is None


def check_entry(entry: Entry, place: Place, view: CompanyTime) -> None:
    """Hold a value to the rules of its KPI and of its assignment.

    Raises:
        InvalidContent: not a manual KPI, outside its allowed_range, or a note is missing.
        InvalidRequest: the period has not begun, or the assignment does not cover it.
    """
    _check_value(entry, manual_source(place.definition))
    _check_place(place, view)


def prepare_entries(
    entries: Sequence[tuple[Entry, Place]], view: CompanyTime, work: UnitOfWork
) -> list[Prepared]:
    """The measurements of checked values, each for another place; reads only, in four statements."""
    places = [place for _, place in entries]
    own = work.slots.targets([Assignee(each.assignment, None) for each in _once(places)])
    wide = work.slots.company_targets({each.definition.id for each in places})
    stored = work.manual.stored([each.key for each in places])
    prepared = []
    for entry, place in entries:
        targets = own.get(place.assignment.id, Targets()), wide.get(place.definition.id, Targets())
        slot = Slot.at(view, place.assignment.id, place.definition, place.period)
        before = stored.get(place.key)
        kept = {} if before is None else before.meta_data
        meta_data = kept if entry.meta_data is None else entry.meta_data
        entered = EnteredMeasurement(measure(slot, entry.value, *targets), entry.notes, meta_data)
        prepared.append(Prepared(place, entered, before))
    return prepared


def keep_entries(prepared: Sequence[Prepared], work: UnitOfWork) -> None:
    """Write what is new, with all that follows from it: scores, alerts, audit. The rest stays untouched.

    The number of statements does not depend on the number of values.
    """
    news = [each for each in prepared if not each.is_unchanged]
    written = {
        (each.assignment_id, each.period_start): each
        for each in work.manual.enter([each.entered for each in news], work.now)
    }
    changed = [each for each in news if each.place.key in written]
    closed = [each for each in changed if not each.entered.measurement.slot.is_open]
    _keep_scores(closed, work)
    kinds = {each.place.assignment.id: each.place.assignment.subject_type for each in changed}
    # The closed period first, as its value comes first: a rule judges one after the other.
    for part in (closed, [each for each in changed if each.entered.measurement.slot.is_open]):
        rows = [each.entered.measurement for each in part]
        raise_alerts([written[each.place.key] for each in part], rows, kinds, work)
    work.audit.record_many([_audited(each) for each in changed])


def _once(places: Collection[Place]) -> Collection[Place]:
    """One place for each assignment."""
    return {each.assignment.id: each for each in places}.values()


def _keep_scores(closed: Collection[Prepared], work: UnitOfWork) -> None:
    days = {
        (each.place.assignment.user_id, each.place.period.end)
        for each in closed
        if each.place.assignment.user_id is not None
    }
    if days:
        work.snapshots.write_days(sorted(days), work.companies.bound())


def _audited(prepared: Prepared) -> Change:
    now, then = prepared.entered, prepared.before
    before = None if then is None else _kept(then.value, then.notes, then.meta_data)
    after = _kept(now.measurement.value, now.notes, now.meta_data)
    start = {"period_start": prepared.place.period.start}
    return Change("value.entered", ("assignment", prepared.place.assignment.id), before, start | after)


def _kept(value: Decimal | None, notes: str, meta_data: Mapping[str, Any]) -> dict[str, Any]:
    """A value as the audit log keeps it."""
    return {"value": value, "notes": notes, "meta_data": dict(meta_data)}


def _check_value(entry: Entry, source: ManualSource) -> None:
    low, high = source.allowed_min, source.allowed_max
    if (low is not None and entry.value < low) or (high is not None and entry.value > high):
        bounds = f"{'−∞' if low is None else low} to {'∞' if high is None else high}"
        raise InvalidContent.of(entry.name, f"{entry.name} must lie in the allowed_range of {bounds}.")
    limit = source.requires_note_below
    if limit is not None and entry.value < limit and not entry.notes:
        raise InvalidContent.of("notes", f"A value below {limit} needs notes that explain it.")


def _check_place(place: Place, view: CompanyTime) -> None:
    if place.period.start > view.calendar.local_date(view.at):
        raise InvalidRequest(f"The period {place.period} has not begun: choose one that has.")
    if not place.assignment.covers(place.period):
        raise InvalidRequest(
            f"The period {place.period} lies outside the assignment, "
            f"which starts on {place.assignment.start_date}."
        )
