"""How a value came about, and what a definition would give."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from lodestar.application.access import (
    require_assignment_of,
    require_found,
    require_readable_definition,
    require_unlocked,
    require_visible_person,
)
from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.calculation.recalculating import RecalculationContext
from lodestar.application.caller import Caller
from lodestar.application.definitions.versions import with_versions
from lodestar.application.insight.explanation_shapes import Explanation, PeriodQuery, Preview, PreviewRequest
from lodestar.application.insight.slot_explanation import (
    ExplainedSlot,
    MeasurementToExplain,
    StoredSlot,
    recalculated_slot,
)
from lodestar.domain.assignments import Assignment, Subject, Terms
from lodestar.domain.definitions import Definition, DefinitionVersion
from lodestar.domain.measurements import Assignee
from lodestar.domain.periods import Period
from lodestar.domain.refusals import InvalidRequest
from lodestar.domain.sources import ManualSource
from lodestar.wire.exact_json import to_json
from lodestar.wire.json_view import Json


def explain_value(
    user_id: int, assignment_id: int, dates: PeriodQuery, context: RecalculationContext
) -> Json[Explanation]:
    """How a user's value in one period came about.

    Raises:
        NotFound: the company has no such user, or the user no such assignment.
        Forbidden: the caller is neither that person nor their manager nor an admin.
        InvalidRequest: the dates are not one period of the KPI.
    """
    require_visible_person(user_id, context.caller, context.work.people)
    assignment = require_assignment_of(user_id, context.work.assignments.get(assignment_id))
    stored = stored_slot(assignment_id, dates.period_start, dates.period_end, context.work)
    slot = explained_slot(assignment, dates, stored.measurement, context.caller, context.work)
    return Json(to_json(Explanation(**explanation_fields(slot, stored, context))))


def explanation_fields(
    slot: ExplainedSlot, stored: StoredSlot, context: RecalculationContext
) -> dict[str, Any]:
    """The fields of an explanation: what is stored of a slot, and what it is made of on today's data."""
    recalculated, measurement = recalculated_slot(slot, context), stored.measurement
    return {
        **dict(recalculated.calculation),
        "assignment_id": slot.assignee.assignment.id,
        "measurement": None if measurement is None else measurement.shown,
        # Where there is a measurement, a run that failed beside it explains nothing of the value.
        "not_measured": stored.not_measured if measurement is None else None,
        "differs": measurement is not None and measurement.differs_from(recalculated.value),
        "revisions": stored.revisions,
    }


def preview_value(
    definition_id: int, request: PreviewRequest, context: RecalculationContext
) -> Json[Preview]:
    """The value that a definition gives a person, or the company, in a period. Nothing is stored.

    The person needs no assignment; where they have one, its targets count.

    Raises:
        NotFound: there is no such KPI or user.
        Forbidden: the KPI is locked for the caller, or they may not see the KPIs of that person.
        InvalidRequest: the dates are not one period of the KPI, or the period has not begun.
    """
    definition = require_readable_definition(context.work.definitions.get(definition_id), context.caller)
    require_unlocked(definition, context.caller.actor)
    if request.user_id is not None:
        require_visible_person(request.user_id, context.caller, context.work.people)
    period = _begun_period(definition, request, context)
    assignment = context.work.assignments.of_subject(definition_id, Subject(user_id=request.user_id))
    if assignment is None or not assignment.covers(period):
        assignment = _unsaved_assignment(definition_id, request.user_id, period)
    stored = None
    # Only a manual value has to be looked up: a preview tells what a source gives today, not what is stored.
    if isinstance(definition.data_source, ManualSource):
        stored = stored_slot(assignment.id, period.start, period.end, context.work).measurement
    assignee = _assignee(assignment, context.work)
    version = _version(definition, definition.version, context.work)
    recalculated = recalculated_slot(ExplainedSlot(version, assignee, period, stored), context)
    preview = Preview(
        user_id=request.user_id,
        value=recalculated.calculation.value_now,
        achievement_percentage=recalculated.measurement.achievement,
        status=recalculated.measurement.status,
        explanation=recalculated.calculation,
    )
    return Json(to_json(preview))


def stored_slot(assignment_id: int, start: date, end: date, work: CalculationWork) -> StoredSlot:
    """What is stored of one slot."""
    text = work.views.read("stored_slot", {"id": assignment_id, "start": start, "end": end})
    # As decimals: a float would show 0.1 as what was never stored, and every such value as one that differs.
    return StoredSlot.model_validate(json.loads(require_found(text, "assignment"), parse_float=Decimal))


def explained_slot(
    assignment: Assignment,
    dates: PeriodQuery,
    stored: MeasurementToExplain | None,
    caller: Caller,
    work: CalculationWork,
) -> ExplainedSlot:
    """The version and the period of what is stored; without it, those that a calculation would take today.

    What was stored by another cadence or another calendar than today's is explained all the same.
    """
    assignee = _assignee(assignment, work)
    definition = work.definitions.get(assignment.definition_id)
    assert definition is not None  # noqa: S101 — a foreign key sees to it
    start, end = dates.period_start, dates.period_end
    if stored is None:
        period = caller.company.calendar.period_of(definition.aggregation_period, start, end)
        in_force = with_versions(definition, work).for_period(definition, period)
        return ExplainedSlot(_version(definition, in_force.version, work), assignee, period, None)
    version = _version(definition, stored.definition_version, work)
    period = Period(version.definition.aggregation_period, start, end)
    return ExplainedSlot(version, assignee, period, stored)


def _version(definition: Definition, number: int, work: CalculationWork) -> DefinitionVersion:
    version = work.definitions.version(definition.id, number)
    assert version is not None  # noqa: S101 — a definition is saved with its version
    return version


def _assignee(assignment: Assignment, work: CalculationWork) -> Assignee:
    """Who is measured, with the memberships of a user."""
    if assignment.user_id is None:
        return Assignee(assignment)
    return Assignee(assignment, work.people.memberships([assignment.user_id])[assignment.user_id])


def _begun_period(definition: Definition, request: PreviewRequest, context: RecalculationContext) -> Period:
    calendar = context.caller.company.calendar
    period = calendar.period_of(definition.aggregation_period, request.period_start, request.period_end)
    if period.start > calendar.local_date(context.work.now):
        raise InvalidRequest(f"The period {period} has not begun: choose one that has.")
    return period


def _unsaved_assignment(definition_id: int, user_id: int | None, period: Period) -> Assignment:
    """An assignment for just this period, which is never saved: its id is nobody's."""
    terms = Terms(period.start, period.end, weight=Decimal(1), target=None)
    return Assignment(0, definition_id, Subject(user_id=user_id), (terms,))
