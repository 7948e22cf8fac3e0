"""Starting calculation: the clock's tick, a backfill, and what was lost on the way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from lodestar.application.access import require_found
from lodestar.application.calculation.planning import chosen_definitions, plan_batches
from lodestar.application.calculation.ports import CalculationWork, Messages
from lodestar.application.calculation.shapes import RunDraft, RunView
from lodestar.application.caller import Caller
from lodestar.application.work import AuditObject, OpenWork
from lodestar.domain.companies import Company
from lodestar.domain.dates import require_order
from lodestar.domain.periods import Cadence, Calendar, Period
from lodestar.domain.refusals import InvalidContent, InvalidRequest
from lodestar.domain.runs import NewRun
from lodestar.wire.json_view import Json

CATCH_UP = timedelta(days=35)
"""How far back a tick looks for periods that were never planned."""
LONGEST_BACKFILL = timedelta(days=3660)
STALLED_AFTER = timedelta(minutes=60)
"""Twice the visibility timeout of the batch queue; template.yaml says 30 minutes."""
MOST_SENDS = 5


@dataclass(frozen=True, slots=True)
class Tick:
    """The clock struck for one kind of period."""

    cadence: Cadence
    at: datetime


@dataclass(frozen=True, slots=True)
class TickReport:
    """What a tick planned: companies asked, runs made, batches sent."""

    companies: int
    runs: int
    batches: int


def plan_due(
    tick: Tick, company_ids: Iterable[int], open_work: OpenWork[CalculationWork], messages: Messages
) -> TickReport:
    """Plan every closed period that is due in its company's timezone and was never planned.

    The ledger answers, not the tick: a missed, late or doubled tick loses and repeats nothing.
    """
    companies = runs = batches = 0
    for company_id in company_ids:
        companies += 1
        with open_work(company_id) as work:
            for run in _due_runs(tick, work):
                sent = _start(run, work, messages)
                if sent is not None:
                    work.commit()
                    runs += 1
                    batches += len(sent[1])
    return TickReport(companies, runs, batches)


def start_run(draft: RunDraft, caller: Caller, work: CalculationWork, messages: Messages) -> Json[RunView]:
    """Calculate every closed period in a range again, or for the first time.

    Raises:
        InvalidRequest: the dates are out of order, too far apart or wholly in the future.
        InvalidContent: an unknown definition or user.
    """
    _check_range(draft, caller.company.calendar.local_date(work.now))
    _check_ids(draft, work)
    run = NewRun(
        kind="backfill",
        cadence=None,
        period_start=draft.period_start,
        period_end=draft.period_end,
        reason=draft.reason,
        at=work.now,
        definition_ids=None if draft.definition_ids is None else tuple(draft.definition_ids),
        user_ids=None if draft.user_ids is None else tuple(draft.user_ids),
        requested_by=caller.user_id,
    )
    started = _start(run, work, messages, even_if_empty=True)
    assert started is not None  # noqa: S101 — only scheduled runs can be there already
    work.audit.record("run.requested", AuditObject("run", started[0]), None, draft.model_dump())
    return Json(require_found(work.views.read_and_commit("run", {"id": started[0]}), "run"))


def resend_stalled(
    company_ids: Iterable[int], now: datetime, open_work: OpenWork[CalculationWork], messages: Messages
) -> int:
    """Send batches again whose message was lost, and fail those that no worker survives; how many."""
    touched = 0
    for company_id in company_ids:
        with open_work(company_id) as work:
            for run_id, number, attempts in work.calculation.stalled_batches(now - STALLED_AFTER):
                touched += 1
                if attempts >= MOST_SENDS:
                    work.calculation.fail_batch(run_id, number, "worker_crashed", now)
                    ready = work.calculation.release_batches(run_id, now)
                else:
                    work.calculation.mark_sent(run_id, [number], now)
                    ready = [number]
                work.after_commit(partial(messages.batches, company_id, run_id, ready))
                work.commit()
    return touched


def _due_runs(tick: Tick, work: CalculationWork) -> list[NewRun]:
    company = work.people.company()
    planned = work.calculation.planned_periods(
        tick.cadence, (tick.at - CATCH_UP).date() - timedelta(days=100)
    )
    due = [
        NewRun("scheduled", tick.cadence, each.start, each.end, f"{tick.cadence} schedule", tick.at)
        for each in _due_periods(company.calendar, tick)
        if each.start not in planned
    ]
    if tick.cadence is Cadence.DAILY:
        due.append(_refresh(company, tick))
    return due


def _due_periods(calendar: Calendar, tick: Tick) -> list[Period]:
    periods: list[Period] = []
    period = calendar.last_due(tick.cadence, tick.at)
    while calendar.due_at(period) > tick.at - CATCH_UP:
        periods.append(period)
        period = calendar.previous(period)
    return periods[::-1]


def _refresh(company: Company, tick: Tick) -> NewRun:
    """The running day, calculated so far: measurements that stay open."""
    today = company.calendar.local_date(tick.at)
    return NewRun("refresh", Cadence.DAILY, today, today, "the running day", tick.at)


def _start(
    run: NewRun, work: CalculationWork, messages: Messages, *, even_if_empty: bool = False
) -> tuple[int, list[int]] | None:
    """Write the run with its batches; its id, and the batches of the first stage, sent after the commit."""
    definitions = chosen_definitions(run, work.definitions.all())
    users, has_groups = work.calculation.subjects(
        [each.id for each in definitions], run.period_start, run.period_end
    )
    if run.user_ids is not None:
        users = [each for each in users if each in set(run.user_ids)]
    batches = plan_batches(run, definitions, users, has_groups)
    if not batches and not even_if_empty:
        return None
    run_id = work.calculation.add_run(run, batches)
    if run_id is None:
        return None
    ready = work.calculation.release_batches(run_id, work.now)
    company_id = work.people.company().id
    work.after_commit(lambda: messages.batches(company_id, run_id, ready))
    return run_id, ready


def _check_range(draft: RunDraft, today: date) -> None:
    require_order(draft.period_start, draft.period_end)
    if draft.period_end - draft.period_start > LONGEST_BACKFILL:
        raise InvalidRequest(f"One run covers at most {LONGEST_BACKFILL.days} days: start several.")
    if draft.period_start > today:
        raise InvalidRequest("period_start lies in the future: there is nothing to calculate yet.")


def _check_ids(draft: RunDraft, work: CalculationWork) -> None:
    if draft.definition_ids is not None:
        known = {each.id for each in work.definitions.all()}
        _refuse_unknown("definition_ids", draft.definition_ids, known)
    if draft.user_ids is not None:
        _refuse_unknown("user_ids", draft.user_ids, work.people.known_users(set(draft.user_ids)))


def _refuse_unknown(field: str, ids: list[int], known: set[int]) -> None:
    unknown = sorted(set(ids) - known)
    if unknown:
        raise InvalidContent.of(field, f"{field} holds ids that your company does not have: {unknown[:10]}.")
