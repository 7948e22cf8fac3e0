"""Values that people enter, one or many at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from lodestar.application.caller import Caller
from lodestar.application.values.ports import StoredMeasurement, ValueWork
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import Assignee, CompanyTime, EnteredMeasurement, Slot, measure
from lodestar.domain.people import Person
from lodestar.domain.periods import Period
from lodestar.domain.permissions import may_edit_kpi, may_enter_value
from lodestar.domain.refusals import Forbidden, InvalidContent, InvalidRequest
from lodestar.domain.sources import ManualSource
from lodestar.domain.targets import Targets


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
    before: StoredMeasurement | None

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


def check_entry(entry: Entry, place: Place, view: CompanyTime) -> None:
    """Hold a value to the rules of its KPI and of its assignment.

    Raises:
        InvalidContent: not a manual KPI, outside its allowed_range, or a note is missing.
        InvalidRequest: the period has not begun, or the assignment does not cover it.
    """
    _check_value(entry, manual_source(place.definition))
    _check_place(place, view)


def prepare_entries(
    entries: Sequence[tuple[Entry, Place]], view: CompanyTime, work: ValueWork
) -> list[Prepared]:
    """The measurements of checked values, each for another place; reads only, in four statements."""
    places = [place for _, place in entries]
    own = work.assignments.own_targets([Assignee(each.assignment, None) for each in _once(places)])
    wide = work.assignments.company_targets({each.definition.id for each in places})
    stored = work.values.stored_measurements([each.key for each in places])
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


def refuse_reader(definition: Definition, caller: Caller) -> None:
    """Forbidden for a caller who may not enter values of the company."""
    if not may_edit_kpi(caller.actor, definition.id):
        raise Forbidden("Only admins and those with a grant to edit this KPI can enter its values.")


def _once(places: Collection[Place]) -> Collection[Place]:
    """One place for each assignment."""
    return {each.assignment.id: each for each in places}.values()
