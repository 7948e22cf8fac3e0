"""The tables of docs/rules/queries.md, on a real Postgres."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from local.postgres import Database
from lodestar.domain.sources import DatabaseSource
from lodestar.sources.database import SandboxCheck
from lodestar.sources.sql import allow, budget, errors, run, sizes
from lodestar.sources.sql.check import check_query
from lodestar.sources.sql.errors import QueryRefused
from lodestar.sources.sql.rewrite import batched
from lodestar.sources.sql.session import Bindings
from tests.integration.tenants import KPI, Tenant, sandbox_logins
from tests.unit.documents import RULES, Row, limits, table

PAGE = "queries.md"
DAY = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def worker(tenant: Tenant) -> int:
    user = tenant.user()
    row = {"source": "time_entries", "occurred_at": DAY, "user_id": user}
    with tenant.work() as work:
        work.values.upsert_records(
            [
                {**row, "external_id": str(number), "value": Decimal(entry["hours"])}
                | {"attributes": {"project": entry["project"], "billable": entry["billable"] == "yes"}}
                for number, entry in enumerate(table(PAGE, "hours", "project", "billable"))
            ]
        )
        work.commit()
    return user


def save(saving: SandboxCheck, condition: str) -> None:
    query = f"SELECT COUNT(*) FROM records WHERE user_id = :user_id AND {condition}"
    saving.check(replace(KPI, data_source=DatabaseSource(query)))


@pytest.mark.parametrize("row", table(PAGE, "SELECT", "value"))
def test_an_example_is_saved_and_gives_its_value(
    row: Row, tenant: Tenant, worker: int, database: Database, saving: SandboxCheck
) -> None:
    query = f"SELECT {row['SELECT']} FROM time_entries WHERE user_id = :user_id"
    saving.check(replace(KPI, data_source=DatabaseSource(query)))
    sandbox = run.Sandbox(sandbox_logins(database)(tenant.id), Bindings(tenant.id, DAY, DAY, {}))

    assert sandbox.of_users(batched(check_query(query)), [worker]) == {worker: Decimal(row["value"])}


@pytest.mark.parametrize("row", table(PAGE, "condition", "refused", "write"))
def test_what_is_refused_has_its_code_and_what_to_write_instead_is_saved(
    row: Row, saving: SandboxCheck
) -> None:
    with pytest.raises(QueryRefused) as refusal:
        save(saving, row["condition"])

    assert refusal.value.code == row["refused"]
    save(saving, row["write"])


def test_the_limits_are_the_documented_ones() -> None:
    assert limits(PAGE) == {
        "bytes of a query": allow.MAX_QUERY_BYTES,
        "levels of brackets": allow.DEEPEST_BRACKETS,
        "parts of a query": allow.MAX_NODES,
        "tables in a query": allow.MAX_RELATIONS,
        "characters that a column counts as": sizes.LONGEST_COLUMN,
        "characters that texts are put together to": sizes.LONGEST_TEXT,
        "characters of a pattern or a set of characters": sizes.LONGEST_PATTERN,
        "wildcards in a pattern": sizes.MAX_WILDCARDS,
        "digits before the point of a value": len(str(int(run.MAX_VALUE))) - 1,
        "seconds of one statement": int(budget.STATEMENT_SECONDS),
        "seconds of all queries of a KPI in a batch, in a preview, or when it is saved": int(
            budget.DEFINITION_SECONDS
        ),
    }


def test_every_function_and_reason_is_named() -> None:
    page = (RULES / PAGE).read_text(encoding="utf-8")
    failures = [errors.TIMEOUT, errors.OUT_OF_RANGE, errors.BROKEN, errors.FAILED, errors.MANY_ROWS]
    failures += [run.NOT_A_NUMBER, run.OTHER_SUBJECT, *errors._BY_STATE.values()]
    missing = {name for name in allow.FUNCTIONS if f"`{name}`" not in page and f"`{name}(" not in page}

    assert missing == set()
    assert {failure.reason for failure in failures if f"`{failure.reason}`" not in page} == set()
