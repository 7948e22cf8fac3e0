"""Keeping house on a real database: old answers are forgotten, and failures of tasks are counted."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta

from lodestar.application.operations.ports import StoredAnswer
from lodestar.application.operations.upkeep import ANSWER_LIFETIME, keep_house
from lodestar.domain.runs import SentBatch
from lodestar.domain.tasks import TaskKind
from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext
from tests.integration.tenants import NOW, Tenant, new_tenant

ANSWER = StoredAnswer("hash", 201, "{}")
SECOND = timedelta(seconds=1)


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
    assert keep_up(tenant, context)["forgotten"] == 1
    assert (kept(tenant), kept(other)) == (["young"], ["old", "young"])
    assert keep_up(tenant, context)["forgotten"] == 0


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
