"""Keeping house on a real database: old answers are forgotten, and each audit log's head is noted outside."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest

from lodestar.application.operations.ports import StoredAnswer
from lodestar.application.operations.upkeep import ANSWER_LIFETIME, Upkeep
from lodestar.application.work import AuditHead
from lodestar.persistence.operations.partitions import MeasurementPartitions
from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext
from tests.integration.tenants import NOW, Tenant, new_tenant

ANSWER = StoredAnswer("hash", 201, "{}")
SECOND = timedelta(seconds=1)


class Silence:
    """Queues that nothing is sent to."""

    def batches(self, company_id: int, run_id: int, numbers: Sequence[int]) -> None:
        raise AssertionError("Nothing here is stalled.")

    def publish(self, company_id: int) -> None:
        raise AssertionError("Nothing here is to be published.")


@pytest.fixture
def noted() -> list[tuple[int, AuditHead]]:
    """What was written down outside."""
    return []


@pytest.fixture
def companies(context: WorkContext) -> list[Tenant]:
    return [new_tenant(context), new_tenant(context)]


@pytest.fixture
def upkeep(context: WorkContext, companies: list[Tenant], noted: list[tuple[int, AuditHead]]) -> Upkeep:
    def open_work(company_id: int) -> AbstractContextManager[DatabaseWork]:
        return DatabaseWork(context).bind(company_id)

    return Upkeep(
        lambda: [company.id for company in companies],
        open_work,
        Silence(),
        MeasurementPartitions(context.engine, context.clock),
        lambda company_id, head: noted.append((company_id, head)),
    )


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
    upkeep: Upkeep, companies: list[Tenant]
) -> None:
    for tenant in companies:
        keep(tenant, "old", ANSWER_LIFETIME + SECOND)
        keep(tenant, "young", ANSWER_LIFETIME - SECOND)
    assert upkeep.run()["forgotten"] == 2
    assert [kept(company) for company in companies] == [["young"], ["young"]]
    assert upkeep.run()["forgotten"] == 0
