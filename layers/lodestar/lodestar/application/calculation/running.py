"""Starting calculation: the clock's tick, a backfill, and what was lost on the way."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

from lodestar.application.access import require_found
from lodestar.application.alerts.closing import close_ended_alerts
from lodestar.application.calculation.planning import chosen_definitions, last_days, plan_batches
from lodestar.application.calculation.ports import CalculationWork, Messages
from lodestar.application.calculation.shapes import RunDraft, RunView
from lodestar.application.caller import Caller
from lodestar.application.definitions.versions import all_definitions
from lodestar.application.work import AuditObject, OpenWork
from lodestar.domain.companies import Company
from lodestar.domain.dates import require_order
from lodestar.domain.periods import LONGEST_PERIOD, Cadence, Calendar, Period
from lodestar.domain.permissions import KPIS_EDIT_TARGETS
from lodestar.domain.refusals import Forbidden, InvalidContent, InvalidRequest
from lodestar.domain.runs import Judging, NewRun, RunKind, SentBatch, StalledBatch
from lodestar.domain.tasks import Tick
from lodestar.wire.json_view import Json

CATCH_UP = timedelta(days=35)
"""How far back a tick looks for periods that were never planned: longer than any outage should last."""
MAX_BACKFILL = timedelta(days=3660)
"""Ten years: how far apart the dates of one run may be."""
MAX_BATCH_SENDS = 5
"""A batch that was taken so often and is still not finished kills its worker: another send would, too."""


@dataclass(frozen=True, slots=True)
class _StartedRun:
    id: int
    sent_batches: list[SentBatch]


@dataclass(frozen=True, slots=True)
class TickReport:
    """What was planned of a company: runs made, batches sent."""

    runs: int
    batches: int


def plan_due(
    tick: Tick, company_id: int, open_work: OpenWork[CalculationWork], messages: Messages
) -> TickReport:
    """Plan every closed period that is due in the company's timezone and was never planned.

    The ledger answers, not the tick: a missed, late or doubled tick loses and repeats nothing.
    """
    runs = batches = 0
    with open_work(company_id) as work:
        for run in _due_runs(tick, work):
            ended = close_ended_alerts(run, work)
            started = _start(run, work, messages)
            if started is not None:
                runs += 1
                batches += len(started.sent_batches)
            if started is not None or ended:
                # Each run by itself: what is planned stays planned if the next one fails.
                work.commit()
    return TickReport(runs, batches)


def start_run(draft: RunDraft, caller: Caller, work: CalculationWork, messages: Messages) -> Json[RunView]:
    """Calculate every closed period in a range again, or for the first time.

    Raises:
        InvalidRequest: the dates are out of order, too far apart or wholly in the future.
        InvalidContent: an unknown definition or user.
        Forbidden: all is to be judged anew, and the caller may not set targets.
    """
    _require_past_range(draft, caller.company.calendar.local_date(work.now))
    if draft.judge is Judging.ANEW and not caller.actor.may(KPIS_EDIT_TARGETS):
        raise Forbidden(
            f"judge: anew needs the permission {KPIS_EDIT_TARGETS}, which your role does not have."
        )
    _require_known_ids(draft, work)
    run = NewRun(
        kind=RunKind.BACKFILL,
        cadence=None,
        period_start=draft.period_start,
        period_end=draft.period_end,
        reason=draft.reason,
        at=work.now,
        definition_ids=None if draft.definition_ids is None else tuple(draft.definition_ids),
        user_ids=None if draft.user_ids is None else tuple(draft.user_ids),
        requested_by=caller.user_id,
        judge=draft.judge,
    )
    # Even if it has nothing to do: whoever asked for it finds a run that is completed.
    started = _start(run, work, messages, even_if_empty=True)
    assert started is not None  # noqa: S101 — only scheduled runs can be there already
    work.audit.record("run.requested", AuditObject("run", started.id), None, draft.model_dump())
    return Json(require_found(work.views.read_and_commit("run", {"id": started.id}), "run"))


def start_planned_run(run: NewRun, work: CalculationWork, messages: Messages) -> int | None:
    """Plan a run in the transaction of the change that makes it necessary.

    Its id; None where there is nothing to calculate.
    """
    started = _start(run, work, messages)
    return None if started is None else started.id


def recalculate_people(run: NewRun, work: CalculationWork, messages: Messages) -> int | None:
    """Plan a run over what a change of people has touched, and tell the audit log; as `start_planned_run`."""
    run_id = start_planned_run(run, work, messages)
    if run_id is not None:
        requested = {"period_start": run.period_start, "period_end": run.period_end, "reason": run.reason}
        work.audit.record("run.requested", AuditObject("run", run_id), None, requested)
    return run_id


def mend_batches(company_id: int, open_work: OpenWork[CalculationWork], messages: Messages) -> int:
    """Send batches again whose message or worker was lost, and fail those that no worker survives; how many.

    And send what should have been sent by the batch before it: a chain that broke goes on.
    """
    with open_work(company_id) as work:
        stalled = work.calculation.stalled_batches(work.now)
        again = [_sent_again(batch, work) for batch in stalled]
        ready = [sent for sent in again if sent is not None] + work.calculation.release_batches(work.now)
        # Marked before they are sent: a send that is lost again is found by the next look.
        work.after_commit(lambda: messages.batches(company_id, ready))
        work.commit()
        return len(stalled)


def _sent_again(batch: StalledBatch, work: CalculationWork) -> SentBatch | None:
    if batch.attempts < MAX_BATCH_SENDS:
        return work.calculation.send_again(batch.run_id, batch.number, work.now)
    work.calculation.fail_batch(batch.run_id, batch.number, "worker_crashed", work.now)
    return None


def _due_runs(tick: Tick, work: CalculationWork) -> list[NewRun]:
    company = work.people.company()
    # A period that is due within the days to catch up begins up to a quarter before them.
    since = (tick.at - CATCH_UP).date() - LONGEST_PERIOD
    planned = work.calculation.planned_periods(tick.cadence, since)
    due = [
        NewRun(
            kind=RunKind.SCHEDULED,
            cadence=tick.cadence,
            period_start=period.start,
            period_end=period.end,
            reason=f"{tick.cadence} schedule",
            at=tick.at,
        )
        for period in _due_periods(company.calendar, tick)
        if period not in planned
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
    return periods[::-1]  # oldest first, as a formula that looks back needs them


def _refresh(company: Company, tick: Tick) -> NewRun:
    """The running day, calculated so far: measurements that stay open."""
    today = company.calendar.local_date(tick.at)
    return NewRun(RunKind.REFRESH, Cadence.DAILY, today, today, "the running day", tick.at)


def _start(
    run: NewRun, work: CalculationWork, messages: Messages, *, even_if_empty: bool = False
) -> _StartedRun | None:
    """Write the run with its batches; the first stage is sent after the commit. None: nothing to do."""
    company, known = work.people.company(), all_definitions(work)
    definitions = chosen_definitions(run, known.newest, known.earlier)
    definition_ids = [definition.id for definition in definitions]
    last_day_of = last_days(run, definitions, company.calendar, known.earlier)
    last = max(last_day_of.values(), default=run.period_end)
    subjects = work.calculation.subjects(definition_ids, run.period_start, last)
    if run.user_ids is not None:
        chosen = set(run.user_ids)
        subjects = replace(subjects, user_ids=tuple(id_ for id_ in subjects.user_ids if id_ in chosen))
    batches = plan_batches(run, definitions, subjects, company.calendar, known.earlier)
    if not batches and not even_if_empty:
        return None
    run_id = work.calculation.add_run(run, batches)
    if run_id is None:  # another tick was faster
        return None
    ready = work.calculation.release_batches(work.now)
    work.after_commit(lambda: messages.batches(company.id, ready))
    return _StartedRun(run_id, ready)


def _require_past_range(draft: RunDraft, today: date) -> None:
    require_order(draft.period_start, draft.period_end)
    if draft.period_end - draft.period_start > MAX_BACKFILL:
        raise InvalidRequest(f"One run covers at most {MAX_BACKFILL.days} days: start several.")
    if draft.period_start > today:
        raise InvalidRequest("period_start lies in the future: there is nothing to calculate yet.")


def _require_known_ids(draft: RunDraft, work: CalculationWork) -> None:
    if draft.definition_ids is not None:
        known = {definition.id for definition in work.definitions.all()}
        _require_known("definition_ids", draft.definition_ids, known)
    if draft.user_ids is not None:
        _require_known("user_ids", draft.user_ids, work.people.known_users(set(draft.user_ids)))


def _require_known(field: str, ids: list[int], known: set[int]) -> None:
    unknown = sorted(set(ids) - known)
    if unknown:
        raise InvalidContent.of(field, f"{field} holds ids that your company does not have: {unknown[:10]}.")
