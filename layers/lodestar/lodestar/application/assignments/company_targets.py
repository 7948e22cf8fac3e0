"""Targets of the company's KPIs for ranges of dates."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from lodestar.application.access import require_visible_company_kpi
from lodestar.application.assignments.ports import AssignmentWork
from lodestar.application.assignments.shapes import (
    CompanyTargetChange,
    CompanyTargetDraft,
    CompanyTargetList,
)
from lodestar.application.assignments.targets import require_holds_a_period, target_for
from lodestar.application.caller import Caller
from lodestar.application.pages import read_page_and_commit
from lodestar.application.work import AuditObject
from lodestar.domain.definitions import Definition
from lodestar.domain.periods import Calendar
from lodestar.domain.permissions import may_set_targets
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, NotFound
from lodestar.domain.targets import DatedTarget, KpiTarget
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery


def drafted_target(
    draft: CompanyTargetDraft, definition: Definition, calendar: Calendar, now: datetime
) -> DatedTarget:
    """The target of a draft, checked against its KPI.

    Raises:
        InvalidContent: a target that does not fit the KPI.
        InvalidRequest: the dates are out of order, or no period of the KPI ends in them.
    """
    target = target_for(definition, draft.target_value)
    dated = DatedTarget(target, draft.period_start, draft.period_end, now)
    require_holds_a_period(dated.first, dated.last, definition, calendar)
    return dated


def add_company_target(definition: Definition, dated: DatedTarget, notes: str, work: AssignmentWork) -> int:
    """Insert a target beside those that are there; its id.

    Raises:
        Conflict: one of the same dates, or of dates that overlap them without holding or filling them.
    """
    work.definitions.lock(definition.id)  # so that two writers cannot both find no overlap
    for stored in work.assignments.dated_company_targets(definition.id).values():
        if stored.collides_with(dated):
            raise Conflict(
                f"A target for {stored.first} to {stored.last} is there already: delete it first, "
                "or choose dates that are apart from it, inside it or around it.",
                code="target_overlap",
            )
    target_id = work.assignments.add_company_target(definition.id, dated, notes)
    about = AuditObject("target", target_id)
    work.audit.record("target.created", about, None, _for_audit(definition.id, dated))
    return target_id


def change_target(
    which: KpiTarget, change: CompanyTargetChange, definition: Definition, work: AssignmentWork
) -> DatedTarget:
    """Write another value or other notes of a target; what it is then.

    Raises:
        NotFound: the KPI has no such target.
        InvalidContent: a target that does not fit the KPI.
    """
    before = _locked_target(which, work)
    target = before.target
    if change.target_value is not None:
        target = target_for(definition, change.target_value)
    after = replace(before, target=target)
    if work.assignments.change_company_target(which.target_id, target, change.notes):
        about = AuditObject("target", which.target_id)
        changed = (_for_audit(which.kpi_id, before), _for_audit(which.kpi_id, after))
        work.audit.record("target.changed", about, *changed)
    return after


def company_targets(
    kpi_id: int, query: PageQuery, caller: Caller, work: AssignmentWork
) -> Json[CompanyTargetList]:
    """A page of the targets of a KPI of the company, as they were set.

    Raises:
        NotFound: there is no such KPI of the company.
        Forbidden: the KPI is locked for the caller.
    """
    require_visible_company_kpi(work.assignments.company_kpi(kpi_id), caller)
    return Json(read_page_and_commit("targets", query, work, kpi_id=kpi_id))


def remove_company_target(which: KpiTarget, work: AssignmentWork) -> DatedTarget:
    """Delete a target; what it was.

    Raises:
        NotFound: the KPI has no such target.
    """
    before = _locked_target(which, work)
    work.assignments.remove_company_target(which.target_id)
    about = AuditObject("target", which.target_id)
    work.audit.record("target.deleted", about, _for_audit(which.kpi_id, before), None)
    return before


def _locked_target(which: KpiTarget, work: AssignmentWork) -> DatedTarget:
    # Whoever deletes the same target meanwhile waits here, and then finds it gone: one entry in the log.
    work.definitions.lock(which.kpi_id)
    found = work.assignments.dated_company_targets(which.kpi_id).get(which.target_id)
    if found is None:
        raise NotFound("There is no such target of this KPI.")
    return found


def require_settable(kpi_id: int, caller: Caller, work: AssignmentWork) -> Definition:
    """A KPI of the company whose targets the caller may set.

    Raises:
        NotFound: there is no such KPI of the company.
        Forbidden: the KPI is locked for the caller, or they may not set its targets.
        InvalidContent: it is retired.
    """
    definition = require_visible_company_kpi(work.assignments.company_kpi(kpi_id), caller)
    if not definition.is_active:
        raise InvalidContent(f'The KPI "{definition.key}" is retired: its targets stay as they are.')
    if not may_set_targets(caller.actor, kpi_id, definition.known_category):
        raise Forbidden("Only those who edit targets, or have a grant for this KPI's, can set them.")
    return definition


def _for_audit(kpi_id: int, dated: DatedTarget) -> dict[str, Any]:
    """What the audit log says of a target."""
    return {
        "definition_id": kpi_id,
        "target": [dated.target.low, dated.target.high],
        "period_start": dated.first,
        "period_end": dated.last,
    }
