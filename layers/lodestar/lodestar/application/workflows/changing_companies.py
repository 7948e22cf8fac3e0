"""Changing a company's settings. A new calendar may reach into what was measured by the old one."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from lodestar.application.access import require_found
from lodestar.application.calculation.ports import Messages
from lodestar.application.calculation.running import start_planned_run
from lodestar.application.caller import Caller
from lodestar.application.operations.ports import OperationsWork
from lodestar.application.people.companies import require_editable_company
from lodestar.application.people.shapes import ChangedCompany, CompanyChange
from lodestar.application.work import AuditObject
from lodestar.application.workflows.calendar_effects import CalendarEffects, effects_of
from lodestar.domain.calendar_changes import changed_calendar
from lodestar.domain.companies import Company, Retention
from lodestar.domain.permissions import may_rename_company
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent
from lodestar.domain.runs import NewRun, RunKind
from lodestar.wire.changes import given_fields
from lodestar.wire.exact_json import to_json
from lodestar.wire.json_view import Json

MAX_CALENDAR_VERSIONS = 100
"""So many versions a calendar may have: every sign-in reads all of them."""

_RULES = frozenset({"timezone", "week_start", "fiscal_year_start_month"})
_HOW = frozenset({"effective_from", "dry_run", "confirm"})
_BESIDE = frozenset({"retention"})
"""What stands in a row of its own."""


@dataclass(frozen=True, slots=True)
class SettingsContext:
    """Who changes a company's settings, and what it takes to let the rest follow."""

    caller: Caller
    work: OperationsWork
    messages: Messages


def change_company(company_id: int, change: CompanyChange, context: SettingsContext) -> Json[ChangedCompany]:
    """Change some of a company's facts; its own audit log tells of it. A dry run says what would be.

    A calendar that is corrected from a day in the past on is measured anew from there: runs do it, and what
    was measured in periods that there are no more stays until they do.

    Raises:
        Forbidden: the caller changes no company's settings, or would rename it and is no superuser.
        NotFound: there is none of that id that is theirs to change.
        InvalidContent: an unknown timezone, or `effective_from` without anything that it counts for.
        Conflict: values or targets would lose their period, and `confirm` does not say how many.
    """
    work = context.work
    require_editable_company(company_id, context.caller, work)
    before = work.people.company_for_update()
    kept = work.operations.retention()
    after, kept_after = _changed(before, change, context.caller, work), _changed_retention(kept, change)
    effects = effects_of(before.calendar, after.calendar, work)
    if not change.dry_run and effects is not None:
        _require_confirmed(effects, change.confirm)
    if after != before:
        work.people.save_company(after)
    if kept_after != kept:
        work.operations.save_retention(kept_after)
    run_ids = [] if effects is None or change.dry_run else _measure_anew(effects, after, context)
    shown = None if effects is None else to_json(effects.view(run_ids))
    asked = {"id": company_id, "at": work.now, "calendar_effects": shown}
    if change.dry_run:  # its answer alone sees what was written: nothing of it is committed
        return Json(require_found(work.views.read("changed_company", asked), "company"))
    if (after, kept_after) != (before, kept):
        about = AuditObject("company", company_id)
        changed = (_for_audit(before, kept), _for_audit(after, kept_after))
        work.audit.record("company.changed", about, *changed)
    return Json(require_found(work.views.read_and_commit("changed_company", asked), "company"))


def _measure_anew(effects: CalendarEffects, company: Company, context: SettingsContext) -> list[int]:
    """Reopen what has not ended by the new calendar, and start the runs that measure the rest; their ids."""
    work, calendar = context.work, company.calendar
    is_of_company = context.caller.company.id == company.id
    for period, last in effects.reopened:
        work.values.reopen_period(period, last, work.now)
    if effects.runs_back:
        work.values.withdraw_ahead(calendar.local_date(work.now), work.now)
    run_ids = []
    for cadence, first in effects.measured_anew.items():
        planned = work.calculation.planned_periods(cadence, first)
        not_due_yet = [period for period in planned if calendar.due_at(period) > work.now]
        work.calculation.plan_again(not_due_yet)
        run = NewRun(
            kind=RunKind.FOLLOW_UP,
            cadence=cadence,
            period_start=first,
            period_end=calendar.containing(cadence, calendar.local_date(work.now)).end,
            reason="the calendar was corrected",
            at=work.now,
            requested_by=context.caller.user_id if is_of_company else None,
        )
        run_ids.append(start_planned_run(run, work, context.messages))
    return [run_id for run_id in run_ids if run_id is not None]


def _changed(company: Company, change: CompanyChange, caller: Caller, work: OperationsWork) -> Company:
    fields = given_fields(change, clearable={"score_cap"})
    if fields.get("name", company.name) != company.name and not may_rename_company(caller.actor):
        raise Forbidden("Only a superuser gives a company another name.")
    rules = {name: value for name, value in fields.items() if name in _RULES}
    if change.effective_from is not None and not rules:
        sentence = f"effective_from is the first day of a change of {', '.join(sorted(_RULES))}: name one."
        raise InvalidContent.of("effective_from", sentence)
    today = company.calendar.local_date(work.now)
    calendar = changed_calendar(company.calendar, rules, today, change.effective_from)
    if len(calendar.versions) > MAX_CALENDAR_VERSIONS:
        raise Conflict(f"A company's calendar changes at most {MAX_CALENDAR_VERSIONS} times.")
    others = {name: value for name, value in fields.items() if name not in _RULES | _HOW | _BESIDE}
    return replace(company, calendar=calendar, **others)


def _changed_retention(retention: Retention, change: CompanyChange) -> Retention:
    return retention if change.retention is None else replace(retention, **given_fields(change.retention))


def _require_confirmed(effects: CalendarEffects, confirm: int | None) -> None:
    if effects.lost and confirm != effects.lost:
        raise Conflict(
            f"{effects.entered_values} entered values and {effects.targets} dated targets have dates that "
            "are no period of the new calendar, and would count no more (the values also not when this "
            f"change is taken back): set confirm to {effects.lost} to go on.",
            code="confirmation_needed",
        )


def _for_audit(company: Company, retention: Retention) -> Mapping[str, Any]:
    return {
        "name": company.name,
        "calendars": [
            {"effective_from": version.effective_from, **asdict(version.rules)}
            for version in company.calendar.versions
        ],
        "currency": company.currency,
        "score_cap": company.score_cap,
        "min_group_size": company.min_group_size,
        "retention": asdict(retention),
    }
