"""Admin SQL in a company's sandbox on a real Postgres: layer 4, and that batching changes no value."""

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.postgres import Database
from lodestar.application.calculation.ports import SourceRequest
from lodestar.domain.assignments import SubjectType
from lodestar.domain.refusals import Unavailable
from lodestar.domain.sources import DatabaseSource
from lodestar.domain.values import Failure, NoData, Value
from lodestar.persistence.kernel.connection import OneTripConnection
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.sources.database import DatabaseValues, SandboxCheck, Sandboxes
from lodestar.sources.sql import run
from lodestar.sources.sql.budget import Budget
from lodestar.sources.sql.check import CheckedQuery, check_query
from lodestar.sources.sql.errors import FAILED, MANY_ROWS, SPENT, TIMEOUT, QueryRefused
from lodestar.sources.sql.gate import Gate
from lodestar.sources.sql.plan import busiest
from lodestar.sources.sql.rewrite import BatchQuery, Statement, batched, counted, grouped, lateral, single
from lodestar.sources.sql.run import NOT_A_NUMBER, Sandbox
from lodestar.sources.sql.session import Bindings
from lodestar.sources.sql.tables import SANDBOX
from tests.integration.tenants import KPI, Tenant, new_tenant, sandbox_logins

START = datetime(2026, 3, 1, tzinfo=UTC)
BENIGN: list[str] = json.loads(
    (Path(__file__).parents[1] / "security" / "benign_sql.json").read_text(encoding="utf-8")
)
ABOUT_USERS = [query for query in map(check_query, BENIGN) if "user_id" in query.parameters]
NO_ROWS = NoData("no_rows")
OF_ALL_TESTS = 3600.0
"""Seconds for the queries of all tests here together, which are not those of one definition."""


@pytest.fixture(scope="module")
def company(context: WorkContext) -> Tenant:
    tenant = new_tenant(context)
    tenant.sandbox()
    return tenant


@pytest.fixture(scope="module")
def users(company: Tenant) -> tuple[int, ...]:
    team = company.team()
    return tuple(company.user(team_id=team) for _ in range(5))


@pytest.fixture(scope="module")
def bindings(company: Tenant) -> Bindings:
    return Bindings(company.id, START, START + timedelta(days=31), {})


@pytest.fixture(scope="module")
def sandbox(database: Database, company: Tenant, bindings: Bindings) -> Sandbox:
    return Sandbox(sandbox_logins(database)(company.id), bindings, Budget(seconds=OF_ALL_TESTS))


@pytest.fixture(scope="module")
def gate(database: Database, company: Tenant, bindings: Bindings) -> Gate:
    return Gate(sandbox_logins(database)(company.id), bindings, Budget(seconds=OF_ALL_TESTS))


def put(company: Tenant, rows: Sequence[Mapping[str, Any]]) -> None:
    """These records and no others."""
    nothing = {"source": "deals", "occurred_at": START, "user_id": None, "value": None, "attributes": {}}
    numbered = [{**nothing, "external_id": str(number), **row} for number, row in enumerate(rows)]
    company.run("delete from lodestar.records where company_id = :company_id", company_id=company.id)
    with company.work() as work:
        work.values.upsert_records(numbered)
        work.commit()


def raw(many: str, empty: str | None = None) -> BatchQuery:
    """A batch that no checked query would become."""
    names = ("user_ids",) if "$1" in many else ()
    return BatchQuery(Statement(many, names), None if empty is None else Statement(empty, ()))


@pytest.mark.parametrize("query", BENIGN)
def test_a_benign_query_passes_the_server(query: str, gate: Gate) -> None:
    checked = check_query(query)
    gate.dry_run(single(checked))
    if "user_id" in checked.parameters:
        gate.dry_run(batched(checked).many)


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "user": st.sampled_from([None, 0, 1, 2, 3]),
            "source": st.sampled_from(["deals", "support_cases", "crm_api"]),
            "value": st.none() | st.decimals(-50, 50, places=2),
            "occurred_at": st.integers(0, 200).map(lambda hours: START + timedelta(hours=hours)),
            "attributes": st.fixed_dictionaries(
                {},
                optional={
                    "status": st.sampled_from(["open", "closed"]),
                    "priority": st.sampled_from(["low", "high"]),
                    "channel": st.sampled_from(["email", "phone"]),
                    "stage": st.sampled_from(["won", "lost"]),
                    "amount": st.sampled_from(["12.50", "3", "a lot"]),
                    "satisfaction": st.integers(1, 5),
                    "reopened": st.booleans(),
                    "opened_at": st.integers(0, 100).map(lambda h: (START - timedelta(hours=h)).isoformat()),
                },
            ),
        }
    ),
    max_size=14,
)


AGGREGATES = [
    *("COUNT(*)", "COUNT(value)", "COUNT(DISTINCT source)", "SUM(value)", "AVG(value)", "MIN(value)"),
    *("MAX(value)", "COALESCE(SUM(value), 7)", "SUM(CASE WHEN source = 'deals' THEN 2 ELSE 1 END)"),
    "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY value)",
    "PERCENTILE_DISC(0.9) WITHIN GROUP (ORDER BY value DESC)",
    "100.0 * COUNT(*) FILTER (WHERE value > 1) / NULLIF(COUNT(*), 0)",
]
CONDITIONS = [
    *("source = 'deals'", "NOT source = 'deals'", "value > 1", "value IS NULL", "value BETWEEN -10 AND 10"),
    *("occurred_at >= :start_date", "occurred_at < :end_date", "(value < 0 OR source LIKE 's%')"),
    "occurred_at AT TIME ZONE 'Europe/Berlin' > :start_date AT TIME ZONE 'UTC' + INTERVAL '2 days'",
    "attributes ->> 'stage' IS DISTINCT FROM 'won'",
    "value > (SELECT AVG(o.value) FROM records AS o WHERE o.user_id = records.user_id)",
    "EXISTS (SELECT 1 FROM support_cases AS c WHERE c.assigned_to = records.user_id)",
]


def aggregate_of(aggregate: str, conditions: list[str], place: int) -> CheckedQuery:
    """An aggregate over some conditions, with the user anywhere among them."""
    conditions.insert(place, "user_id = :user_id")
    return check_query(f"SELECT {aggregate} FROM records WHERE {' AND '.join(conditions)}")


QUERIES = st.builds(
    aggregate_of,
    st.sampled_from(AGGREGATES),
    st.lists(st.sampled_from(CONDITIONS), max_size=3, unique=True),
    st.integers(0, 3),
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, query=QUERIES | st.sampled_from(ABOUT_USERS))
def test_a_value_is_the_same_grouped_lateral_and_one_user_at_a_time(
    rows: list[dict[str, Any]], query: CheckedQuery, company: Tenant, users: tuple[int, ...], sandbox: Sandbox
) -> None:
    for row in rows:
        user = row.pop("user")
        row["user_id"] = None if user is None else users[user]
    put(company, rows)

    alone = {user: sandbox.of_one(single(query), user_id=user) for user in users}
    together = grouped(query)

    assert sandbox.of_users(lateral(query), users) == alone
    assert together is None or sandbox.of_users(together, users) == alone


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS,
    aggregate=st.sampled_from([each for each in AGGREGATES if "FILTER" not in each]),
    conditions=st.lists(st.sampled_from(CONDITIONS), max_size=3, unique=True),
)
def test_the_rows_of_an_aggregate_are_those_that_count_gives_over_the_same_conditions(
    rows: list[dict[str, Any]],
    aggregate: str,
    conditions: list[str],
    company: Tenant,
    users: tuple[int, ...],
    sandbox: Sandbox,
) -> None:
    for row in rows:
        user = row.pop("user")
        row["user_id"] = None if user is None else users[user]
    put(company, rows)
    statement = counted(aggregate_of(aggregate, [*conditions], 0))
    counting = single(aggregate_of("COUNT(*)", [*conditions], 0))

    assert statement is not None
    for user in users:
        assert sandbox.of_one(statement, user_id=user) == sandbox.of_one(counting, user_id=user)


def test_team_and_company_have_values_of_their_own(
    company: Tenant, users: tuple[int, ...], sandbox: Sandbox
) -> None:
    put(company, [{"user_id": users[0], "value": 2}, {"user_id": users[1], "value": 3}, {"value": 5}])
    (team,) = company.rows("select team_id from lodestar.memberships where user_id = :id", id=users[0])
    by_team = single(check_query("SELECT SUM(value) FROM records WHERE team_id = :team_id"))
    by_company = single(check_query("SELECT SUM(value) FROM records WHERE company_id = :company_id"))

    assert sandbox.of_one(by_team, team_id=team["team_id"]) == Decimal(5)
    assert sandbox.of_one(by_company) == Decimal(10)


def test_declared_parameters_are_bound_with_their_types(
    company: Tenant, users: tuple[int, ...], database: Database, bindings: Bindings
) -> None:
    put(company, [{"user_id": users[0], "value": value} for value in (1, 9, 10)])
    own = {"least": Decimal("9.0"), "kind": "deals"}
    sandbox = Sandbox(sandbox_logins(database)(company.id), replace(bindings, own=own))
    text = "SELECT COUNT(*) FROM records WHERE user_id = :user_id AND value >= :least AND source = :kind"

    assert sandbox.of_users(batched(check_query(text, own)), users[:1]) == {users[0]: Decimal(2)}


def test_a_query_about_somebody_else_has_no_value(users: tuple[int, ...], sandbox: Sandbox) -> None:
    by_team = check_query("SELECT SUM(value) FROM records WHERE team_id = :team_id")
    by_user = check_query("SELECT SUM(value) FROM records WHERE user_id = :user_id")

    assert sandbox.of_users(batched(by_team), users[:1]) == {users[0]: run.OTHER_SUBJECT}
    assert sandbox.of_one(single(by_user), team_id=1) == run.OTHER_SUBJECT


def test_only_the_user_whose_data_breaks_the_query_has_an_error(
    company: Tenant, users: tuple[int, ...], sandbox: Sandbox
) -> None:
    put(company, [{"user_id": user, "attributes": {"amount": "5"}} for user in users[:3]])
    with company.work() as work:
        work.values.upsert_records(
            [
                {"source": "deals", "external_id": "bad", "occurred_at": START, "user_id": users[1]}
                | {"value": None, "attributes": {"amount": "4711 secret"}}
            ]
        )
        work.commit()
    query = check_query("SELECT SUM((attributes->>'amount')::numeric) FROM records WHERE user_id = :user_id")

    values = sandbox.of_users(batched(query), users[:4])

    broken = values.pop(users[1])
    assert isinstance(broken, Failure)
    assert broken.reason == "query_invalid_text"
    assert "4711" not in broken.message
    assert values == {users[0]: Decimal(5), users[2]: Decimal(5), users[3]: NO_ROWS}


def test_dividing_by_no_rows_fails_only_those_who_have_none(
    company: Tenant, users: tuple[int, ...], sandbox: Sandbox
) -> None:
    put(company, [{"user_id": users[0], "value": 3}])
    query = check_query("SELECT 6 / COUNT(*) FROM records WHERE user_id = :user_id")

    values = sandbox.of_users(batched(query), users[:2])

    assert values[users[0]] == Decimal(6)
    assert isinstance(failure := values[users[1]], Failure)
    assert failure.reason == "query_division_by_zero"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("null", NO_ROWS),
        ("cast(3 as smallint)", Decimal(3)),
        ("cast(0.1 as double precision) + cast(0.2 as double precision)", Decimal("0.3")),
        ("-999999999999999", Decimal(-999999999999999)),
        ("-1000000000000000", run.OUT_OF_RANGE),
        ("1e15", run.OUT_OF_RANGE),
        ("cast('nan' as numeric)", NOT_A_NUMBER),
        ("cast('-infinity' as numeric)", NOT_A_NUMBER),
        ("cast('infinity' as double precision)", NOT_A_NUMBER),
        ("true", NOT_A_NUMBER),
        ("'1'", NOT_A_NUMBER),
    ],
)
def test_a_value_is_a_finite_number_of_a_sensible_size(
    expression: str, expected: Value, sandbox: Sandbox
) -> None:
    assert sandbox.of_one(Statement(f"select {expression}", ())) == expected
    assert sandbox.of_users(raw(f"select 1, {expression}"), [1]) == {1: expected}


def test_no_row_is_no_data_and_a_second_row_a_failure(sandbox: Sandbox) -> None:
    assert sandbox.of_one(Statement("select 1 where false", ())) == NO_ROWS
    assert sandbox.of_one(Statement("select 1 union all select 1", ())) == MANY_ROWS
    twice = raw("select * from (values (1, 5), (2, 5), (2, 5)) as v")
    assert sandbox.of_users(twice, [1, 2]) == {1: Decimal(5), 2: MANY_ROWS}


def test_a_query_runs_contained(sandbox: Sandbox) -> None:
    settings_ = {
        "transaction_read_only": "on",
        "statement_timeout": "5s",
        "lock_timeout": "1s",
        "work_mem": "16MB",
        "timezone": "UTC",
    }
    holds = " and ".join(f"current_setting('{name}') = '{value}'" for name, value in settings_.items())

    assert sandbox.of_one(Statement(f"select cast({holds} as integer)", ())) == Decimal(1)


@pytest.mark.parametrize(
    "statement",
    [
        "select 1; select 2",
        "insert into records (source, external_id) values ('deals', 'forged') returning 1",
        "insert into lodestar.records (company_id, source, external_id) values (1, 'a', 'b') returning 1",
        "with gone as (delete from support_cases returning 1) select count(*) from gone",
        "create temp table mine as select 1",
        "select count(*) from lodestar.records",
        "select count(*) from lodestar.users",
        "select cast(pg_read_file('/etc/passwd') as integer)",
        "select cast(set_config('transaction_read_only', 'off', true) as integer)",
        "select cast(set_config('role', 'lodestar_app', true) as integer)",
        "select lo_creat(-1)",
        "select nextval('lodestar.users_id_seq')",
    ],
)
def test_a_statement_that_passed_every_check_by_mistake_still_does_nothing(
    statement: str, sandbox: Sandbox
) -> None:
    assert isinstance(sandbox.of_one(Statement(statement, ())), Failure)


def test_a_setting_does_not_outlive_its_statement(sandbox: Sandbox) -> None:
    changes = "select 1, 1 where set_config('extra_float_digits', '-15', false) is not null"
    looks = "select cast(current_setting('extra_float_digits') as integer)"

    before = sandbox.of_one(Statement(looks, ()))

    assert sandbox.of_users(raw(changes, looks), [1, 2]) == {1: Decimal(1), 2: before}
    assert before != Decimal(-15)


def test_a_statement_is_ended_after_five_seconds(sandbox: Sandbox) -> None:
    before = datetime.now(UTC)

    assert sandbox.of_one(Statement("select count(pg_sleep(9))", ())) == TIMEOUT
    assert datetime.now(UTC) - before < timedelta(seconds=7)


@pytest.fixture(scope="module")
def hasty(database: Database, company: Tenant, bindings: Bindings) -> Sandbox:
    """A sandbox with a hundredth of the time."""
    return Sandbox(sandbox_logins(database)(company.id), bindings, Budget(seconds=60, statement=0.05))


def test_only_the_user_who_is_slow_times_out(hasty: Sandbox) -> None:
    slow = raw(
        "select u, (select count(pg_sleep(9)) from generate_series(1, cast(u = 3 as integer))) "
        "from unnest(cast($1 as bigint[])) as u"
    )

    assert hasty.of_users(slow, [1, 2, 3, 4]) == {1: 0, 2: 0, 3: TIMEOUT, 4: 0}


SLOW = raw("select u, count(pg_sleep(9)) from unnest(cast($1 as bigint[])) u group by u")


def test_a_query_that_is_slow_for_everybody_is_given_up(
    database: Database, company: Tenant, bindings: Bindings
) -> None:
    budget = Budget(seconds=0.5, statement=0.1)
    sandbox = Sandbox(sandbox_logins(database)(company.id), bindings, budget)
    everybody = range(1000)

    before = datetime.now(UTC)
    values = sandbox.of_users(SLOW, everybody)

    assert {value.reason for value in values.values() if isinstance(value, Failure)} == {"query_timeout"}
    assert len(values) == 1000
    assert datetime.now(UTC) - before < timedelta(seconds=2)  # one by one would take longer than 50 s


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT MAX(source) FROM records WHERE user_id = :user_id", "sql_not_numeric"),
        ("SELECT BOOL_OR(reopened) FROM support_cases WHERE assigned_to = :user_id", "sql_not_numeric"),
        ("SELECT SUM(source) FROM records WHERE user_id = :user_id", "sql_server_refused"),
        ("SELECT COUNT(*) FROM records WHERE user_id = :user_id AND value = 'x'::text", "sql_server_refused"),
    ],
)
def test_the_server_has_its_say_before_a_query_is_saved(query: str, code: str, gate: Gate) -> None:
    with pytest.raises(QueryRefused) as refusal:
        gate.dry_run(single(check_query(query)))

    assert refusal.value.code == code


def test_a_query_that_runs_for_one_user_but_not_for_many_is_refused_when_it_is_saved(
    database: Database, company: Tenant, gate: Gate
) -> None:
    """Under LATERAL an aggregate over nothing but the user belongs to the outer query."""
    text = "SELECT SUM((SELECT COUNT(*) FROM records AS r WHERE r.user_id = :user_id)) FROM records"
    gate.dry_run(single(check_query(text)))

    with pytest.raises(QueryRefused) as refusal:
        SandboxCheck(company.id, Sandboxes(lambda _: sandbox_logins(database)(company.id))).check(
            replace(KPI, data_source=DatabaseSource(text))
        )

    assert refusal.value.code == "sql_server_refused"


def test_the_queries_of_a_definition_share_their_seconds(
    database: Database, company: Tenant, bindings: Bindings
) -> None:
    budget = Budget(seconds=0.4, statement=0.3)
    sandboxes = [Sandbox(sandbox_logins(database)(company.id), bindings, budget) for _ in range(4)]
    before = datetime.now(UTC)

    values = [each.of_one(Statement("select count(pg_sleep(9))", ())) for each in sandboxes]

    assert values == [TIMEOUT, TIMEOUT, SPENT, SPENT]
    assert datetime.now(UTC) - before < timedelta(seconds=2)


# Each row with each other one, three times over: no index helps.
ENDLESS = (
    "SELECT COUNT(*) FROM records a JOIN records b ON a.value <> b.value + 1 "
    "JOIN records c ON b.value <> c.value + 1 JOIN records d ON c.value <> d.value + 1 WHERE a.user_id = :user_id"
)


def test_what_a_definition_has_spent_on_one_input_is_spent_for_the_others(
    company: Tenant, users: tuple[int, ...], database: Database
) -> None:
    put(company, [{"user_id": users[0], "value": value} for value in range(400)])
    values = DatabaseValues(Sandboxes(sandbox_logins(database)))
    period = START, START + timedelta(days=31)
    requests = [
        SourceRequest(KPI, DatabaseSource(text), company.id, SubjectType.USER, users[:1], period)
        for text in (ENDLESS, ENDLESS.replace("COUNT(*)", "SUM(a.value)"), f"{ENDLESS} AND a.value > 3")
    ]
    before = datetime.now(UTC)

    found = [values.values(request)[users[0]] for request in requests]

    assert found == [TIMEOUT, TIMEOUT, SPENT]
    assert datetime.now(UTC) - before < timedelta(seconds=12)


def test_two_rows_where_one_belongs_are_an_error_of_the_person_who_has_them(
    company: Tenant, users: tuple[int, ...], sandbox: Sandbox
) -> None:
    put(company, [{"user_id": users[each], "value": 3} for each in (0, 1, 1, 2)])
    query = check_query(
        "SELECT (SELECT r.value FROM records r WHERE r.user_id = :user_id) * COUNT(*) "
        "FROM records o WHERE o.user_id = :user_id"
    )

    values = sandbox.of_users(batched(query), users[:3])

    assert values == {users[0]: Decimal(3), users[1]: MANY_ROWS, users[2]: Decimal(3)}


def test_whatever_fails_for_one_person_is_that_person_s_error(sandbox: Sandbox) -> None:
    batch = raw(
        "select u, case when u = 3 then cast(lo_creat(-1) as bigint) else u end "
        "from unnest(cast($1 as bigint[])) as u"
    )

    assert sandbox.of_users(batch, range(1, 101)) == {
        user: FAILED if user == 3 else Decimal(user) for user in range(1, 101)
    }


def test_a_query_that_costs_too_much_is_not_even_tried(gate: Gate) -> None:
    endless = "select count(*) from generate_series(1, 2000000000) where cast($1 as bigint) >= 0"
    query = check_query("SELECT COUNT(*) FROM records WHERE user_id = :user_id")

    with pytest.raises(QueryRefused) as refusal:
        gate.check_plan(query, [Statement(endless, ("user_id",))])

    assert refusal.value.code == "sql_too_expensive"


def test_a_plan_is_judged_for_the_person_with_the_most_rows(
    company: Tenant, users: tuple[int, ...], sandbox: Sandbox, gate: Gate
) -> None:
    put(company, [{"user_id": users[each], "value": 1} for each in (0, 1, 1, 1, 2, 2)])
    query = check_query("SELECT COUNT(*) FROM records WHERE user_id = :user_id")
    statement = busiest(query, SANDBOX, "user_id")
    assert statement is not None
    assert sandbox.of_one(statement) == Decimal(users[1])
    dear = "select count(*) from generate_series(1, case when cast($1 as bigint) = {} then 2000000000 else 1 end)"

    with pytest.raises(QueryRefused) as refusal:
        gate.check_plan(query, [Statement(dear.format(users[1]), ("user_id",))])
    gate.check_plan(query, [Statement(dear.format(users[2]), ("user_id",))])

    assert refusal.value.code == "sql_too_expensive"


def test_a_definition_whose_queries_are_slow_together_is_refused_in_time(
    database: Database, company: Tenant, bindings: Bindings
) -> None:
    budget = Budget(seconds=0.5, statement=0.3)
    login = sandbox_logins(database)(company.id)
    slow = Statement("select count(pg_sleep(9)) where cast($1 as bigint) = 0", ("user_id",))
    with pytest.raises(QueryRefused):
        Gate(login, bindings, budget).dry_run(slow)
    with pytest.raises(QueryRefused):
        Gate(login, bindings, budget).dry_run(slow)

    with pytest.raises(QueryRefused, match="longer than 10 seconds together") as refusal:
        Gate(login, bindings, budget).dry_run(Statement("select 1", ()))

    assert refusal.value.code == "sql_too_expensive"


def test_a_sandbox_that_takes_no_login_is_unavailable(
    database: Database, company: Tenant, bindings: Bindings
) -> None:
    login = replace(sandbox_logins(database)(company.id), password="wrong")

    with pytest.raises(Unavailable):
        Sandbox(login, bindings).of_one(Statement("select 1", ()))


def test_a_sandbox_with_all_its_connections_taken_is_unavailable(
    database: Database, company: Tenant, sandbox: Sandbox
) -> None:
    login = sandbox_logins(database)(company.id)
    with ExitStack() as taken:
        for _ in range(5):
            taken.enter_context(closing(OneTripConnection(login)))

        with pytest.raises(Unavailable):
            sandbox.of_one(Statement("select 1", ()))


def test_a_server_that_ends_the_session_is_unavailable(sandbox: Sandbox) -> None:
    with pytest.raises(Unavailable):
        sandbox.of_one(Statement("select cast(pg_terminate_backend(pg_backend_pid()) as integer)", ()))
