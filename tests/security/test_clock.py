"""A query means the same whenever it runs: the clock is refused in every spelling, on a real Postgres."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from local.postgres import Database
from lodestar.domain.sources import DatabaseSource
from lodestar.sources.database import SandboxCheck
from lodestar.sources.sql.check import check_query
from lodestar.sources.sql.errors import QueryRefused
from lodestar.sources.sql.rewrite import batched
from lodestar.sources.sql.run import Sandbox
from lodestar.sources.sql.session import Bindings
from tests.integration.tenants import KPI, Tenant, sandbox_logins

COUNT = "SELECT COUNT(*) FROM records WHERE user_id = :user_id"
DAY = datetime(2026, 3, 1, 12, tzinfo=UTC)


def save(saving: SandboxCheck, query: str, **parameters: Decimal | str) -> None:
    saving.check(replace(KPI, data_source=DatabaseSource(query, parameters)))


@pytest.mark.parametrize(
    "time",
    [
        *("NOW()", "CURRENT_DATE", "CURRENT_TIMESTAMP", "LOCALTIMESTAMP(3)", "clock_timestamp()"),
        *("statement_timestamp()", "transaction_timestamp()", "timeofday()", "age(occurred_at)"),
        *("'now'", "'NOW'::timestamptz", "TIMESTAMP ' tomorrow '", "DATE 'yesterday'", "'now!'"),
        *("'today allballs utc'", "'today 10:00 Europe/Berlin'", "'now,now'", "'today BC'", "'10:00 today'"),
        *("'tomorrow utc+5'", "'today 2026'", "'no'\n 'w'", "CAST('now' AS date)"),
        *("CAST('no' || 'w' AS TIMESTAMPTZ)", "('to' || 'day')::date", "CAST(CONCAT('no', 'w') AS date)"),
        *("CAST(LOWER('N') || 'ow' AS timestamp)", "CAST(TRIM('xnowx', 'x') AS timestamptz)"),
        "CAST(COALESCE(source, 'a') AS timestamptz)",
        "CAST(attributes ->> 'at' AS timestamptz)",
        "(attributes ->> 'at')::date",
        "CAST(CAST(attributes -> 'at' AS text) AS timestamp)",
        "CAST(CASE WHEN value > 1 THEN source END AS timestamptz)",
        "(SELECT CAST(MAX(c.status) AS timestamptz) FROM support_cases c)",
        "CAST(:word AS timestamptz)",
    ],
)
def test_a_time_that_depends_on_when_the_query_runs_is_refused(time: str, saving: SandboxCheck) -> None:
    with pytest.raises(QueryRefused):
        save(saving, f"{COUNT} AND occurred_at < {time}", word="now")


def test_a_text_that_becomes_a_time_is_refused_with_what_to_write_instead(saving: SandboxCheck) -> None:
    with pytest.raises(QueryRefused) as refusal:
        save(saving, f"{COUNT} AND occurred_at < CAST(attributes ->> 'due' AS timestamptz)")

    assert refusal.value.code == "sql_time_of_text"
    assert "attribute_time(attributes, 'name')" in refusal.value.message


@pytest.mark.parametrize(
    "condition",
    [
        "occurred_at < TIMESTAMPTZ '2026-01-31 12:00+00'",
        "occurred_at < '2026-01-31'",
        "occurred_at < DATE '2026-01-31' + INTERVAL '1 month'",
        "occurred_at < attribute_time(attributes, 'due')",
        "CAST(occurred_at AS date) = CAST(:start_date AS date)",
        "source = 'due today or later'",
        "source = 'nowhere'",
        "attribute_number(attributes, 'amount') > 5",
    ],
)
def test_a_time_that_stands_still_is_saved(condition: str, saving: SandboxCheck) -> None:
    save(saving, f"{COUNT} AND {condition}")


@pytest.mark.parametrize(
    ("pushed", "read"),
    [
        *((word, False) for word in ("now", "today", "tomorrow 10:00", "infinity", "-infinity", "epoch")),
        *((word, False) for word in ("2026-13-01", "Jan 5 2026", "05/01/2026", "2026-01-05 Europe/Berlin")),
        *(
            (word, True)
            for word in ("2026-01-05", "2026-01-05T10:00:00Z", "2026-01-05 10:00:00.123456+01:00")
        ),
        *(
            (word, True)
            for word in ("2026-01-05T10:00:00.123456789Z", "20260105T100000Z", "2026-01-05T10:00")
        ),
    ],
)
def test_an_attribute_is_a_time_only_where_it_names_a_day(
    pushed: str, read: bool, tenant: Tenant, database: Database
) -> None:
    user = tenant.user()
    row = {"source": "deals", "external_id": pushed, "occurred_at": DAY, "user_id": user, "value": 1}
    with tenant.work() as work:
        work.values.upsert_records([{**row, "attributes": {"at": pushed}}])
        work.commit()
    sandbox = Sandbox(sandbox_logins(database)(tenant.id), Bindings(tenant.id, DAY, DAY, {}))
    query = check_query(f"{COUNT} AND attribute_time(attributes, 'at') IS NOT NULL")

    assert sandbox.of_users(batched(query), [user]) == {user: Decimal(read)}
