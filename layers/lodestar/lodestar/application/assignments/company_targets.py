"""Targets of the company's KPIs for ranges of dates."""

from typing import Any

from lodestar.application.access import require_found, require_visible_company_kpi
from lodestar.application.assignments.ports import AssignmentWork
from lodestar.application.assignments.shapes import CompanyTargetDraft, CompanyTargetList, CompanyTargetView
from lodestar.application.assignments.targets import target_for
from lodestar.application.caller import Caller
from lodestar.application.pages import read_page_and_commit
from lodestar.application.work import AuditObject
from lodestar.domain.definitions import Definition
from lodestar.domain.permissions import may_set_targets
from lodestar.domain.refusals import Conflict, Forbidden, NotFound
from lodestar.domain.targets import DatedTarget
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery


def set_company_target(
    kpi_id: int, draft: CompanyTargetDraft, caller: Caller, work: AssignmentWork
) -> Json[CompanyTargetView]:
    """Set a target for a range of dates. What is measured already keeps its target until it is recalculated.

    Raises:
        NotFound, Forbidden: as `require_visible_company_kpi`, or the caller may not set its targets.
        InvalidContent: as `target_for`.
        InvalidRequest: the dates are out of order.
        Conflict: a target of the same dates, or of dates that overlap them without holding or filling them.
    """
    definition = _settable(kpi_id, caller, work)
    target = target_for(definition, draft.target_value)
    assert target is not None  # noqa: S101 — the body has one
    dated = DatedTarget(target, draft.period_start, draft.period_end, work.now)
    target_id = add_company_target(definition, dated, draft.notes, work)
    return Json(
        require_found(work.views.read_and_commit("target", {"kpi_id": kpi_id, "id": target_id}), "target")
    )


def add_company_target(definition: Definition, dated: DatedTarget, notes: str, work: AssignmentWork) -> int:
    """Insert a target beside those that are there; its id.

    Raises:
        Conflict: as `set_company_target`.
    """
    work.definitions.lock(definition.id)  # so that two writers cannot both find no overlap
    for each in work.assignments.dated_company_targets(definition.id).values():
        if each.collides_with(dated):
            raise Conflict(
                f"A target for {each.first} to {each.last} is there already: delete it first, "
                "or choose dates that are apart from it, inside it or around it.",
                code="target_overlap",
            )
    target_id = work.assignments.add_company_target(definition.id, dated, notes)
    work.audit.record("target.created", AuditObject("target", target_id), None, _kept(definition.id, dated))
    return target_id


def company_targets(
    kpi_id: int, query: PageQuery, caller: Caller, work: AssignmentWork
) -> Json[CompanyTargetList]:
    """A page of the targets of a KPI of the company, as they were set.

    Raises:
        NotFound, Forbidden: as `require_visible_company_kpi`.
    """
    require_visible_company_kpi(work.assignments.company_kpi(kpi_id), caller)
    return Json(read_page_and_commit("targets", query, work, kpi_id=kpi_id))


def drop_company_target(
    ids: tuple[int, int], caller: Caller, work: AssignmentWork
) -> Json[CompanyTargetView]:
    """Delete a target; answers it as it was. `ids` are the KPI's and the target's.

    Raises:
        NotFound, Forbidden: as `set_company_target`, or the KPI has no such target.
    """
    kpi_id, target_id = ids
    definition = _settable(kpi_id, caller, work)
    work.definitions.lock(kpi_id)
    before = work.assignments.dated_company_targets(definition.id).get(target_id)
    if before is None:
        raise NotFound("There is no such target of this KPI.")
    text = require_found(work.views.read("target", {"kpi_id": kpi_id, "id": target_id}), "target")
    work.assignments.remove_company_target(target_id)
    work.audit.record("target.deleted", AuditObject("target", target_id), _kept(kpi_id, before), None)
    work.commit()
    return Json(text)


def _settable(kpi_id: int, caller: Caller, work: AssignmentWork) -> Definition:
    definition = require_visible_company_kpi(work.assignments.company_kpi(kpi_id), caller)
    if not may_set_targets(caller.actor, kpi_id):
        raise Forbidden("Only those who edit targets, or have a grant for this KPI's, can set them.")
    return definition


def _kept(kpi_id: int, dated: DatedTarget) -> dict[str, Any]:
    """A target as the audit log keeps it."""
    return {
        "definition_id": kpi_id,
        "target": [dated.target.low, dated.target.high],
        "period_start": dated.first,
        "period_end": dated.last,
    }
