"""Values that people enter, and what follows from them."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from lodestar.application.access import (
    require_assignment_of,
    require_found,
    require_visible_company_kpi,
    require_visible_person,
)
from lodestar.application.alerts.raising import raise_alerts
from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.caller import Caller
from lodestar.application.values.entering import (
    Entry,
    Place,
    Prepared,
    check_entry,
    prepare_entries,
    refuse_other_hands,
    refuse_reader,
)
from lodestar.application.values.shapes import CompanyValue, CompanyValueView, EnteredValue, MeasurementView
from lodestar.application.work import AuditedChange, AuditObject
from lodestar.domain.assignments import Assignment
from lodestar.domain.measurements import CompanyTime
from lodestar.domain.periods import Period
from lodestar.wire.json_view import Json


def enter_company_value(
    kpi_id: int, entry: CompanyValue, caller: Caller, work: CalculationWork
) -> tuple[Json[CompanyValueView], bool]:
    """Enter or correct a value of the company; answers it, and whether it is the first one for its period.

    Raises:
        NotFound, Forbidden: as `require_visible_company_kpi`, or the caller may not edit this KPI.
        InvalidContent: as `entering.keep_entry`.
        InvalidRequest: as `entering.keep_entry`, or a date beyond the calendar.
    """
    definition = require_visible_company_kpi(work.assignments.company_kpi(kpi_id), caller)
    refuse_reader(definition, caller)
    calendar = caller.company.calendar
    period = calendar.containing(definition.aggregation_period, entry.period_date)
    assignment = _assignment_for(period, work.assignments.company_assignments(kpi_id))
    value = Entry("value", entry.value, entry.notes, entry.meta_data)
    created = keep_entry(value, Place(assignment, definition, period), CompanyTime(calendar, work.now), work)
    text = work.views.read("company_value", {"id": assignment.id, "period_start": period.start})
    work.commit()
    return Json(require_found(text, "value")), created


def _assignment_for(period: Period, assignments: list[Assignment]) -> Assignment:
    """The newest one that covers the period; the newest of all when none does, to be refused."""
    return next((each for each in assignments if each.covers(period)), assignments[0])


def enter_value(
    ids: tuple[int, int], entry: EnteredValue, caller: Caller, work: CalculationWork
) -> tuple[Json[MeasurementView], bool]:
    """Enter or correct the value of a manual KPI; `ids` are the user's and the assignment's.

    Answers the measurement, and whether it is the first one for its period.

    Raises:
        NotFound, Forbidden: not to be seen, or not to be entered by this caller.
        InvalidContent: not a manual KPI, outside its allowed_range, or a note is missing.
        InvalidRequest: the dates are not one period of the KPI, or the period has not begun.
    """
    user_id, assignment_id = ids
    person = require_visible_person(user_id, caller, work.people)
    assignment = require_assignment_of(user_id, work.assignments.get(assignment_id))
    definition = work.definitions.get(assignment.definition_id)
    assert definition is not None  # noqa: S101 — held by a foreign key
    refuse_other_hands(person, definition, caller)
    calendar = caller.company.calendar
    period = calendar.period_of(definition.aggregation_period, entry.period_start, entry.period_end)
    value = Entry("actual_value", entry.actual_value, entry.notes)
    created = keep_entry(value, Place(assignment, definition, period), CompanyTime(calendar, work.now), work)
    text = work.views.read("measurement", {"id": assignment_id, "period_start": period.start})
    work.commit()
    return Json(require_found(text, "measurement")), created


def keep_entry(entry: Entry, place: Place, view: CompanyTime, work: CalculationWork) -> bool:
    """Check a value and write it, with all that follows. Whether it is the first one for its period.

    Raises:
        InvalidContent, InvalidRequest: as `check_entry`.
    """
    check_entry(entry, place, view)
    (prepared,) = prepare_entries([(entry, place)], view, work)
    keep_entries([prepared], work)
    return prepared.before is None


def keep_entries(prepared: Sequence[Prepared], work: CalculationWork) -> None:
    """Write what is new, with all that follows from it: scores, alerts, audit. The rest stays untouched.

    The number of statements does not depend on the number of values.
    """
    news = [each for each in prepared if not each.is_unchanged]
    written = {
        (each.assignment_id, each.period_start): each
        for each in work.values.enter([each.entered for each in news], work.now)
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


def _keep_scores(closed: Collection[Prepared], work: CalculationWork) -> None:
    days = {
        (each.place.assignment.user_id, each.place.period.end)
        for each in closed
        if each.place.assignment.user_id is not None
    }
    if days:
        work.values.write_scores_of_days(sorted(days), work.people.company())


def _audited(prepared: Prepared) -> AuditedChange:
    now, then = prepared.entered, prepared.before
    before = None if then is None else _kept(then.value, then.notes, then.meta_data)
    after = _kept(now.measurement.value, now.notes, now.meta_data)
    start = {"period_start": prepared.place.period.start}
    return AuditedChange(
        "value.entered", AuditObject("assignment", prepared.place.assignment.id), before, start | after
    )


def _kept(value: Decimal | None, notes: str, meta_data: Mapping[str, Any]) -> dict[str, Any]:
    """A value as the audit log keeps it."""
    return {"value": value, "notes": notes, "meta_data": dict(meta_data)}
