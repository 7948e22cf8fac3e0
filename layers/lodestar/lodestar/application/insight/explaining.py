"""How a value came about, and what a definition would give."""

import json
from datetime import date
from decimal import Decimal

from lodestar.application.access import (
    require_assignment_of,
    require_found,
    require_readable_definition,
    require_visible_person,
)
from lodestar.application.calculation.recalculating import RecalculationContext
from lodestar.application.insight.composing import Question, StoredMeasurement, StoredSlot, answer_to
from lodestar.application.insight.explanation_shapes import Explanation, PeriodQuery, Preview, PreviewRequest
from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.definitions import Definition, DefinitionVersion
from lodestar.domain.measurements import Assignee
from lodestar.domain.periods import Period
from lodestar.domain.permissions import may_view_kpi
from lodestar.domain.refusals import Forbidden, InvalidRequest
from lodestar.domain.sources import ManualSource
from lodestar.wire.exact_json import to_json
from lodestar.wire.json_view import Json


def explain_value(ids: tuple[int, int], asked: PeriodQuery, desk: RecalculationContext) -> Json[Explanation]:
    """How a user's value in one period came about; `ids` are the user's and the assignment's.

    Raises:
        NotFound, Forbidden: as `require_visible_person` and `require_assignment_of`.
        InvalidRequest: the dates are not one period of the KPI.
    """
    user_id, assignment_id = ids
    person = require_visible_person(user_id, desk.caller, desk.work.people)
    slot = Assignee(require_assignment_of(user_id, desk.work.assignments.get(assignment_id)), person.team_id)
    stored_slot = _stored_slot(assignment_id, (asked.period_start, asked.period_end), desk)
    question = _question(slot, asked, stored_slot.measurement, desk)
    answer = answer_to(question, desk)
    explanation = Explanation(
        **dict(answer.calculation),
        assignment_id=assignment_id,
        measurement=None if stored_slot.measurement is None else stored_slot.measurement.shown,
        not_measured=stored_slot.not_measured if stored_slot.measurement is None else None,
        differs=stored_slot.measurement is not None and stored_slot.measurement.differs_from(answer.value),
        revisions=stored_slot.revisions,
    )
    return Json(to_json(explanation))


def preview_value(definition_id: int, wanted: PreviewRequest, desk: RecalculationContext) -> Json[Preview]:
    """The value that a definition gives a person, or the company, in a period. Nothing is stored.

    The person needs no assignment; where they have one, its targets count.

    Raises:
        NotFound: there is no such KPI or user.
        Forbidden: the caller may not see the KPIs of that person, or this one of the company.
        InvalidRequest: the dates are not one period of the KPI, or the period has not begun.
    """
    definition = require_readable_definition(desk.work.definitions.get(definition_id), desk.caller)
    team_id = _team_of_subject(definition, wanted.user_id, desk)
    period = _begun_period(definition, wanted, desk)
    assignment = desk.work.assignments.covering(definition_id, wanted.user_id, period)
    entered = None
    if assignment is not None and isinstance(definition.data_source, ManualSource):
        entered = _stored_slot(assignment.id, (period.start, period.end), desk).measurement
    slot = Assignee(assignment or _imagined(definition_id, wanted.user_id, period), team_id)
    version = _version(definition, definition.version, desk)
    answer = answer_to(Question(version, slot, period, entered), desk)
    preview = Preview(
        user_id=wanted.user_id,
        value=answer.calculation.value_now,
        achievement_percentage=answer.now.achievement,
        status=answer.now.status,
        explanation=answer.calculation,
    )
    return Json(to_json(preview))


def _stored_slot(assignment_id: int, dates: tuple[date, date], desk: RecalculationContext) -> StoredSlot:
    start, end = dates
    text = desk.work.views.read("stored_slot", {"id": assignment_id, "start": start, "end": end})
    return StoredSlot.model_validate(json.loads(require_found(text, "assignment"), parse_float=Decimal))


def _question(
    slot: Assignee, asked: PeriodQuery, stored: StoredMeasurement | None, desk: RecalculationContext
) -> Question:
    """The version and the period of what is stored; without it, those that a calculation would take today.

    What was stored by another cadence or another calendar than today's is explained all the same.
    """
    definition = desk.work.definitions.get(slot.assignment.definition_id)
    assert definition is not None  # noqa: S101 — held by a foreign key
    start, end = asked.period_start, asked.period_end
    if stored is None:
        period = desk.caller.company.calendar.period_of(definition.aggregation_period, start, end)
        return Question(_version(definition, definition.version, desk), slot, period, None)
    version = _version(definition, stored.definition_version, desk)
    return Question(version, slot, Period(version.definition.aggregation_period, start, end), stored)


def _version(definition: Definition, version: int, desk: RecalculationContext) -> DefinitionVersion:
    made = desk.work.definitions.version(definition.id, version)
    assert made is not None  # noqa: S101 — a definition is saved with its version
    return made


def _team_of_subject(definition: Definition, user_id: int | None, desk: RecalculationContext) -> int | None:
    if user_id is not None:
        return require_visible_person(user_id, desk.caller, desk.work.people).team_id
    if not may_view_kpi(desk.caller.actor, definition.id, definition.category):
        raise Forbidden("Your role does not show you this KPI of the company: name a user_id.")
    return None


def _begun_period(definition: Definition, wanted: PreviewRequest, desk: RecalculationContext) -> Period:
    calendar = desk.caller.company.calendar
    period = calendar.period_of(definition.aggregation_period, wanted.period_start, wanted.period_end)
    if period.start > calendar.local_date(desk.work.now):
        raise InvalidRequest(f"The period {period} has not begun: choose one that has.")
    return period


def _imagined(definition_id: int, user_id: int | None, period: Period) -> Assignment:
    """An assignment for just this period, which is never saved."""
    kind = SubjectType.COMPANY if user_id is None else SubjectType.USER
    return Assignment(0, definition_id, kind, user_id, None, Decimal(1), None, period.start, period.end)
