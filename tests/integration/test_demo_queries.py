from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from local.demo.kpis import SALES_GOALS, SUPPORT_GOALS
from local.postgres import Database
from lodestar.application.calculation.ports import SourceRequest
from lodestar.application.definitions.data_sources import source_from_json
from lodestar.domain.assignments import SubjectType
from lodestar.domain.sources import DatabaseSource
from lodestar.domain.values import NoData
from lodestar.sources.database import DatabaseValues, Sandboxes
from tests.integration.tenants import KPI, Tenant, sandbox_logins

DAY = (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
QUERIES = {
    goal.definition["key"]: goal.definition["data_source"]
    for goal in SUPPORT_GOALS + SALES_GOALS
    if goal.definition["data_source"]["type"] == "database"
}
MINUTES = {"opened_at": "2026-03-02T08:00Z", "first_response_at": "2026-03-02T08:15Z", "status": "closed"}


@pytest.fixture
def worker(tenant: Tenant) -> int:
    """Somebody who closed a case after two hours, answered after 15 minutes, and made a call."""
    user_id = tenant.user()
    rows = [
        {"source": source, "external_id": "1", "occurred_at": datetime(2026, 3, 2, 10, tzinfo=UTC)}
        | {"user_id": user_id, "value": None, "attributes": MINUTES}
        for source in ("support_cases", "calls")
    ]
    tenant.sandbox()
    with tenant.work() as work:
        work.values.upsert_records(rows)
        work.commit()
    return user_id


@pytest.mark.parametrize(
    ("key", "busy", "idle"),
    [
        ("average_resolution_time", Decimal(2), NoData("no_rows")),
        ("first_response_time", Decimal(15), NoData("no_rows")),
        ("cases_resolved", Decimal(1), Decimal(0)),
        ("calls_made", Decimal(1), NoData("no_rows")),
    ],
)
def test_a_query_of_the_demo_gives_each_person_their_value(
    key: str, busy: Decimal, idle: object, database: Database, tenant: Tenant, worker: int
) -> None:
    source = source_from_json(QUERIES[key])
    assert isinstance(source, DatabaseSource)
    stranger = tenant.user()
    definition = replace(KPI, data_source=source)
    people = (worker, stranger)
    request = SourceRequest(definition, source, tenant.id, SubjectType.USER, people, DAY)

    assert DatabaseValues(Sandboxes(sandbox_logins(database))).values(request) == {
        worker: busy,
        stranger: idle,
    }


def test_every_query_of_the_demo_is_tried_here() -> None:
    assert len(QUERIES) == 4
