"""Changing and retiring a KPI: what it was stays, what still runs of it is withdrawn."""

from datetime import date

from lodestar.application.access import require_definition, require_found, require_unlocked
from lodestar.application.alerts.closing import close_alerts_of_kpi
from lodestar.application.assignments.assigning import end_all
from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.caller import Caller
from lodestar.application.definitions.defining import (
    change_definition,
    committed_definition,
    require_unused,
    save_definition,
)
from lodestar.application.definitions.ports import QueryCheck
from lodestar.application.definitions.shapes import DefinitionChange, DefinitionView, RetiredKpiView
from lodestar.application.values.ports import WithdrawalReason
from lodestar.domain.definitions import Definition
from lodestar.wire.json_view import Json
from lodestar.wire.preconditions import Edit


def change_kpi(
    definition_id: int,
    edit: Edit[DefinitionChange],
    caller: Caller,
    work: CalculationWork,
    query_check: QueryCheck,
) -> Json[DefinitionView]:
    """Change some fields of a KPI. `is_active` false retires it; true lets it be assigned again.

    Raises:
        NotFound, Forbidden, Conflict, InvalidContent: as `change_definition`; a formula still uses a KPI that
            is to be retired.
    """
    before, after = change_definition(definition_id, edit, caller, work, query_check)
    if before.is_active and not after.is_active:
        _end_everywhere(after, _today(caller, work), work)
    return committed_definition(definition_id, work)


def retire_kpi(
    definition_id: int, caller: Caller, work: CalculationWork, *, dry_run: bool
) -> Json[RetiredKpiView]:
    """Retire a KPI today: all its terms end, and what was measured of running periods is withdrawn.

    Closed periods stay in every list, score and history. A dry run answers how much would be withdrawn.

    Raises:
        NotFound: the company has no such KPI.
        Forbidden: it is locked for the caller.
        InvalidContent: a formula still uses it.
    """
    work.definitions.lock_all()  # or a formula that is saved meanwhile would use it
    before = require_definition(work.definitions.get_for_update(definition_id))
    require_unlocked(before, caller.actor)
    require_unused(before, work)
    today, withdrawn = _today(caller, work), 0
    if before.is_active:
        save_definition(before, before.retired(today, work.now), caller.actor, work)
        withdrawn = _end_everywhere(before, today, work)
    text = work.views.read("retired_definition", {"id": definition_id, "withdrawn": withdrawn})
    if not dry_run:
        work.commit()
    return Json(require_found(text, "KPI definition"))


def _end_everywhere(definition: Definition, today: date, work: CalculationWork) -> int:
    """End all terms and alerts of a KPI, and withdraw what is measured of periods that run; how much."""
    work.values.lock_entered()
    ids = end_all(work.assignments.of_definition(definition.id), today, work)
    measured = work.values.measured_keys(ids)
    running = [key for key in measured if key.period_end >= today]
    work.values.withdraw(running, WithdrawalReason.WITHDRAWN, work.now)
    close_alerts_of_kpi(definition.id, work)
    return len(running)


def _today(caller: Caller, work: CalculationWork) -> date:
    return caller.company.calendar.local_date(work.now)
