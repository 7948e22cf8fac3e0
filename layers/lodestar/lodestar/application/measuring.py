"""From a value to a measurement, and values that people enter (spec 1.4, 1.5, 2.3)."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from lodestar.application.alerting import raise_alerts
from lodestar.application.assignments import assignment_of, visible_person
from lodestar.application.batches import Measured, Slot
from lodestar.application.caller import Caller
from lodestar.application.edge import Body, Number, Text, Value, View
from lodestar.application.json_view import Json
from lodestar.application.ports import UnitOfWork
from lodestar.application.viewing import found
from lodestar.domain import values
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.errors import Forbidden, InvalidContent, InvalidRequest
from lodestar.domain.periods import Calendar, Period
from lodestar.domain.permissions import may_enter_value
from lodestar.domain.scoring import achievement, status
from lodestar.domain.sources import ManualSource
from lodestar.domain.targets import Targets, target_in_force


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
class Frame:
    """What is measured when: an assignment of a definition in a period, seen from an instant."""

    assignment_id: int
    definition: Definition
    period: Period
    is_open: bool
    is_news: bool

    @classmethod
    def seen(cls, assignment_id: int, definition: Definition, period: Period, view: "Viewpoint") -> "Frame":
        """The frame as of an instant: only the running and the newest closed period are news."""
        newest = view.calendar.last_closed(period.cadence, view.at)
        return cls(
            assignment_id, definition, period, period.start > newest.start, period.start >= newest.start
        )


@dataclass(frozen=True, slots=True)
class Viewpoint:
    """A company's calendar at an instant."""

    calendar: Calendar
    at: datetime


def measured(frame: Frame, value: Decimal | values.NoData, own: Targets, wide: Targets) -> Measured:
    """The measurement of a value, with the target in force and the achievement against it."""
    definition = frame.definition
    number = None if isinstance(value, values.NoData) else value
    target, origin = target_in_force(frame.period, own, wide)
    achieved = achievement(number, target, definition.target_type)
    return Measured(
        assignment_id=frame.assignment_id,
        definition=definition,
        period=frame.period,
        value=number,
        no_data_reason=value.reason if isinstance(value, values.NoData) else None,
        target=target,
        target_origin=origin,
        achievement=achieved,
        status=status(achieved, number is not None, target is not None, definition.thresholds),
        is_open=frame.is_open,
        is_news=frame.is_news,
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
    source = _manual(definition)
    if not may_enter_value(caller.actor, user_id, person.team_id, source.entered_by):
        raise Forbidden("Only the manager of this person and admins can enter this value.")
    period = caller.company.calendar.period_of(
        definition.aggregation_period, entry.period_start, entry.period_end
    )
    _check_entry(entry, source, (assignment, period), caller.company.calendar.local_date(work.now))
    frame = Frame.seen(assignment.id, definition, period, Viewpoint(caller.company.calendar, work.now))
    created = _write(entry, frame, assignment, work)
    text = work.views.one("measurement", {"id": assignment_id, "period_start": period.start})
    work.commit()
    return Json(found(text, "measurement")), created


def _manual(definition: Definition) -> ManualSource:
    if not isinstance(definition.data_source, ManualSource):
        raise InvalidContent(
            f'"{definition.key}" is calculated from its {definition.data_source.kind} source: '
            "values are entered for manual KPIs only."
        )
    return definition.data_source


def _check_entry(
    entry: EnteredValue, source: ManualSource, slot: tuple[Assignment, Period], today: date
) -> None:
    assignment, period = slot
    low, high = source.allowed_min, source.allowed_max
    if (low is not None and entry.actual_value < low) or (high is not None and entry.actual_value > high):
        bounds = f"{'−∞' if low is None else low} to {'∞' if high is None else high}"
        raise InvalidContent.of("actual_value", f"actual_value must lie in the allowed_range of {bounds}.")
    limit = source.requires_note_below
    if limit is not None and entry.actual_value < limit and not entry.notes:
        raise InvalidContent.of("notes", f"A value below {limit} needs notes that explain it.")
    if period.start > today:
        raise InvalidRequest(f"The period {period} has not begun: choose one that has.")
    if not assignment.covers(period):
        raise InvalidRequest(
            f"The period {period} lies outside the assignment, which starts on {assignment.start_date}."
        )


def _write(entry: EnteredValue, frame: Frame, assignment: Assignment, work: UnitOfWork) -> bool:
    definition, start = frame.definition, frame.period.start
    own = work.slots.targets([Slot(assignment, None)]).get(assignment.id, Targets())
    wide = work.slots.company_targets({definition.id}).get(definition.id, Targets())
    row = measured(frame, entry.actual_value, own, wide)
    before = work.manual.current(assignment.id, start)
    written = work.manual.enter(row, entry.notes, work.now)
    if not row.is_open:
        work.snapshots.write([assignment.user_id or 0], [row.period.end], work.companies.bound())
    raise_alerts(written, [row], {assignment.id: assignment.subject_type}, work)
    after = {"period_start": start, "value": row.value, "notes": entry.notes}
    work.audit.record("value.entered", ("assignment", assignment.id), before, after)
    return before is None
