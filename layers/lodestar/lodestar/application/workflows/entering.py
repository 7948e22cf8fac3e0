"""Values that people enter, and what follows from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from lodestar.application.access import (
    require_assignment_of,
    require_definition,
    require_found,
    require_visible_company_kpi,
    require_visible_person,
    require_visible_team,
)
from lodestar.application.alerts.closing import close_withdrawn_alerts
from lodestar.application.alerts.raising import raise_alerts
from lodestar.application.alerts.superseding import remember_in_place
from lodestar.application.assignments.assigning import require_team
from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.calculation.superseding import places_of, supersede_old_dates
from lodestar.application.definitions.versions import all_definitions, with_versions
from lodestar.application.values.entering import (
    ManualSlot,
    NewValue,
    ValueChange,
    changes_by,
    in_its_version,
    manual_version,
    require_company_enterer,
    require_enterable,
    require_enterer,
    require_team_enterer,
)
from lodestar.application.values.ports import UserDay
from lodestar.application.values.score_days import days_scored_with, write_scores
from lodestar.application.values.shapes import EnteredValue, GroupValue, GroupValueView, MeasurementView
from lodestar.application.work import AuditedChange, AuditObject
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.following_values import follow_values
from lodestar.domain.assignments import Assignment, Subject, UserKpiIds
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import CompanyTime, SlotKey
from lodestar.domain.refusals import InvalidContent
from lodestar.domain.versions import CompanyDefinitions
from lodestar.wire.json_view import Json


@dataclass(frozen=True, slots=True)
class Entered[View]:
    """The answer to a value that was entered; `is_first`: its period had none before."""

    view: Json[View]
    is_first: bool


def enter_group_value(kpi_id: int, body: GroupValue, context: ChangeContext) -> Entered[GroupValueView]:
    """Enter or correct a value of the company, or a team's own, for the period that holds the body's date.

    Raises:
        NotFound: there is no such KPI, or it is none of the company.
        Forbidden: the KPI is locked for the caller, the team is not theirs to see, or they may not enter its
            values.
        InvalidContent: not a manual KPI, made of people's values, outside its allowed_range, a note is
            missing, no such team, or the team does not have the KPI.
        InvalidRequest: the period has not begun, no assignment covers it, or it is beyond the calendar.
    """
    work = context.work
    work.values.lock_entered()
    context.hold_calendar()
    definition, definitions = _group_kpi(kpi_id, body.team_id, context)
    assignment = _group_assignment(definition, body.team_id, work)
    period = context.calendar.containing(definition.aggregation_period, body.period_date)
    new = NewValue(
        ManualSlot(assignment, definition, period), "value", body.value, body.notes, body.meta_data
    )
    done = _enter(new, definitions, context)
    text = work.views.read("group_value", _view_parameters(new.slot.key, done))
    work.commit()
    return Entered(Json(require_found(text, "value")), done.is_first)


def _group_kpi(
    kpi_id: int, team_id: int | None, context: ChangeContext
) -> tuple[Definition, CompanyDefinitions]:
    """The KPI of a team or of the company whose values the caller may enter, with its versions."""
    caller, work = context.caller, context.work
    if team_id is None:
        definition = require_visible_company_kpi(work.assignments.company_kpi(kpi_id), caller)
    else:
        definition = require_definition(work.definitions.get(kpi_id))
        require_team(team_id, work)
        require_visible_team(team_id, caller)
    definitions = with_versions(definition, work)
    manual = manual_version(definition, definitions)
    if team_id is None:
        require_company_enterer(manual, caller)
    else:
        require_team_enterer(team_id, manual, caller)
    return definition, definitions


def _group_assignment(definition: Definition, team_id: int | None, work: CalculationWork) -> Assignment:
    assignment = work.assignments.of_subject(definition.id, Subject(team_id=team_id))
    if assignment is None:
        sentence = f'This team does not have the KPI "{definition.key}": assign it to the team first.'
        raise InvalidContent.of("team_id", sentence)
    return assignment


def enter_value(kpi: UserKpiIds, body: EnteredValue, context: ChangeContext) -> Entered[MeasurementView]:
    """Enter or correct the value of a user's manual KPI for one period.

    Raises:
        NotFound: there is no such user, or they have no such assignment.
        Forbidden: the user's KPIs are not for the caller to see, or their values not to enter.
        InvalidContent: not a manual KPI, outside its allowed_range, or a note is missing.
        InvalidRequest: the dates are not one period of the KPI, or the period has not begun.
    """
    caller, work = context.caller, context.work
    work.values.lock_entered()
    context.hold_calendar()
    person = require_visible_person(kpi.user_id, caller, work.people)
    assignment = require_assignment_of(kpi.user_id, work.assignments.get(kpi.assignment_id))
    definition = require_definition(work.definitions.get(assignment.definition_id))
    definitions = with_versions(definition, work)
    require_enterer(person, manual_version(definition, definitions), caller)
    period = context.calendar.period_of(definition.aggregation_period, body.period_start, body.period_end)
    slot = ManualSlot(assignment, definition, period)
    new = NewValue(slot, "actual_value", body.actual_value, body.notes)
    done = _enter(new, definitions, context)
    text = work.views.read("measurement", _view_parameters(slot.key, done))
    work.commit()
    return Entered(Json(require_found(text, "measurement")), done.is_first)


@dataclass(frozen=True, slots=True)
class _Done:
    """What came of a value: whether its period had none before, and the run over what is made of it."""

    is_first: bool
    run_id: int | None


def _view_parameters(key: SlotKey, done: _Done) -> dict[str, object]:
    return {
        "id": key.assignment_id,
        "period_start": key.period_start,
        "period_end": key.period_end,
        "run_id": done.run_id,
    }


def _enter(new: NewValue, definitions: CompanyDefinitions, context: ChangeContext) -> _Done:
    """Check a value and write it, with all that follows."""
    work, company = context.work, context.caller.company
    now = CompanyTime(company.calendar, work.now)
    stored = work.values.stored_measurements([new.slot.key])
    today = now.calendar.local_date(now.at)
    new = in_its_version(new, stored.get(new.slot.key), definitions, today)
    require_enterable(new, stored.get(new.slot.key), now)
    changes = changes_by([new], stored, now, company, work)
    runs = write_changes(changes, context)
    return _Done(all(change.before is None for change in changes), runs[0] if runs else None)


def write_changes(changes: Sequence[ValueChange], context: ChangeContext) -> list[int]:
    """Write what changes, with all that follows from it: scores, alerts, audit. The rest stays untouched.

    The ids of the runs over what is made of the values: one for each cadence, none where nothing is. The
    number of statements does not depend on the number of values.
    """
    work = context.work
    real = [change for change in changes if not change.changes_nothing]
    written = {row.key: row for row in work.values.enter([change.after for change in real], work.now)}
    # A run may have written meanwhile, whatever is entered: only what the database wrote has consequences.
    changed = [change for change in real if change.slot.key in written]
    closed = [change for change in changed if not change.after.measurement.slot.is_open]
    running = [change for change in changed if change.after.measurement.slot.is_open]
    replaced = _superseded_by(changed, context)
    _write_scores([change.slot for change in closed], replaced, work)
    subject_types = {change.slot.assignment.id: change.slot.assignment.subject_type for change in changed}
    notifications = 0
    # The closed period first, as its value comes first: a rule judges one after the other.
    for part in (closed, running):
        of_part = [written[change.slot.key] for change in part]
        measurements = [change.after.measurement for change in part]
        notifications += raise_alerts(of_part, measurements, subject_types, work)
    if replaced:
        close_withdrawn_alerts([slot.key for slot in replaced], work)
    if notifications:
        work.after_commit(lambda: context.messages.publish(context.caller.company.id))
    work.audit.record_many([_audited(change) for change in changed])
    return follow_values(changed, context)


def _superseded_by(changes: Sequence[ValueChange], context: ChangeContext) -> list[ManualSlot]:
    """What these values take the place of: slots of periods that a corrected calendar has no more."""
    slots = {change.slot.key: change.slot for change in changes}
    periods = {key: slot.period for key, slot in slots.items()}
    gone = supersede_old_dates(periods, context.calendar, context.work, None)
    ids = {slot.definition.id for slot in slots.values()}
    remember_in_place(places_of(gone, periods, context.today), ids, context.work)
    of_assignment = {key.assignment_id: slot for key, slot in slots.items()}
    return [replace(of_assignment[key.assignment_id], period=period) for key, period in gone.items()]


def _write_scores(
    closed: Sequence[ManualSlot], replaced: Sequence[ManualSlot], work: CalculationWork
) -> None:
    """The scores of the days on which closed periods end, and of all for which these or replaced ones count.

    A running period counts for no score yet; the calculation that closes it writes the day's.
    """
    if not (closed or replaced):
        return
    calendar, definitions = work.people.company().calendar, all_definitions(work)
    spans = [
        days_scored_with(
            slot.assignment.user_id, slot.period, calendar, is_carried=definitions.carries(slot.definition)
        )
        for slot in (*closed, *replaced)
        if slot.assignment.user_id is not None
    ]
    closing = (
        UserDay(slot.assignment.user_id, slot.period.end)
        for slot in closed
        if slot.assignment.user_id is not None
    )
    write_scores(closing, spans, calendar, work)


def _audited(change: ValueChange) -> AuditedChange:
    stored, entered = change.before, change.after
    before = None if stored is None else _for_audit(stored.value, stored.notes, stored.meta_data)
    after = _for_audit(entered.measurement.value, entered.notes, entered.meta_data)
    about = AuditObject("assignment", change.slot.assignment.id)
    return AuditedChange("value.entered", about, before, {"period_start": change.slot.period.start} | after)


def _for_audit(value: Decimal | None, notes: str, meta_data: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit log says of a value."""
    return {"value": value, "notes": notes, "meta_data": dict(meta_data)}
