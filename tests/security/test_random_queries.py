"""Random queries give what Postgres gives for the admin's own text, for each person, in every shape.

`make queries` tries many more of them, by another seed.
"""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random, randrange
from typing import Any

import pytest
from pg8000.exceptions import DatabaseError

from local.postgres import Database
from lodestar.domain.values import Failure, NoData, Value
from lodestar.persistence.kernel.connection import Address
from lodestar.sources.sql.check import CheckedQuery, check_query
from lodestar.sources.sql.errors import QueryRefused, failure_of, sqlstate
from lodestar.sources.sql.meaning import check_meaning
from lodestar.sources.sql.rewrite import Statement, grouped, lateral, single
from lodestar.sources.sql.run import Sandbox, value_of
from lodestar.sources.sql.session import Bindings, Session, session
from tests.integration.tenants import Tenant, sandbox_logins
from tests.security.random_queries import RandomQueries

START = datetime(2026, 3, 1, tzinfo=UTC)
MANY = int(os.environ.get("QUERIES", "2000"))
SEED = int(os.environ.get("SEED", "0")) or (1 if MANY == 2000 else randrange(10**9))
READS = ("22", "21")  # what rows do to a query that the server can read
REFUSED = {"sql_aggregate_of_parameter", "sql_too_many_tables", "sql_too_expensive", "sql_text_too_long"}
"""For these rules alone something may be refused that Postgres reads."""
_PARAMETER = re.compile(r"(?<!:):(user_id|start_date|end_date)\b")


@dataclass(frozen=True, slots=True)
class Bench:
    """Where queries are compared: some people with rows, their company's login, and a session."""

    people: tuple[int, ...]
    login: Address
    session: Session

    def own_value(self, text: str, person: int) -> Value:
        """What Postgres gives for the text as it is written.

        Raises:
            DatabaseError: it cannot read the text.
        """
        statement = Statement(self.with_values(text, person), ())
        try:
            rows = self.session.run(statement, {}).rows
        except DatabaseError as error:
            if sqlstate(error).startswith(READS):
                return failure_of(error)
            raise
        return value_of(rows[0][0]) if rows else NoData("no_rows")

    def with_values(self, text: str, person: int) -> str:
        values = {
            "user_id": f"CAST({person} AS bigint)",
            "start_date": f"CAST('{self.session.bindings.start}' AS timestamptz)",
            "end_date": f"CAST('{self.session.bindings.end}' AS timestamptz)",
        }
        return _PARAMETER.sub(lambda found: values[found[1]], text)

    def platform_values(self, query: CheckedQuery, chosen: int) -> Mapping[str, Mapping[int, Value]]:
        """What the platform gives, by shape."""
        sandbox = Sandbox(self.login, self.session.bindings)  # each query has its own seconds
        shapes = {
            "single": {chosen: sandbox.of_one(single(query), user_id=chosen)},
            "lateral": sandbox.of_users(lateral(query), self.people),
        }
        batch = grouped(query)
        return shapes if batch is None else {**shapes, "grouped": sandbox.of_users(batch, self.people)}


@pytest.fixture(scope="module")
def bench(tenant: Tenant, database: Database) -> Iterator[Bench]:
    people = tuple(tenant.user() for _ in range(3))
    with tenant.work() as work:
        work.values.upsert_records(list(rows_of(people[:2], Random(7))))
        work.commit()
    login, bindings = (
        sandbox_logins(database)(tenant.id),
        Bindings(tenant.id, START, START + timedelta(9), {}),
    )
    with session(login, bindings) as opened:
        yield Bench(people, login, opened)


def rows_of(people: tuple[int, ...], random: Random) -> Iterator[dict[str, Any]]:
    def one_of(*things: Any) -> Any:
        return random.choice(things)

    for number in range(36):
        opened = START + timedelta(hours=random.randint(0, 200))
        attributes = {
            "": "x",
            "it's": "y",
            "in": {"n": number},
            "n": one_of(1, "2", None),
            "stage": one_of("won", "lost"),
            "status": one_of("open", "closed"),
            "priority": one_of("low", "high"),
            "channel": one_of("email", "phone"),
            "satisfaction": random.randint(1, 5),
            "reopened": one_of(True, False),
            "billable": one_of(True, False),
            "project": one_of("abc", "a b", "A"),
            "opened_at": opened.isoformat(),
        }
        kept = {name: value for name, value in attributes.items() if random.random() < 0.85}
        yield {
            "source": one_of("deals", "support_cases", "time_entries"),
            "external_id": str(number),
            "occurred_at": opened + timedelta(hours=random.randint(0, 90)),
            "user_id": one_of(*people),
            "value": one_of(None, 0, 1, 2.5, -3, 7),
            "attributes": kept,
        }


def is_read(bench: Bench, text: str) -> bool:
    """Whether Postgres can read the text, whatever its rows do."""
    with bench.session.reading() as connection:
        try:
            connection.execute_unnamed(f"create temporary view own as {bench.with_values(text, 1)}", [])
        except DatabaseError:
            return False
    return True


def checked(bench: Bench, text: str) -> CheckedQuery | QueryRefused:
    """The query, or why the platform does not save it."""
    try:
        query = check_query(text)
        with bench.session.reading() as connection:
            check_meaning(connection, query)
    except QueryRefused as refused:
        return refused
    return query


def test_random_queries_give_what_postgres_gives_for_their_text(bench: Bench) -> None:
    queries, compared, random = RandomQueries(SEED), 0, Random(SEED)
    for _ in range(MANY):
        text = queries.query()
        query = checked(bench, text)
        if isinstance(query, QueryRefused):
            assert query.code in REFUSED or not is_read(bench, text), f"seed {SEED}, {query}: {text}"
            continue
        compared += 1
        own = {person: bench.own_value(text, person) for person in bench.people}
        for shape, values in bench.platform_values(query, random.choice(bench.people)).items():
            assert values == {person: own[person] for person in values}, f"seed {SEED}, {shape}: {text}"
    assert compared > 0.7 * MANY


def test_a_query_that_means_something_else_would_be_found(bench: Bench) -> None:
    """The comparison itself: two texts that only look alike differ for somebody."""
    of_all = "SELECT COUNT(*) + 1 FROM records WHERE user_id = :user_id"
    own = {person: bench.own_value(of_all.replace("+ 1", "+ 2"), person) for person in bench.people}

    values = bench.platform_values(check_query(of_all), bench.people[0])

    assert all(found != {person: own[person] for person in found} for found in values.values())
    assert not any(isinstance(value, Failure) for value in own.values())
