"""What makes a health report, who gets one, and what makes it a bad one."""

from datetime import datetime
from typing import Any

import pytest

from lodestar.application.operations.health import HealthCheck, health
from lodestar.application.operations.ports import QueueDepth
from lodestar.application.operations.shapes import Health, HealthReport
from lodestar.domain.permissions import RUNS_MANAGE, Role
from lodestar.domain.refusals import NotFound
from lodestar.wire.exact_json import to_json
from tests.fakes.operations import FakeQueues
from tests.fakes.people import caller_of
from tests.fakes.work import NOW, FakeWork

EMPTY = QueueDepth(0, 0)
ALIVE = Health(status="ok")
QUARTER_HOUR = 900


def found(part: str = "", **changes: Any) -> dict[str, Any]:
    """What the database tells of a company where nothing happens, but for the changes in one part."""
    parts: dict[str, Any] = {
        "database": {"ok": True, "version": "0022"},
        "ledger": {"batches_waiting": 0, "oldest_batch_seconds": None, "batches_failed": 0},
        "outbox": {"waiting": 0, "oldest_seconds": None, "dead": 0, "last_error": None},
        "failed_tasks": [],
        "retention": {"outcome_days": 35, "answer_days": 30, "last_deletion": None},
        "last_runs": dict.fromkeys(("daily", "weekly", "monthly", "quarterly")),
        "sources": [],
    }
    return parts | ({part: parts[part] | changes} if part else changes)


def check_of(
    told: dict[str, Any], depth: QueueDepth | None = EMPTY, role: Role | str = Role.ADMIN, **rights: Any
) -> HealthCheck:
    work = FakeWork()
    work.views.answers["health"] = lambda _: to_json(told)
    return HealthCheck(caller_of(role, **rights), work, FakeQueues(depth))


def report(
    told: dict[str, Any], depth: QueueDepth | None = EMPTY, role: Role = Role.SUPERUSER
) -> HealthReport:
    answer = health(check_of(told, depth, role))
    assert isinstance(answer, HealthReport)
    return answer


def test_what_the_queues_of_all_companies_hold_is_told_to_the_platform_alone() -> None:
    told = report(found("ledger", batches_waiting=5), QueueDepth(300, 7), Role.ADMIN)
    assert (told.queue.ok, told.queue.messages, told.queue.dead_letters) == (True, None, None)
    assert (told.queue.batches_waiting, told.status, told.problems) == (5, "ok", [])
    away = report(found(), None, Role.ADMIN)
    assert (away.queue.ok, away.problems) == (False, ["The queues cannot be read."])
    platform = report(found(), QueueDepth(300, 7))
    assert (platform.queue.messages, platform.queue.dead_letters) == (300, 7)
    assert platform.status == "degraded"


def test_a_visitor_learns_that_it_is_alive() -> None:
    assert health(None) == ALIVE


@pytest.mark.parametrize("role", [Role.USER, Role.MANAGER])
def test_who_may_not_manage_runs_learns_no_more_and_nothing_is_read(role: Role) -> None:
    check = check_of(found(), role=role)
    check.work.views.missing.add("health")
    assert health(check) == ALIVE


@pytest.mark.parametrize("role", [Role.ADMIN, Role.SUPERUSER])
def test_an_admin_and_a_superuser_get_a_report(role: Role) -> None:
    assert isinstance(health(check_of(found(), role=role)), HealthReport)


def test_a_role_of_the_companys_own_gets_a_report_with_the_permission_for_runs() -> None:
    assert isinstance(health(check_of(found(), role="operator", permissions={RUNS_MANAGE})), HealthReport)
    assert health(check_of(found(), role="operator", permissions=set())) == ALIVE


def test_a_company_where_nothing_happens_is_well() -> None:
    answer = report(found(), QueueDepth(3, 0))
    assert (answer.status, answer.problems) == ("ok", [])
    assert (answer.queue.ok, answer.queue.messages, answer.queue.dead_letters) == (True, 3, 0)
    assert (answer.queue.batches_waiting, answer.queue.oldest_batch_seconds) == (0, None)
    assert (answer.outbox.waiting, answer.outbox.oldest_seconds, answer.outbox.dead) == (0, None, 0)
    assert set(answer.last_runs.values()) == {None}
    assert answer.sources == []


PROBLEMS = (
    (
        found("database", ok=False, version="0007"),
        EMPTY,
        "The database has version 0007, which is not this code's: run the migration.",
    ),
    (found(), None, "The queues cannot be read."),
    (found(), QueueDepth(0, 2), "Dead-letter queues hold 2 messages that nobody could work on."),
    (found("ledger", batches_failed=1), EMPTY, "1 batches failed in the last 24 hours: see the runs."),
    (
        found("ledger", batches_waiting=1, oldest_batch_seconds=QUARTER_HOUR + 60),
        EMPTY,
        "A batch has waited for 960 seconds.",
    ),
    (found("outbox", dead=4), EMPTY, "4 notifications were given up in the last 24 hours."),
)


@pytest.mark.parametrize(("told", "depth", "sentence"), PROBLEMS)
def test_what_somebody_should_look_after_is_a_sentence_and_makes_it_degraded(
    told: dict[str, Any], depth: QueueDepth | None, sentence: str
) -> None:
    answer = report(told, depth)
    assert (answer.status, answer.problems) == ("degraded", [sentence])


@pytest.mark.parametrize("seconds", [None, 0, QUARTER_HOUR - 60, QUARTER_HOUR])
def test_a_batch_may_wait_for_a_quarter_of_an_hour(seconds: int | None) -> None:
    answer = report(found("ledger", batches_waiting=1, oldest_batch_seconds=seconds))
    assert (answer.status, answer.queue.batches_waiting, answer.queue.oldest_batch_seconds) == (
        "ok",
        1,
        seconds,
    )


def test_all_that_is_wrong_is_told_at_once() -> None:
    told = found() | {"outbox": {"waiting": 0, "oldest_seconds": None, "dead": 1, "last_error": None}}
    told |= {"database": {"ok": False, "version": "0001"}}
    assert len(report(told, QueueDepth(1, 1)).problems) == 3


def test_queues_that_cannot_be_read_hide_nothing_else() -> None:
    answer = report(found("ledger", batches_waiting=5), None)
    assert (answer.queue.ok, answer.queue.messages, answer.queue.dead_letters) == (False, None, None)
    assert (answer.queue.batches_waiting, answer.database.ok) == (5, True)


def test_a_source_that_fails_is_its_owners_matter() -> None:
    source = {
        "type": "records",
        "last_computed_at": NOW.isoformat(),
        "errors_24h": 9,
        "last_error": "It took too long.",
    }
    answer = report(found(sources=[source]))
    (told,) = answer.sources
    assert (told.type, told.last_computed_at, told.errors_24h) == ("records", NOW, 9)
    assert told.last_error == "It took too long."
    assert (answer.status, answer.problems) == ("ok", [])


def test_a_run_is_told_by_its_cadence() -> None:
    run = {"period_start": "2026-03-03", "period_end": "2026-03-03", "state": "planned", "finished_at": None}
    runs = report(found("last_runs", daily=run)).last_runs
    assert {cadence for cadence, last in runs.items() if last is not None} == {"daily"}


def test_the_clock_is_that_of_the_unit_of_work() -> None:
    asked: list[datetime] = []
    check = check_of(found())

    def answer(parameters: Any) -> str:
        asked.append(parameters["now"])
        return to_json(found())

    check.work.views.answers["health"] = answer
    health(check)
    assert asked == [NOW]
    assert check.work.commits == 1


def test_a_database_that_tells_nothing_is_not_taken_for_a_healthy_one() -> None:
    check = check_of(found())
    check.work.views.missing.add("health")
    with pytest.raises(NotFound):
        health(check)


@pytest.mark.parametrize(
    ("in_a_row", "problems"),
    [(3, ["The planning of your company failed 3 times in a row: No such timezone."]), (0, [])],
)
def test_a_task_that_fails_in_a_row_makes_it_degraded_and_one_that_works_again_does_not(
    in_a_row: int, problems: list[str]
) -> None:
    failed = {"kind": "planning", "in_a_row": in_a_row, "failed_at": NOW, "error": "No such timezone."}
    told = report(found(failed_tasks=[failed]))
    assert (told.status, told.problems) == ("degraded" if problems else "ok", problems)
    assert [task.model_dump() for task in told.failed_tasks] == [failed]
