"""Values that people enter for the company itself."""

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator

from lodestar.application.assignments.assigning import TargetRangeView
from lodestar.application.caller import Caller
from lodestar.application.ports import UnitOfWork
from lodestar.application.reading.company_kpis import visible_company_kpi
from lodestar.application.values.entering import Entry, Place, keep_entry
from lodestar.application.viewing import found
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import CompanyTime
from lodestar.domain.periods import Period
from lodestar.domain.permissions import may_edit_kpi
from lodestar.domain.refusals import Forbidden
from lodestar.domain.scoring import Status
from lodestar.wire.bodies import Body, View
from lodestar.wire.exact_json import to_json
from lodestar.wire.fields import Number, Text, Value
from lodestar.wire.json_view import Json

MOST_META_DATA = 4096
"""Bytes of JSON that may go with a value."""


def _small(meta_data: dict[str, Any]) -> dict[str, Any]:
    """Refuse what the database would not keep: it knows neither NUL nor one half of a surrogate pair."""
    rule = f"must be at most {MOST_META_DATA} bytes of JSON, without NUL, half characters or deep nesting"
    try:
        text = to_json(meta_data)
    except TypeError as error:
        raise ValueError(rule) from error
    if len(text.encode()) > MOST_META_DATA or "\\u0000" in text:
        raise ValueError(rule)
    return meta_data


class CompanyValue(Body):
    """A value of a manual KPI for the period that holds a date.

    `meta_data` is kept as it is; a correction without it leaves what is there.
    """

    value: Value
    period_date: date
    meta_data: Annotated[dict[str, Any], AfterValidator(_small)] | None = None
    notes: Text = ""


class CompanyValueView(View):
    """A value of the company; `progress` is the achievement in percent."""

    kpi_id: int
    period_start: date
    period_end: date
    value: Number
    target: Number | TargetRangeView | None
    progress: Number | None
    status: Status
    state: str
    meta_data: dict[str, Any]
    notes: str


def enter_company_value(
    kpi_id: int, entry: CompanyValue, caller: Caller, work: UnitOfWork
) -> tuple[Json[CompanyValueView], bool]:
    """Enter or correct a value of the company; answers it, and whether it is the first one for its period.

    Raises:
        NotFound, Forbidden: as `visible_company_kpi`, or the caller may not edit this KPI.
        InvalidContent: as `entering.keep_entry`.
        InvalidRequest: as `entering.keep_entry`, or a date beyond the calendar.
    """
    definition = visible_company_kpi(kpi_id, caller, work)
    refuse_reader(definition, caller)
    calendar = caller.company.calendar
    period = calendar.containing(definition.aggregation_period, entry.period_date)
    assignment = _assignment_for(period, work.company_kpis.assignments(kpi_id))
    value = Entry("value", entry.value, entry.notes, entry.meta_data)
    created = keep_entry(value, Place(assignment, definition, period), CompanyTime(calendar, work.now), work)
    text = work.views.one("company_value", {"id": assignment.id, "period_start": period.start})
    work.commit()
    return Json(found(text, "value")), created


def refuse_reader(definition: Definition, caller: Caller) -> None:
    """Forbidden for a caller who may not enter values of the company."""
    if not may_edit_kpi(caller.actor, definition.id):
        raise Forbidden("Only admins and those with a grant to edit this KPI can enter its values.")


def _assignment_for(period: Period, assignments: list[Assignment]) -> Assignment:
    """The newest one that covers the period; the newest of all when none does, to be refused."""
    return next((each for each in assignments if each.covers(period)), assignments[0])
