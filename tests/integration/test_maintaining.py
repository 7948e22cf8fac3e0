"""Keeping house on a real database: what is old is deleted, and failures of tasks are counted."""

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from lodestar.application.operations.ports import StoredAnswer
from lodestar.application.operations.upkeep import keep_house
from lodestar.domain.companies import (
    MAX_ANSWER_DAYS,
    MAX_OUTCOME_DAYS,
    MIN_ANSWER_DAYS,
    MIN_OUTCOME_DAYS,
    Retention,
)
from lodestar.domain.runs import SentBatch
from lodestar.domain.tasks import TaskKind
from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext
from tests.integration.tenants import NOW, Tenant, new_tenant

ANSWER = StoredAnswer("hash", 201, "{}")
SECOND = timedelta(seconds=1)
ANSWER_LIFETIME = timedelta(days=Retention().answer_days)
OUTCOME_LIFETIME = timedelta(days=Retention().outcome_days)


class Silence:
    """Queues that nothing is sent to."""

    def batches(self, company_id: int, batches: Sequence[SentBatch]) -> None:
        assert not batches, "Nothing here is stalled."

    def publish(self, company_id: int, wait: timedelta = timedelta(0)) -> None:
        raise AssertionError("Nothing here is to be published.")


def keep_up(tenant: Tenant, context: WorkContext) -> Mapping[str, int]:
    def open_work(company_id: int) -> AbstractContextManager[DatabaseWork]:
        return DatabaseWork(context).bind(company_id)

    return keep_house(tenant.id, open_work, Silence(), lambda *_: None)


def keep(tenant: Tenant, key: str, age: timedelta) -> None:
    user = tenant.user()
    with tenant.work(actor_id=user) as work:
        work.operations.store_answer(key, ANSWER)
        work.session.run(
            "update lodestar.idempotency_keys set created_at = :at where company_id = :company and key = :key",
            at=NOW - age,
            key=key,
        )
        work.commit()


def kept(tenant: Tenant) -> list[str]:
    rows = tenant.rows("select key from lodestar.idempotency_keys where company_id = :company order by key")
    return [row["key"] for row in rows]


def test_answers_are_forgotten_when_they_are_old_enough_and_not_before(
    tenant: Tenant, context: WorkContext
) -> None:
    other = new_tenant(context)
    for company in (tenant, other):
        keep(company, "old", ANSWER_LIFETIME + SECOND)
        keep(company, "young", ANSWER_LIFETIME - SECOND)
    assert keep_up(tenant, context)["answers_deleted"] == 1
    assert (kept(tenant), kept(other)) == (["young"], ["old", "young"])
    assert keep_up(tenant, context)["answers_deleted"] == 0


def test_failures_of_a_task_are_counted_until_it_works_again(tenant: Tenant) -> None:
    for kind, error in (("planning", "First."), ("upkeep", "Other."), ("planning", "Second.")):
        with tenant.work() as work:
            work.operations.note_failure(TaskKind(kind), error, NOW)
            work.commit()
    assert failures_of(tenant) == [("planning", 2, "Second."), ("upkeep", 1, "Other.")]
    with tenant.work() as work:
        work.operations.note_success(TaskKind.PLANNING)
        work.operations.note_success(TaskKind.RELAY)
        work.commit()
    assert failures_of(tenant) == [("planning", 0, "Second."), ("upkeep", 1, "Other.")]


def failures_of(tenant: Tenant) -> list[tuple[object, ...]]:
    rows = tenant.rows(
        "select kind, in_a_row, error from lodestar.task_failures where company_id = :company order by kind"
    )
    return [tuple(row.values()) for row in rows]


def add_run(tenant: Tenant, kind: str, age: timedelta, *outcomes: str) -> int:
    """A finished run of that age with a batch; its id."""
    with tenant.work() as work:
        run_id: int = work.session.value(
            "insert into lodestar.runs (company_id, kind, cadence, period_start, period_end, reason, state, "
            "created_at, finished_at) values (:company, :kind, 'daily', :day, :day, '', 'completed', :at, :at) "
            "returning id",
            kind=kind,
            day=(NOW - age).date(),
            at=NOW - age,
        )
        work.session.run(
            "insert into lodestar.batches (company_id, run_id, number, stage, window_start, window_end, "
            "subjects, definition_ids, state) "
            "values (:company, :run_id, 1, 0, '2026-01-01', '2026-01-01', 'users', '{}', 'done')",
            run_id=run_id,
        )
        for number, outcome in enumerate(outcomes):
            work.session.run(
                "insert into lodestar.outcomes (company_id, run_id, assignment_id, period_start, period_end, "
                "definition_version, outcome, reason) "
                "values (:company, :run_id, :number, '2026-01-01', '2026-01-01', 1, :outcome, "
                "case when :outcome <> 'computed' then 'why' end)",
                run_id=run_id,
                number=number,
                outcome=outcome,
            )
        work.commit()
    return run_id


def listed_outcomes(tenant: Tenant) -> list[tuple[int, str]]:
    rows = tenant.rows(
        "select run_id, outcome from lodestar.outcomes where company_id = :company order by 1, assignment_id"
    )
    return [(row["run_id"], row["outcome"]) for row in rows]


def counts(tenant: Tenant, run_id: int) -> dict[str, int]:
    with tenant.work() as work:
        found: dict[str, int] = json.loads(work.views.read("run", {"id": run_id}) or "")["outcomes"]
    return found


def test_outcomes_are_deleted_after_their_time_and_stay_counted(tenant: Tenant, context: WorkContext) -> None:
    every = ("computed", "computed", "no_data", "error", "skipped")
    old = add_run(tenant, "scheduled", OUTCOME_LIFETIME + SECOND, *every)
    young = add_run(tenant, "scheduled", OUTCOME_LIFETIME - timedelta(days=1), "computed")
    before = counts(tenant, old)
    assert keep_up(tenant, context)["outcomes_deleted"] == len(every)
    assert listed_outcomes(tenant) == [(young, "computed")]
    assert counts(tenant, old) == before == {"computed": 2, "no_data": 1, "error": 1, "skipped": 1}


def test_a_bite_deletes_no_more_rows_than_it_may(tenant: Tenant) -> None:
    for days in (40, 41):
        add_run(tenant, "scheduled", timedelta(days=days), "computed", "computed")
    with tenant.work() as work:
        assert work.operations.delete_outcomes(NOW, 3) == 3
        assert work.operations.delete_outcomes(NOW, 3) == 1
        work.commit()
    assert listed_outcomes(tenant) == []


def test_a_refresh_of_long_ago_goes_as_a_whole_and_other_runs_stay(
    tenant: Tenant, context: WorkContext
) -> None:
    age = OUTCOME_LIFETIME + SECOND
    add_run(tenant, "refresh", age, "computed")
    kept_runs = [add_run(tenant, "scheduled", age), add_run(tenant, "refresh", SECOND, "error")]
    assert keep_up(tenant, context)["refreshes_deleted"] == 1
    rows = tenant.rows("select id from lodestar.runs where company_id = :company order by id")
    assert [row["id"] for row in rows] == kept_runs


@pytest.mark.parametrize(
    "kept",
    [Retention(MIN_OUTCOME_DAYS, MIN_ANSWER_DAYS), Retention(MAX_OUTCOME_DAYS, MAX_ANSWER_DAYS)],
    ids=["short", "long"],
)
def test_a_company_keeps_things_as_long_as_it_says_and_shows_it(tenant: Tenant, kept: Retention) -> None:
    with tenant.work() as work:
        assert work.operations.retention() == Retention()
        work.operations.save_retention(kept)
        assert work.operations.retention() == kept
        told = json.loads(work.views.read("company", {"id": tenant.id, "at": NOW}) or "")["retention"]
        (listed,) = (
            each
            for each in json.loads(
                work.views.read("companies", {"at": NOW, "cursor": tenant.id - 1, "limit": 1}) or ""
            )["companies"]
        )
    assert told == listed["retention"] == {"outcome_days": kept.outcome_days, "answer_days": kept.answer_days}


def test_health_tells_what_is_kept_and_what_was_deleted_last(tenant: Tenant, context: WorkContext) -> None:

    def told() -> dict[str, object]:
        with tenant.work() as work:
            found: dict[str, object] = json.loads(work.views.read("health", {"now": NOW}) or "")["retention"]
        return found

    assert told() == {"outcome_days": 35, "answer_days": 30, "last_deletion": None}
    add_run(tenant, "scheduled", timedelta(days=20), "computed")
    with tenant.work() as work:
        work.operations.save_retention(Retention(outcome_days=14))
        work.commit()
    keep_up(tenant, context)
    found = told()
    assert found["outcome_days"] == 14
    assert isinstance(found["last_deletion"], dict)
    assert found["last_deletion"] | {"at": ""} == {"at": "", "outcomes": 1, "refreshes": 0, "answers": 0}
