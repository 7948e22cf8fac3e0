"""What starts a run: the clock, somebody who asks, and what was lost on the way."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lodestar.application.calculation.running import (
    CATCH_UP,
    MAX_BACKFILL,
    MAX_BATCH_SENDS,
    TickReport,
    mend_batches,
    plan_due,
    start_run,
)
from lodestar.application.calculation.shapes import RunDraft
from lodestar.domain.definitions import Rollup
from lodestar.domain.periods import Cadence, WeekStart
from lodestar.domain.refusals import InvalidContent, InvalidRequest
from lodestar.domain.runs import (
    MESSAGE_LEASE,
    WORK_LEASE,
    BatchState,
    BatchSubjects,
    Judging,
    NewRun,
    RunKind,
    RunState,
    SentBatch,
)
from lodestar.domain.tasks import Tick
from tests.fakes.calculation import StoredRun
from tests.fakes.people import ACME, ADA, caller_of
from tests.fakes.work import NOW, shown
from tests.unit.application.calculation.firm import MONDAY, TUESDAY, WEDNESDAY, Firm

TOO_LATE = NOW + MESSAGE_LEASE


@pytest.fixture
def firm() -> Firm:
    return Firm()


def tick(firm: Firm, cadence: Cadence, at: datetime) -> TickReport:
    return plan_due(Tick(cadence, at), ACME.id, firm.work.open_work, firm.messages)


def mend_at(firm: Firm, now: datetime) -> int:
    firm.work.now = now
    return mend_batches(ACME.id, firm.work.open_work, firm.messages)


def runs_of(firm: Firm, kind: RunKind) -> list[NewRun]:
    return [stored.run for stored in firm.work.calculation.runs.values() if stored.run.kind is kind]


def start(firm: Firm, **fields: Any) -> StoredRun:
    """Ask for Monday and Tuesday again; the run that was made."""
    plain = {"period_start": MONDAY, "period_end": TUESDAY, "reason": "late data"}
    view, asked = shown(start_run(RunDraft(**plain | fields), caller_of(), firm.work, firm.messages).text)
    assert view == "run"
    return firm.work.calculation.runs[asked["id"]]


# The clock.


def test_a_doubled_tick_gives_one_scheduled_run_and_a_late_one_catches_up(firm: Firm) -> None:
    firm.assign(firm.kpi(aggregation_period=Cadence.WEEKLY), user=firm.user())
    for at in (datetime(2026, 3, 10, 3, tzinfo=UTC),) * 2:
        tick(firm, Cadence.WEEKLY, at)
    once = [run.period_start for run in runs_of(firm, RunKind.SCHEDULED)]
    assert once[-1] == date(2026, 3, 2)
    assert len(once) == len(set(once)) == 5  # 35 days back

    tick(firm, Cadence.WEEKLY, datetime(2026, 3, 25, tzinfo=UTC))
    planned = [run.period_start for run in runs_of(firm, RunKind.SCHEDULED)]
    assert planned == [*once, date(2026, 3, 9), date(2026, 3, 16)]


def test_a_week_that_a_new_calendar_cuts_is_planned_as_it_is_cut(firm: Firm) -> None:
    firm.assign(firm.kpi(aggregation_period=Cadence.WEEKLY), user=firm.user())
    seam = date(2026, 3, 8)  # a Sunday
    calendar = ACME.calendar.changed(seam, {"week_start": WeekStart.SUNDAY})
    firm.work.people.companies[ACME.id] = replace(ACME, calendar=calendar)
    for at in (datetime(2026, 3, 8, 2, tzinfo=UTC), datetime(2026, 3, 15, 2, tzinfo=UTC)):
        tick(firm, Cadence.WEEKLY, at)
    planned = [(run.period_start, run.period_end) for run in runs_of(firm, RunKind.SCHEDULED)]
    assert planned[-2:] == [
        (date(2026, 3, 2), seam - timedelta(days=1)),
        (seam, date(2026, 3, 14)),
    ]


def test_planning_tells_how_many_runs_and_batches_it_was_about(firm: Firm) -> None:
    firm.assign(firm.kpi(aggregation_period=Cadence.WEEKLY), user=firm.user())
    at = datetime(2026, 3, 10, 3, tzinfo=UTC)
    assert tick(firm, Cadence.WEEKLY, at) == TickReport(runs=5, batches=1)
    assert tick(firm, Cadence.WEEKLY, at) == TickReport(runs=0, batches=0)


def test_each_run_of_a_tick_is_committed_by_itself(firm: Firm) -> None:
    firm.assign(firm.kpi(aggregation_period=Cadence.WEEKLY), user=firm.user())
    tick(firm, Cadence.WEEKLY, datetime(2026, 3, 10, 3, tzinfo=UTC))
    assert firm.work.commits == 5


def test_a_scheduled_run_says_of_which_schedule_it_is(firm: Firm) -> None:
    firm.assign(firm.kpi(aggregation_period=Cadence.WEEKLY), user=firm.user())
    at = datetime(2026, 3, 10, 3, tzinfo=UTC)
    tick(firm, Cadence.WEEKLY, at)
    assert runs_of(firm, RunKind.SCHEDULED)[-1] == NewRun(
        RunKind.SCHEDULED, Cadence.WEEKLY, date(2026, 3, 2), date(2026, 3, 8), "weekly schedule", at
    )


def test_a_daily_tick_also_shows_the_running_day_each_time(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    for _ in range(2):
        tick(firm, Cadence.DAILY, NOW)
    assert [(run.period_start, run.period_end) for run in runs_of(firm, RunKind.REFRESH)] == [
        (WEDNESDAY, WEDNESDAY)
    ] * 2
    assert runs_of(firm, RunKind.SCHEDULED)[-1].period_start == TUESDAY


def test_nothing_is_planned_where_nobody_is_measured(firm: Firm) -> None:
    firm.kpi()
    assert tick(firm, Cadence.DAILY, NOW) == TickReport(runs=0, batches=0)
    assert (firm.work.calculation.runs, firm.messages.sent) == ({}, [])


@pytest.mark.parametrize("gone", ["terms", "kpi"])
def test_nothing_is_planned_for_whose_terms_have_ended_or_what_is_retired(firm: Firm, gone: str) -> None:
    calls, una = firm.kpi(), firm.user()
    assigned = firm.assign(calls, user=una)
    if gone == "terms":
        ended = firm.work.assignments.by_id[assigned].ended_on((NOW - CATCH_UP).date() - timedelta(days=1))
        firm.work.assignments.save_terms({assigned: ended.terms})
    else:
        firm.work.definitions.stored[calls.id] = replace(calls, is_active=False)
    assert tick(firm, Cadence.DAILY, NOW).runs == 0


# Somebody who asks.


def test_a_backfill_is_planned_sent_and_written_down_with_who_asked_and_why(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    stored = start(firm)
    assert stored.run == NewRun(RunKind.BACKFILL, None, MONDAY, TUESDAY, "late data", NOW, requested_by=ADA)
    assert firm.messages.sent == [(1, (1,))]
    (entry,) = firm.work.audit.entries
    assert (entry.action, entry.about.type, entry.about.id) == ("run.requested", "run", 1)
    assert entry.after == {
        "period_start": MONDAY,
        "period_end": TUESDAY,
        "definition_ids": None,
        "user_ids": None,
        "reason": "late data",
        "judge": Judging.KEPT,
    }


def test_a_backfill_is_about_the_named_kpis_and_users_only(firm: Firm) -> None:
    calls, visits, una, ugo = firm.kpi("calls"), firm.kpi("visits"), firm.user(), firm.user()
    for kpi in (calls, visits):
        firm.assign(kpi)
        for user in (una, ugo):
            firm.assign(kpi, user=user)
    stored = start(firm, definition_ids=[visits.id], user_ids=[ugo])
    (batch,) = stored.batches.values()
    assert (batch.plan.definition_ids, batch.plan.user_ids) == ((visits.id,), (ugo,))
    assert batch.plan.subjects is BatchSubjects.USERS


def test_a_backfill_that_concerns_nobody_is_a_run_that_is_completed(firm: Firm) -> None:
    stored = start(firm)
    assert (stored.state, stored.finished_at, stored.batches) == (RunState.COMPLETED, NOW, {})
    assert firm.messages.sent == []


def test_messages_leave_after_the_commit_only(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())

    def crash(name: str, parameters: object) -> None:
        raise ZeroDivisionError

    firm.work.views.read_and_commit = crash
    with pytest.raises(ZeroDivisionError):
        start(firm)
    assert firm.messages.sent == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        (
            {"period_start": TUESDAY, "period_end": MONDAY},
            "period_end 2026-03-02 must not lie before period_start 2026-03-03.",
        ),
        ({"period_start": MONDAY - MAX_BACKFILL}, "One run covers at most 3660 days: start several."),
        (
            {"period_start": date(2026, 3, 5), "period_end": date(2026, 3, 6)},
            "period_start lies in the future: there is nothing to calculate yet.",
        ),
    ],
    ids=["out of order", "too long", "in the future"],
)
def test_a_backfill_over_dates_that_make_no_sense_is_refused(
    firm: Firm, fields: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        start(firm, **fields)
    assert firm.work.calculation.runs == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"period_start": TUESDAY - MAX_BACKFILL},
        {"period_start": WEDNESDAY, "period_end": WEDNESDAY},
        {"period_end": date(2027, 1, 1)},
    ],
    ids=["ten years", "from today on", "until next year"],
)
def test_a_backfill_at_the_edge_of_what_makes_sense_is_taken(firm: Firm, fields: dict[str, Any]) -> None:
    assert start(firm, **fields).state is RunState.COMPLETED


@pytest.mark.parametrize("field", ["definition_ids", "user_ids"])
def test_ids_that_the_company_does_not_have_are_named(firm: Firm, field: str) -> None:
    known = firm.kpi().id if field == "definition_ids" else firm.user()
    sentence = rf"{field} holds ids that your company does not have: \[998, 999\]\."
    with pytest.raises(InvalidContent, match=sentence):
        start(firm, **{field: [999, known, 998, 999]})
    assert firm.work.calculation.runs == {}


def test_of_many_unknown_ids_the_first_ten_are_named(firm: Firm) -> None:
    with pytest.raises(InvalidContent) as refused:
        start(firm, user_ids=list(range(500, 600)))
    assert refused.value.message.endswith(f"{list(range(500, 510))}.")


# What was lost on the way.


def test_a_stalled_batch_is_sent_again_and_failed_when_no_worker_survives_it(firm: Firm) -> None:
    sold = firm.kpi(rollup=Rollup.SUM)
    team = firm.team()
    firm.assign(sold, user=firm.user(team))
    firm.assign(sold, team=team)
    run_id = firm.run(MONDAY, MONDAY)
    firm.messages.sent.clear()
    now = NOW
    for _ in range(MAX_BATCH_SENDS + 1):
        now += WORK_LEASE
        assert mend_at(firm, now) == 1
        sending = firm.work.calculation.runs[run_id].batches[1].sendings
        firm.work.calculation.take_batch(SentBatch(run_id, 1, sending), now)
    assert firm.messages.sent == [(run_id, (1,))] * MAX_BATCH_SENDS + [(run_id, (2,))]
    failed = firm.work.calculation.runs[run_id].batches[1]
    assert (failed.state, failed.failure) == (BatchState.FAILED, "worker_crashed")


def test_a_batch_that_may_still_be_worked_is_not_sent_again(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    firm.run()
    assert mend_at(firm, TOO_LATE - timedelta(seconds=1)) == 0
    assert len(firm.messages.sent) == 1


def test_a_batch_that_is_sent_again_has_its_time_to_be_worked(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    firm.run()
    assert mend_at(firm, TOO_LATE) == 1
    assert mend_at(firm, TOO_LATE) == 0


def test_a_finished_batch_is_not_sent_again(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    firm.calculate()
    assert mend_at(firm, TOO_LATE) == 0


def test_a_batch_that_is_worked_is_neither_sent_again_nor_taken_by_another_message(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    run_id = firm.run()
    ledger, late = firm.work.calculation, TOO_LATE + timedelta(seconds=1)
    assert mend_at(firm, TOO_LATE) == 1  # its first message waits in the queue, and is not lost
    assert ledger.take_batch(SentBatch(run_id, 1, 1), late) is not None
    assert ledger.take_batch(SentBatch(run_id, 1, 2), late) is None
    assert mend_at(firm, late + WORK_LEASE - timedelta(seconds=1)) == 0
    assert mend_at(firm, late + WORK_LEASE) == 1  # its worker is gone


def test_a_message_that_comes_again_takes_its_batch_at_once(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    run_id = firm.run()
    ledger = firm.work.calculation
    taken = [ledger.take_batch(SentBatch(run_id, 1, 1), NOW) for _ in range(2)]
    assert [batch.attempts for batch in taken] == [1, 1]
    ledger.give_back_batch(taken[0], NOW)
    again = [ledger.take_batch(SentBatch(run_id, 1, 1), NOW + late) for late in (timedelta(0), WORK_LEASE)]
    assert [batch.attempts for batch in again] == [2, 3]  # failed, and crashed


def test_upkeep_sends_what_the_batch_before_it_should_have_sent(firm: Firm) -> None:
    firm.assign(firm.kpi(), user=firm.user())
    run_id = firm.run(MONDAY - timedelta(days=92 * 6))
    assert firm.messages.sent == [(run_id, (1, 2, 3, 4))]
    for number in (1, 2, 3, 4):
        firm.work.calculation.runs[run_id].batches[number].state = BatchState.DONE
    assert mend_at(firm, NOW) == 0
    assert firm.messages.sent[1:] == [(run_id, (5, 6, 7))]
