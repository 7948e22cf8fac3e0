"""The ledger knows what was planned and done, whoever asks at once."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from local.postgres import Database
from lodestar.domain.measurements import Outcome, SlotKey, SlotOutcome
from lodestar.domain.periods import Cadence, Period
from lodestar.domain.runs import (
    MAX_BATCHES_AT_ONCE,
    MESSAGE_LEASE,
    WORK_LEASE,
    Batch,
    BatchPlan,
    BatchSubjects,
    NewRun,
    RunKind,
    SentBatch,
    StalledBatch,
)
from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext
from tests.integration.tenants import NOW, Tenant, new_tenant, wait_until_blocked

DAY = date(2026, 3, 9)
LATER = NOW + timedelta(minutes=5)
SECOND = timedelta(seconds=1)
SCHEDULED = NewRun(RunKind.SCHEDULED, Cadence.DAILY, DAY, DAY, "daily schedule", NOW)
PLANS = tuple(BatchPlan(stage, DAY, DAY, BatchSubjects.USERS, (), ()) for stage in (0, 0, 1, 2))


def begin(tenant: Tenant, plans: Sequence[BatchPlan] = PLANS) -> tuple[int, list[int]]:
    """A run with its first stage sent."""
    with tenant.work() as work:
        run_id = work.calculation.add_run(SCHEDULED, plans)
        assert run_id is not None
        ready = release(work, NOW)
        work.commit()
    return run_id, ready


def release(work: DatabaseWork, at: datetime) -> list[int]:
    """The numbers of the batches whose turn it is; all are of one run here."""
    return [sent.number for sent in work.calculation.release_batches(at)]


def take(tenant: Tenant, run_id: int, number: int) -> Batch | None:
    with tenant.work() as work:
        batch = work.calculation.take_batch(SentBatch(run_id, number, 1), NOW)
        work.commit()
    return batch


def finish(tenant: Tenant, run_id: int, number: int, *outcomes: Outcome) -> list[int]:
    """The batches that are released by a batch's end."""
    batch = take(tenant, run_id, number)
    assert batch is not None
    with tenant.work() as work:
        assert work.calculation.finish_batch(batch, outcomes, LATER)
        ready = release(work, LATER)
        work.commit()
    return ready


def run_of(tenant: Tenant, run_id: int) -> tuple[str, datetime | None]:
    (row,) = tenant.rows("select state, finished_at from lodestar.runs where id = :id", id=run_id)
    return row["state"], row["finished_at"]


def test_stages_are_released_in_their_order(tenant: Tenant) -> None:
    run_id, ready = begin(tenant)
    assert ready == [1, 2]
    assert finish(tenant, run_id, 1) == []
    assert run_of(tenant, run_id) == ("running", None)
    assert finish(tenant, run_id, 2) == [3]
    assert finish(tenant, run_id, 3) == [4]
    assert finish(tenant, run_id, 4) == []
    assert run_of(tenant, run_id) == ("completed", LATER)


def test_a_run_without_batches_is_completed_at_once(tenant: Tenant) -> None:
    run_id, ready = begin(tenant, ())
    assert (ready, run_of(tenant, run_id)) == ([], ("completed", NOW))


def test_a_batch_that_is_taken_knows_its_run_and_its_attempts(tenant: Tenant) -> None:
    plan = BatchPlan(0, DAY, DAY, BatchSubjects.USERS, (3, 4), (5,))
    run_id, _ = begin(tenant, (plan,))
    expected = Batch(run_id, 1, 1, RunKind.SCHEDULED, Cadence.DAILY, DAY, DAY, NOW, plan)
    assert take(tenant, run_id, 1) == expected
    assert take(tenant, run_id, 1) == expected  # the connection of its worker broke
    with tenant.work() as work:
        work.calculation.give_back_batch(expected, NOW)
        work.commit()
    assert take(tenant, run_id, 1) == replace(expected, attempts=2)


def test_a_finished_or_unknown_batch_is_not_taken(tenant: Tenant) -> None:
    run_id, _ = begin(tenant)
    finish(tenant, run_id, 1)
    assert take(tenant, run_id, 1) is None
    assert take(tenant, run_id, 99) is None
    assert take(tenant, run_id + 1, 2) is None


def test_a_batch_finishes_once_and_its_second_end_writes_nothing(tenant: Tenant) -> None:
    run_id, _ = begin(tenant)
    batch = take(tenant, run_id, 1)
    assert batch is not None
    with tenant.work() as work:
        assert work.calculation.finish_batch(
            batch, [Outcome(SlotKey(7, DAY, DAY), 1, SlotOutcome.COMPUTED)], NOW
        )
        assert not work.calculation.finish_batch(
            batch, [Outcome(SlotKey(7, DAY, DAY), 1, SlotOutcome.ERROR, "late")], LATER
        )
        work.commit()
    (row,) = tenant.rows("select outcome, reason from lodestar.outcomes where company_id = :company")
    assert row == {"outcome": "computed", "reason": None}


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome(SlotKey(7, DAY, DAY), 1, SlotOutcome.ERROR, "source_down", "…"), "completed_with_failures"),
        (Outcome(SlotKey(7, DAY, DAY), 1, SlotOutcome.NO_DATA, "no_rows"), "completed"),
        (Outcome(SlotKey(7, DAY, DAY), 1, SlotOutcome.SKIPPED, "awaiting_entry"), "completed"),
    ],
)
def test_one_error_is_told_by_the_run(tenant: Tenant, outcome: Outcome, state: str) -> None:
    run_id, _ = begin(tenant, PLANS[:1])
    finish(tenant, run_id, 1, outcome)
    assert run_of(tenant, run_id)[0] == state


def test_a_failed_batch_lets_the_next_stage_go_on_and_is_told_by_the_run(tenant: Tenant) -> None:
    run_id, _ = begin(tenant, PLANS[1:3])
    with tenant.work() as work:
        work.calculation.fail_batch(run_id, 1, "worker_crashed", LATER)
        assert release(work, LATER) == [2]
        work.commit()
    (failed,) = tenant.rows(
        "select state, failure from lodestar.batches where company_id = :company and number = 1"
    )
    assert failed == {"state": "failed", "failure": "worker_crashed"}
    finish(tenant, run_id, 2)
    assert run_of(tenant, run_id) == ("completed_with_failures", LATER)
    assert take(tenant, run_id, 1) is None


def test_of_two_batches_that_finish_at_once_one_releases_the_next_stage(
    tenant: Tenant, rival: WorkContext, database: Database
) -> None:
    run_id, _ = begin(tenant)
    batches = [take(tenant, run_id, number) for number in (1, 2)]
    with ThreadPoolExecutor(1) as other, tenant.work() as first, tenant.work(rival) as second:
        for work, batch in zip((first, second), batches, strict=True):
            assert batch is not None
            assert work.calculation.finish_batch(
                batch, [Outcome(SlotKey(batch.number, DAY, DAY), 1, SlotOutcome.COMPUTED)], LATER
            )
        released = [release(first, LATER)]
        pending = other.submit(release, second, LATER)
        wait_until_blocked(database)
        first.commit()
        released.append(pending.result())
        second.commit()
    assert released == [[], [3]]


def test_of_one_batch_that_is_worked_twice_at_once_one_end_counts(
    tenant: Tenant, rival: WorkContext, database: Database
) -> None:
    run_id, _ = begin(tenant)
    batch = take(tenant, run_id, 1)
    assert batch is not None
    with ThreadPoolExecutor(1) as other, tenant.work() as first, tenant.work(rival) as second:
        assert first.calculation.finish_batch(batch, [], LATER)
        pending = other.submit(second.calculation.finish_batch, batch, [], LATER)
        wait_until_blocked(database)
        first.commit()
        assert not pending.result()


def test_a_scheduled_run_is_planned_once(tenant: Tenant) -> None:
    with tenant.work() as work:
        assert work.calculation.add_run(SCHEDULED, PLANS) is not None
        assert work.calculation.add_run(SCHEDULED, PLANS) is None
        assert work.calculation.add_run(replace(SCHEDULED, cadence=Cadence.WEEKLY), PLANS) is not None
        assert (
            work.calculation.add_run(replace(SCHEDULED, kind=RunKind.BACKFILL, cadence=None), PLANS)
            is not None
        )
        assert work.calculation.planned_periods(Cadence.DAILY, DAY) == {Period(Cadence.DAILY, DAY, DAY)}


def test_a_period_that_ends_on_another_day_since_the_calendar_changed_is_planned_too(tenant: Tenant) -> None:
    longer = replace(SCHEDULED, period_end=SCHEDULED.period_end + timedelta(days=1))
    with tenant.work() as work:
        assert work.calculation.add_run(SCHEDULED, PLANS) is not None
        assert work.calculation.add_run(longer, PLANS) is not None
        assert work.calculation.add_run(longer, PLANS) is None


def test_of_two_ticks_at_once_one_plans(tenant: Tenant, rival: WorkContext, database: Database) -> None:
    with ThreadPoolExecutor(1) as other, tenant.work() as first, tenant.work(rival) as second:
        planned = first.calculation.add_run(SCHEDULED, PLANS)
        pending = other.submit(second.calculation.add_run, SCHEDULED, PLANS)
        wait_until_blocked(database)
        first.commit()
        assert planned is not None
        assert pending.result() is None


def test_what_was_sent_and_neither_taken_nor_finished_in_time_is_stalled(tenant: Tenant) -> None:
    run_id, _ = begin(tenant)
    finish(tenant, run_id, 1)
    with tenant.work() as work:
        assert work.calculation.stalled_batches(NOW + MESSAGE_LEASE - SECOND) == []
        assert work.calculation.stalled_batches(NOW + MESSAGE_LEASE) == [StalledBatch(run_id, 2, 0)]
        assert work.calculation.send_again(run_id, 2, LATER) == SentBatch(run_id, 2, 2)
        assert work.calculation.stalled_batches(LATER) == []
        assert work.calculation.stalled_batches(LATER + MESSAGE_LEASE) == [StalledBatch(run_id, 2, 0)]


def test_a_batch_that_is_worked_is_taken_by_no_other_message_while_its_worker_may_live(
    tenant: Tenant,
) -> None:
    run_id, _ = begin(tenant, PLANS[:1])
    first, second = (SentBatch(run_id, 1, sending) for sending in (1, 2))
    with tenant.work() as work:
        ledger = work.calculation
        assert ledger.send_again(run_id, 1, NOW) == second
        assert ledger.take_batch(first, NOW) is not None
        assert ledger.take_batch(second, NOW + WORK_LEASE - SECOND) is None
        assert ledger.take_batch(first, NOW + SECOND) is not None  # it came again: its worker is gone
        assert ledger.stalled_batches(NOW + WORK_LEASE) == []
        taken = ledger.take_batch(second, NOW + SECOND + WORK_LEASE)
    assert taken is not None
    assert taken.attempts == 2


def test_a_company_has_four_batches_at_once_and_each_finished_one_sends_the_next(tenant: Tenant) -> None:
    run_id, ready = begin(tenant, PLANS[:1] * 6)
    assert ready == [1, 2, 3, 4]
    assert finish(tenant, run_id, 2) == [5]
    assert finish(tenant, run_id, 1) == [6]
    assert [finish(tenant, run_id, number) for number in (3, 4, 5, 6)] == [[]] * 4
    assert run_of(tenant, run_id) == ("completed", LATER)


def test_what_the_clock_asks_for_goes_before_a_backfill(tenant: Tenant) -> None:
    backfill = replace(SCHEDULED, kind=RunKind.BACKFILL, cadence=None)
    with tenant.work() as work:
        long = work.calculation.add_run(backfill, PLANS[:1] * 6)
        assert long is not None
        assert len(work.calculation.release_batches(NOW)) == MAX_BATCHES_AT_ONCE
        daily = work.calculation.add_run(SCHEDULED, PLANS[:1])
        assert work.calculation.release_batches(NOW) == []
        work.commit()
    assert run_of(tenant, daily or 0)[0] == "planned"
    batch = take(tenant, long, 1)
    assert batch is not None
    with tenant.work() as work:
        work.calculation.finish_batch(batch, [], LATER)
        assert work.calculation.release_batches(LATER) == [SentBatch(daily or 0, 1, 1)]


def test_runs_of_the_clock_follow_one_another_oldest_period_first(tenant: Tenant) -> None:
    day_before = replace(SCHEDULED, period_start=DAY - timedelta(days=1), period_end=DAY - timedelta(days=1))
    refresh = replace(SCHEDULED, kind=RunKind.REFRESH, period_start=DAY + timedelta(days=1))
    refresh = replace(refresh, period_end=refresh.period_start)
    weekly = replace(day_before, cadence=Cadence.WEEKLY)
    with tenant.work() as work:
        last, second, first, other = (
            work.calculation.add_run(run, PLANS[:1]) or 0 for run in (refresh, SCHEDULED, day_before, weekly)
        )
        sent = work.calculation.release_batches(NOW)
        work.commit()
    assert {batch.run_id for batch in sent} == {first, other}
    assert finish(tenant, first, 1) == [1]
    assert run_of(tenant, second)[0] == "running"
    finish(tenant, second, 1)
    assert run_of(tenant, last)[0] == "running"


def test_follow_ups_follow_one_another_in_the_order_of_their_changes(tenant: Tenant) -> None:
    follow_up = replace(SCHEDULED, kind=RunKind.FOLLOW_UP)
    with tenant.work() as work:
        first, second, scheduled = (
            work.calculation.add_run(run, PLANS[:1]) or 0 for run in (follow_up, follow_up, SCHEDULED)
        )
        sent = work.calculation.release_batches(NOW)
        work.commit()
    assert {batch.run_id for batch in sent} == {first, scheduled}
    assert finish(tenant, first, 1) == [1]
    assert run_of(tenant, second)[0] == "running"


def test_one_companys_backlog_leaves_the_others_theirs(tenant: Tenant, context: WorkContext) -> None:
    begin(tenant, PLANS[:1] * 6)
    assert begin(new_tenant(context), PLANS[:1] * 6)[1] == [1, 2, 3, 4]
