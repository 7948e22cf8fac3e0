"""What runs means what was written: Postgres reads the admin's own text, and has the last word."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.postgres import Database
from lodestar.domain.sources import DatabaseSource
from lodestar.sources.database import SandboxCheck
from lodestar.sources.sql.check import check_query
from lodestar.sources.sql.errors import QueryRefused
from lodestar.sources.sql.rewrite import single
from lodestar.sources.sql.run import Sandbox
from lodestar.sources.sql.session import Bindings
from tests.integration.tenants import KPI, Tenant, sandbox_logins

BENIGN: list[str] = json.loads(Path(__file__).with_name("benign_sql.json").read_text(encoding="utf-8"))
ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)
CASES = "SELECT COUNT(*) FROM support_cases WHERE assigned_to = :user_id"
ENTRIES = "SELECT COUNT(*) FROM time_entries WHERE user_id = :user_id"
RECORDS = "SELECT COUNT(*) FROM records WHERE user_id = :user_id"


@pytest.fixture(scope="module")
def worker(tenant: Tenant) -> int:
    """Somebody with four cases of 6, 30, 40 and 500 hours, and five time entries."""
    user = tenant.user()
    opened = datetime(2026, 3, 1, tzinfo=UTC)
    entries = [(3, "abc", True), (3, "b", False), (8, "a b", True), (8, "b", True), (9, "abc", False)]
    case = {"status": "closed", "opened_at": opened.isoformat()}
    rows: list[tuple[str, timedelta, int | None, dict[str, object]]] = [
        *(("support_cases", timedelta(hours=hours), None, case) for hours in (6, 30, 40, 500)),
        *(
            ("time_entries", timedelta(), hours, {"project": project, "billable": billable, "": "x"})
            for hours, project, billable in entries
        ),
    ]
    with tenant.work() as work:
        work.values.upsert_records(
            [
                {"source": source, "external_id": str(number), "occurred_at": opened + after, "user_id": user}
                | {"value": value, "attributes": attributes}
                for number, (source, after, value, attributes) in enumerate(rows)
            ]
        )
        work.commit()
    return user


def save(saving: SandboxCheck, query: str) -> None:
    saving.check(replace(KPI, data_source=DatabaseSource(query)))


def refusal_of(saving: SandboxCheck, query: str) -> QueryRefused:
    with pytest.raises(QueryRefused) as refusal:
        save(saving, query)
    return refusal.value


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"{CASES} AND closed_at - opened_at > INTERVAL '1 day ago'", 4),
        (f"{CASES} AND closed_at - opened_at > INTERVAL '- 1 day'", 4),
        (f"{CASES} AND closed_at - opened_at > INTERVAL '.5 day'", 3),
        (f"{CASES} AND closed_at - opened_at > INTERVAL '1 day 12:00'", 2),
        (f"{CASES} AND closed_at - opened_at > INTERVAL '20 days 12:00:00'", 1),
        (f"{RECORDS} AND attributes ->> '' IS NULL", 4),
        (f"{ENTRIES} AND hours NOT BETWEEN 1 AND 5 < billable", 1),
        (f"{ENTRIES} AND project NOT IN ('abc', 'a b') <= billable", 4),
    ],
)
def test_a_query_gives_the_number_that_postgres_gives_for_its_text(
    query: str, expected: int, tenant: Tenant, worker: int, database: Database
) -> None:
    bindings = Bindings(tenant.id, ANY_DAY, ANY_DAY, {})
    value = Sandbox(sandbox_logins(database)(tenant.id), bindings).of_one(
        single(check_query(query)), user_id=worker
    )

    assert value == expected


@pytest.mark.parametrize(
    "query",
    [
        f"{CASES} AND closed_at - opened_at > INTERVAL '1 day ago'",
        f"{CASES} AND closed_at - opened_at > INTERVAL '- 1 day'",
        f"{CASES} AND closed_at - opened_at > INTERVAL '.5 day'",
        f"{CASES} AND closed_at - opened_at > INTERVAL '1 day 12:00'",
        f"{CASES} AND closed_at - opened_at > INTERVAL '20 days 12:00:00'",
        f"{CASES} AND closed_at - opened_at > INTERVAL '1.5 days'",
        f"{CASES} AND closed_at - opened_at > INTERVAL '1 min'",
        f"{CASES} AND closed_at - opened_at > INTERVAL '1 mon'",
        f"{CASES} AND closed_at - opened_at > '90 minutes'",
        f"{RECORDS} AND attributes ->> '' IS NULL",
        f"{ENTRIES} AND hours NOT BETWEEN 1 AND 5 < billable",
        f"{ENTRIES} AND project NOT IN ('abc', 'a b') <= billable",
        f"{ENTRIES} AND NOT hours BETWEEN 1 AND 5",
        f"{ENTRIES} AND hours NOT IN (1, 2)",
        f"{ENTRIES} AND hours IS NOT NULL",
    ],
)
def test_what_postgres_reads_for_certain_is_saved_with_its_meaning(query: str, saving: SandboxCheck) -> None:
    save(saving, query)


@pytest.mark.parametrize(
    ("query", "column"),
    [
        (f"{CASES.replace('COUNT(*)', 'COUNT(*) + 1_000')}", 19),
        (f"{CASES.replace('COUNT(*)', 'COUNT(*) + 0o17')}", 19),
        (f"{CASES.replace('COUNT(*)', 'COUNT(*) * 1_0')}", 19),
        (f"{CASES.replace('COUNT(*)', 'COUNT(*) + 1a')}", 19),
        (f"{RECORDS} AND value == 1", None),
        (f"{RECORDS} AND IF(value > 1, true, false)", None),
        ("SELECT NVL(SUM(value), 0) FROM records WHERE user_id = :user_id", None),
        ("SELECT IFNULL(SUM(value), 0) FROM records WHERE user_id = :user_id", None),
        ("SELECT SUM(LEN(source)) FROM records WHERE user_id = :user_id", None),
        ("SELECT COUNT(*) FROM records r SEMI JOIN ratings s ON s.user_id = r.user_id", None),
        (f"{RECORDS} AND value > 'many'", len(f"{RECORDS} AND value > ") + 1),
        (f"{RECORDS} AND occurred_at > '2026-02-30'", len(f"{RECORDS} AND occurred_at > ") + 1),
        (f"{RECORDS} AND occurred_at < source", len(f"{RECORDS} AND occurred_at ") + 1),
        (
            f"{RECORDS} AND value > :user_id AND source > 1",
            len(f"{RECORDS} AND value > :user_id AND source ") + 1,
        ),
    ],
)
def test_what_postgres_reads_otherwise_or_not_at_all_is_refused(
    query: str, column: int | None, saving: SandboxCheck
) -> None:
    refused = refusal_of(saving, query)

    if column is not None:
        assert f"at line 1, column {column}" in refused.message


def test_a_second_reading_is_refused_in_plain_words_with_the_line_and_the_column(
    saving: SandboxCheck,
) -> None:
    refused = refusal_of(saving, "SELECT COUNT(*)\n  + 0o17\nFROM records\nWHERE user_id = :user_id")

    assert refused.code == "sql_uncertain"
    assert refused.message == (
        "The query cannot be read with certainty at line 2, column 5: write it more plainly there."
    )
    assert refused.details[0].field == "data_source.query"


def test_what_postgres_cannot_read_is_refused_with_the_line_and_the_column(saving: SandboxCheck) -> None:
    refused = refusal_of(saving, "SELECT COUNT(*)\nFROM records\nWHERE user_id = :user_id AND source > 1")

    assert refused.code == "sql_unreadable"
    assert refused.message == (
        "PostgreSQL cannot read the query at line 3, column 37: "
        "there is no such function or operator for these types."
    )


@pytest.mark.parametrize("query", BENIGN)
def test_a_benign_query_is_read_the_same_twice(query: str, saving: SandboxCheck) -> None:
    save(saving, query)
