"""Targets of the company's KPIs for ranges of dates."""

from datetime import date, datetime
from typing import Any

from lodestar.application.assignments.assigning import TargetBody, TargetRangeView, target_for
from lodestar.application.caller import Caller
from lodestar.application.ports import UnitOfWork
from lodestar.application.reading.company_kpis import visible_company_kpi
from lodestar.application.viewing import found
from lodestar.domain.definitions import Definition
from lodestar.domain.permissions import may_set_targets
from lodestar.domain.refusals import Conflict, Forbidden, NotFound
from lodestar.domain.targets import DatedTarget
from lodestar.wire.bodies import Body, View
from lodestar.wire.fields import Number, Text
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery, list_view


class CompanyTargetDraft(Body):
    """A target for a range of dates, both inclusive: it counts for every period that lies inside."""

    target_value: TargetBody
    period_start: date
    period_end: date
    notes: Text = ""


class CompanyTargetView(View):
    """A target of the company for a range of dates."""

    id: int
    kpi_id: int
    target_value: Number | TargetRangeView
    period_start: date
    period_end: date
    notes: str
    created_by: int | None
    created_at: datetime


class CompanyTargetList(View):
    """One page of targets."""

    targets: list[CompanyTargetView]
    next_cursor: str | None


def set_company_target(
    kpi_id: int, draft: CompanyTargetDraft, caller: Caller, work: UnitOfWork
) -> Json[CompanyTargetView]:
    """Set a target for a range of dates. What is measured already keeps its target until it is recalculated.

    Raises:
        NotFound, Forbidden: as `visible_company_kpi`, or the caller may not set its targets.
        InvalidContent: as `target_for`.
        InvalidRequest: the dates are out of order.
        Conflict: a target of the same dates, or of dates that overlap them without holding or filling them.
    """
    definition = _settable(kpi_id, caller, work)
    target = target_for(definition, draft.target_value)
    assert target is not None  # noqa: S101 — the body has one
    dated = DatedTarget(target, draft.period_start, draft.period_end, work.now)
    target_id = add_company_target(definition, dated, draft.notes, work)
    return Json(found(work.views.last("target", {"kpi_id": kpi_id, "id": target_id}), "target"))


def add_company_target(definition: Definition, dated: DatedTarget, notes: str, work: UnitOfWork) -> int:
    """Insert a target beside those that are there; its id.

    Raises:
        Conflict: as `set_company_target`.
    """
    work.assignments.lock(definition.id)  # so that two writers cannot both find no overlap
    for each in work.company_targets.of_definition(definition.id).values():
        if each.collides_with(dated):
            raise Conflict(
                f"A target for {each.first} to {each.last} is there already: delete it first, "
                "or choose dates that are apart from it, inside it or around it.",
                code="target_overlap",
            )
    target_id = work.company_targets.add(definition.id, dated, notes)
    work.audit.record("target.created", ("target", target_id), None, _kept(definition.id, dated))
    return target_id


def company_targets(
    kpi_id: int, query: PageQuery, caller: Caller, work: UnitOfWork
) -> Json[CompanyTargetList]:
    """A page of the targets of a KPI of the company, as they were set.

    Raises:
        NotFound, Forbidden: as `visible_company_kpi`.
    """
    visible_company_kpi(kpi_id, caller, work)
    return Json(list_view("targets", query, work, kpi_id=kpi_id))


def drop_company_target(ids: tuple[int, int], caller: Caller, work: UnitOfWork) -> Json[CompanyTargetView]:
    """Delete a target; answers it as it was. `ids` are the KPI's and the target's.

    Raises:
        NotFound, Forbidden: as `set_company_target`, or the KPI has no such target.
    """
    kpi_id, target_id = ids
    definition = _settable(kpi_id, caller, work)
    work.assignments.lock(kpi_id)
    before = work.company_targets.of_definition(definition.id).get(target_id)
    if before is None:
        raise NotFound("There is no such target of this KPI.")
    text = found(work.views.one("target", {"kpi_id": kpi_id, "id": target_id}), "target")
    work.company_targets.remove(target_id)
    work.audit.record("target.deleted", ("target", target_id), _kept(kpi_id, before), None)
    work.commit()
    return Json(text)


def _settable(kpi_id: int, caller: Caller, work: UnitOfWork) -> Definition:
    definition = visible_company_kpi(kpi_id, caller, work)
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
