"""Setting targets for ranges of dates, of the company or of many people; and what follows from it."""

from dataclasses import asdict

from lodestar.application.access import require_found
from lodestar.application.assignments.assigning import require_kpi
from lodestar.application.assignments.bulk_targets import bulk_target_view, write_targets_of_many
from lodestar.application.assignments.company_targets import (
    add_company_target,
    change_target,
    drafted_target,
    remove_company_target,
    require_settable,
)
from lodestar.application.assignments.shapes import (
    BulkTargetDraft,
    BulkTargetView,
    CompanyTargetChange,
    CompanyTargetDraft,
    SetTargetView,
)
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.target_effects import TargetDates, TargetEffects, follow_targets
from lodestar.domain.definitions import Definition
from lodestar.domain.permissions import may_set_targets
from lodestar.domain.refusals import Forbidden
from lodestar.domain.targets import DatedTarget, KpiTarget
from lodestar.wire.json_view import Json


def set_company_target(kpi_id: int, draft: CompanyTargetDraft, context: ChangeContext) -> Json[SetTargetView]:
    """Set a target for a range of dates.

    Closed periods that have no target take it at once; those that have another one keep that, unless the
    draft restates them.

    Raises:
        NotFound: there is no such KPI of the company.
        Forbidden: the KPI is locked for the caller, or they may not set its targets.
        InvalidContent: a target that does not fit the KPI.
        InvalidRequest: the dates are out of order, or no period of the KPI ends in them.
        Conflict: a target of the same dates, or of dates that overlap them without holding or filling them.
    """
    context.hold_calendar()
    definition = require_settable(kpi_id, context.caller, context.work)
    dated = drafted_target(draft, definition, context.calendar, context.work.now)
    target_id = add_company_target(definition, dated, draft.notes, context.work)
    effects = _follow(definition, dated, context, restate=draft.restate)
    return _committed(KpiTarget(kpi_id, target_id), effects, context)


def change_company_target(
    which: KpiTarget, change: CompanyTargetChange, context: ChangeContext
) -> Json[SetTargetView]:
    """Change the value or the notes of a target; its dates stay. What it does to closed periods: as above.

    Raises:
        NotFound: there is no such KPI of the company, or it has no such target.
        Forbidden: the KPI is locked for the caller, or they may not set its targets.
        InvalidContent: a target that does not fit the KPI.
    """
    definition = require_settable(which.kpi_id, context.caller, context.work)
    dated = change_target(which, change, definition, context.work)
    effects = _follow(definition, dated, context, restate=change.restate)
    return _committed(which, effects, context)


def delete_company_target(which: KpiTarget, context: ChangeContext) -> Json[SetTargetView]:
    """Delete a target; answers it as it was. Closed periods that were judged by it keep it.

    Raises:
        NotFound: there is no such KPI of the company, or it has no such target.
        Forbidden: the KPI is locked for the caller, or they may not set its targets.
    """
    definition = require_settable(which.kpi_id, context.caller, context.work)
    # Its view has to be read while it is still there.
    view = context.work.views.read("target", {"kpi_id": which.kpi_id, "id": which.target_id})
    dated = remove_company_target(which, context.work)
    effects = _follow(definition, dated, context, restate=False)
    parameters = {"target": require_found(view, "target"), **asdict(effects)}
    return Json(require_found(context.work.views.read_and_commit("deleted_target", parameters), "target"))


def set_targets_of_many(draft: BulkTargetDraft, context: ChangeContext) -> BulkTargetView:
    """Set the targets of many people; a refusal stops no other, and the same again changes nothing.

    The number of statements does not depend on the number of people. A dry run answers what would be done.

    Raises:
        Forbidden: the caller assigns KPIs to nobody, or restates without the right to set the KPI's targets.
        TooLarge: more than MAX_PEOPLE_PER_CALL rows; none is written.
        InvalidContent: there is no such KPI, or it is retired.
        InvalidRequest: the dates are in the wrong order.
    """
    if draft.restate:
        _require_right_to_restate(require_kpi(draft.kpi_definition_id, context.work), context)
    context.hold_calendar()
    written = write_targets_of_many(draft, context.caller, context.work)
    days = TargetDates(draft.period_start, draft.period_end)
    effects = follow_targets(written.definition, written.assignments, days, context, restate=draft.restate)
    view = bulk_target_view(
        written,
        dry_run=draft.dry_run,
        closed_periods_with_another_target=effects.closed_periods_with_another_target,
        # The runs of a dry run are gone with its transaction.
        run_id=None if draft.dry_run else effects.run_id,
        follow_up_run_id=None if draft.dry_run else effects.follow_up_run_id,
    )
    if not draft.dry_run:
        context.work.commit()
    return view


def _require_right_to_restate(definition: Definition, context: ChangeContext) -> None:
    if not may_set_targets(context.caller.actor, definition.id, definition.known_category):
        raise Forbidden("Only those who edit targets, or have a grant for this KPI's, can restate the past.")


def _follow(
    definition: Definition, dated: DatedTarget, context: ChangeContext, *, restate: bool
) -> TargetEffects:
    """For the company itself, and for everybody whose goal it is."""
    everybody = context.work.assignments.of_definition(definition.id)
    days = TargetDates(dated.first, dated.last, is_company_target=True)
    return follow_targets(definition, everybody, days, context, restate=restate)


def _committed(which: KpiTarget, effects: TargetEffects, context: ChangeContext) -> Json[SetTargetView]:
    parameters = {"kpi_id": which.kpi_id, "id": which.target_id, **asdict(effects)}
    return Json(require_found(context.work.views.read_and_commit("set_target", parameters), "target"))
