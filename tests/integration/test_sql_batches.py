"""Three ways to ask for the values of many users give the same answer (spec 7.1, "Calculation")."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.postgres import Database
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.sources.sql.check import check_query
from lodestar.sources.sql.rewrite import batched, single
from lodestar.sources.sql.run import Bindings, Sandbox
from tests.integration.tenants import SANDBOX_PASSWORD, Tenant, address_of, new_tenant

START = datetime(2026, 3, 1, tzinfo=UTC)
DAYS = 10
_EXAMPLES = count(1)

AGGREGATES = [
    "COUNT(*)",
    "COUNT(value)",
    "COUNT(DISTINCT source)",
    "SUM(value)",
    "AVG(value)",
    "MIN(value)",
    "MAX(value)",
    "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY value)",
    "PERCENTILE_DISC(0.9) WITHIN GROUP (ORDER BY value DESC)",
    "COALESCE(SUM(value), 7)",
    "100.0 * COUNT(*) FILTER (WHERE value > 1) / NULLIF(COUNT(*), 0)",
    "SUM(CASE WHEN source = 'a' THEN 2 ELSE 1 END)",
]
CONDITIONS = [
    "source = 'a'",
    "NOT source = 'a'",
    "value > 1",
    "value IS NULL",
    "(value < 0 OR source IN ('b', 'c'))",
    "value BETWEEN :start AND 2",
    "occurred_at >= :start_date",
    "occurred_at < :end_date",
    "occurred_at AT TIME ZONE 'Europe/Berlin' > :start_date AT TIME ZONE 'UTC'",
    "value > (SELECT AVG(o.value) FROM records AS o WHERE o.user_id = records.user_id)",
    "EXISTS (SELECT 1 FROM records AS o WHERE o.user_id = records.user_id AND o.source = 'b')",
]


@pytest.fixture(scope="module")
def company(context: WorkContext) -> Tenant:
    tenant = new_tenant(context)
    with tenant.work() as work:
        work.companies.make_sandbox()
        work.commit()
    return tenant


@pytest.fixture(scope="module")
def users(company: Tenant) -> list[int]:
    """The last one never has a record."""
    return [company.user() for _ in range(5)]


def records(
    rows: Sequence[tuple[int | None, str, Decimal | None, int]], example: str
) -> list[dict[str, Any]]:
    return [
        {
            "source": source,
            "external_id": f"{example}-{number}",
            "occurred_at": START + timedelta(days=day),
            "user_id": user_id,
            "value": value,
            "attributes": {"example": example},
        }
        for number, (user_id, source, value, day) in enumerate(rows)
    ]


@settings(deadline=None, max_examples=80)
@given(data=st.data(), aggregate=st.sampled_from(AGGREGATES))
def test_grouped_lateral_and_one_by_one_give_the_same_values(
    data: st.DataObject, aggregate: str, database: Database, company: Tenant, users: list[int]
) -> None:
    example = str(next(_EXAMPLES))
    row = st.tuples(
        st.sampled_from([*users[:-1], None]),
        st.sampled_from("abc"),
        st.none() | st.decimals(-3, 3, places=4),
        st.integers(-DAYS, 2 * DAYS),
    )
    mine = ["user_id = :user_id", "attributes ->> 'example' = :example"]
    conditions = data.draw(st.lists(st.sampled_from(CONDITIONS), max_size=3, unique=True))
    where = " AND ".join(data.draw(st.permutations(mine + conditions)))
    with company.work() as work:
        work.records.upsert(records(data.draw(st.lists(row, max_size=20)), example))
        work.commit()

    own = {"example": example, "start": Decimal(-1)}
    query = check_query(f"SELECT {aggregate} FROM records WHERE {where}", own)
    # A HAVING that says nothing keeps a query from being grouped.
    other = check_query(f"SELECT {aggregate} FROM records WHERE {where} HAVING TRUE", own)
    login = f"lodestar_company_{company.id}"
    address = address_of(database, login, SANDBOX_PASSWORD.format(company.id))
    sandbox = Sandbox(address, Bindings(company.id, START, START + timedelta(days=DAYS), own))

    assert batched(query).empty is not None
    assert batched(other).empty is None
    one_by_one = {each: sandbox.of_one(single(query), user_id=each) for each in users}
    assert sandbox.of_users(batched(query), users) == one_by_one
    assert sandbox.of_users(batched(other), users) == one_by_one
