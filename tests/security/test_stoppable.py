"""Nothing runs that cannot be stopped: whatever passes the check ends soon after its time, on a real Postgres."""

from collections.abc import Iterator
from datetime import UTC, datetime
from time import monotonic

import pytest
from sqlglot import exp

from local.postgres import Database
from lodestar.domain.values import Failure
from lodestar.sources.sql import allow
from lodestar.sources.sql.budget import Budget
from lodestar.sources.sql.check import CheckedQuery, check_query
from lodestar.sources.sql.errors import OUT_OF_RANGE, TIMEOUT, QueryRefused
from lodestar.sources.sql.rewrite import single
from lodestar.sources.sql.run import NOT_A_NUMBER, Sandbox
from lodestar.sources.sql.session import Bindings
from lodestar.sources.sql.sizes import LONGEST_PATTERN, MAX_WILDCARDS
from tests.integration.tenants import Tenant, sandbox_logins

DAY = datetime(2026, 3, 1, tzinfo=UTC)
SECONDS = 0.5
"""The timeout of the statements here; each has a second more to end."""

# The largest that can reach a function: a text of 64 KB, and numbers of some 64,000 digits.
SHORT, WIDE = "(attributes ->> 't')", "(attributes ->> 'é')"
TEXT = f"({' || '.join([SHORT] * 4)})"
WIDE_TEXT = f"({' || '.join([WIDE] * 4)})"
DIGITS = "CAST(attributes ->> 'digits' AS numeric)"
NUMBER = f"({DIGITS} * {DIGITS})"
HUGE = f"({NUMBER} * {NUMBER})"
FRACTION = "CAST(attributes ->> 'fraction' AS numeric)"
PATTERN = f"'{'%a' * MAX_WILDCARDS}{'a' * (LONGEST_PATTERN - 2 * MAX_WILDCARDS - 1)}b'"
RARE = f"'%{'a' * (LONGEST_PATTERN - 2)}b'"
SET = "'" + "".join(chr(0x4E00 + number) for number in range(LONGEST_PATTERN - 1)) + "a'"

# Each in a place where it is asked for every row; a column of truth values or numbers.
EXPRESSIONS = [
    *(f"{TEXT} {like} {pattern}" for like in ("LIKE", "NOT LIKE", "ILIKE") for pattern in (PATTERN, RARE)),
    f"{WIDE_TEXT} ILIKE {PATTERN.replace('a', 'é')}",
    *(f"{trim}({TEXT}, {SET}) = ''" for trim in ("BTRIM", "LTRIM", "RTRIM", "TRIM")),
    *(f"TRIM({side} {SET} FROM {WIDE_TEXT}) = ''" for side in ("BOTH", "LEADING", "TRAILING")),
    *(f"{change}({WIDE_TEXT}) = ''" for change in ("UPPER", "LOWER")),
    *(f"{length}({WIDE_TEXT}) = 0" for length in ("LENGTH", "CHAR_LENGTH")),
    *(f"{TEXT} {compare} {WIDE_TEXT}" for compare in ("=", "<>", "<", "<=", ">", ">=")),
    *(f"{TEXT} {compare} {TEXT}" for compare in ("IS DISTINCT FROM", "IS NOT DISTINCT FROM")),
    f"{TEXT} BETWEEN {TEXT} AND {WIDE_TEXT}",
    *(f"{TEXT} {within} ({WIDE_TEXT}, {TEXT})" for within in ("IN", "NOT IN")),
    f"{TEXT} IS NULL OR NOT {TEXT} > ''",
    f"CASE WHEN {TEXT} > '' THEN {WIDE_TEXT} ELSE {TEXT} END = ''",
    *(f"{choice}({TEXT}, {WIDE_TEXT}) = ''" for choice in ("COALESCE", "GREATEST", "LEAST", "NULLIF")),
    f"CAST({TEXT} AS varchar) = ''",
    "attributes -> 'é' ->> 't' = ''",
    "CAST(attributes || attributes AS text) = ''",
    *(f"{NUMBER} {operator} {NUMBER} = 0" for operator in "+-*/%"),
    f"{NUMBER} / {FRACTION} = 0",
    f"{NUMBER} % {FRACTION} = 0",
    f"MOD({NUMBER}, {NUMBER}) = 0",
    f"-{HUGE} > 0",
    *(f"{rounded}({HUGE}) = 0" for rounded in ("ABS", "CEIL", "CEILING", "FLOOR", "SIGN", "SQRT")),
    *(f"{rounded}({FRACTION}, 5) = 0" for rounded in ("ROUND", "TRUNC")),
    f"CAST({HUGE} AS text) = ''",
    f"CAST({DIGITS} AS numeric(1000, 4)) = 0",
    "CAST(attributes ->> 'small' AS double precision) = 0",
    "attribute_number(attributes, 'digits') = 0",
    "attribute_time(attributes, 't') IS NULL",
    "DATE_TRUNC('day', occurred_at) = occurred_at + INTERVAL '1 day'",
    "DATE_PART('epoch', occurred_at) + EXTRACT(EPOCH FROM occurred_at AT TIME ZONE 'Europe/Berlin') > 0",
    "EXISTS (SELECT 1 FROM records AS o WHERE o.external_id = records.external_id AND o.value > 1)",
]
AGGREGATES = [
    *(f"{spread}({DIGITS})" for spread in ("STDDEV", "STDDEV_POP", "STDDEV_SAMP")),
    *(f"{spread}({DIGITS})" for spread in ("VARIANCE", "VAR_POP", "VAR_SAMP")),
    *(f"{total}({NUMBER})" for total in ("SUM", "AVG", "MIN", "MAX", "COUNT")),
    *(f"COUNT(DISTINCT {each})" for each in (TEXT, NUMBER)),
    *(f"{together}({TEXT} > '')" for together in ("BOOL_AND", "BOOL_OR")),
    "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY CAST(attributes ->> 'small' AS double precision))",
    f"PERCENTILE_DISC(0.5) WITHIN GROUP (ORDER BY {NUMBER})",
]
WINDOWS = [
    *(
        f"{rank}() OVER (PARTITION BY {SHORT} ORDER BY {TEXT})"
        for rank in ("RANK", "DENSE_RANK", "ROW_NUMBER")
    ),
    *(f"{other}({NUMBER}) OVER (ORDER BY {TEXT})" for other in ("LAG", "LEAD")),
]
QUERIES = [
    *(f"SELECT COUNT(*) FROM records WHERE user_id = :user_id AND ({each})" for each in EXPRESSIONS),
    *(f"SELECT {each} FROM records WHERE user_id = :user_id" for each in AGGREGATES),
    *(f"SELECT {each} AS n FROM records WHERE user_id = :user_id LIMIT 1" for each in WINDOWS),
]


@pytest.fixture(scope="module")
def owner(tenant: Tenant) -> int:
    """Somebody with 20 records, whose attributes are as large as they may be, each in its way."""
    user = tenant.user()
    attributes = [{"t": "a" * 16_000}, {"é": "é" * 8_000}, {"digits": "7" * 16_000}]
    attributes += [{"fraction": "0." + "3" * 15_000}, {"digits": "7" * 7_000, "fraction": "0." + "3" * 7_000}]
    attributes += [{"t": "a" * 8_000, "é": "é" * 3_500, "small": "1e300"}]
    attributes += [{"fraction": "7." + "3" * 8_000, "digits": "9" * 7_000 + "e25000"}]
    row = {"source": "deals", "occurred_at": DAY, "user_id": user, "value": 1}
    with tenant.work() as work:
        work.values.upsert_records(
            [
                {**row, "external_id": str(number), "attributes": attributes[number % len(attributes)]}
                for number in range(3 * len(attributes))
            ]
        )
        work.commit()
    return user


@pytest.fixture(scope="module")
def sandbox(tenant: Tenant, database: Database) -> Sandbox:
    budget = Budget(seconds=3600, statement=SECONDS)  # of all tests here, which are not one definition's
    return Sandbox(sandbox_logins(database)(tenant.id), Bindings(tenant.id, DAY, DAY, {}), budget)


def seconds_of(query: CheckedQuery, sandbox: Sandbox, user: int) -> float:
    """How long it takes to its end, or to the timeout."""
    begin = monotonic()
    value = sandbox.of_one(single(query), user_id=user)
    seconds = monotonic() - begin
    assert not isinstance(value, Failure) or value in (TIMEOUT, OUT_OF_RANGE, NOT_A_NUMBER)
    return seconds


def names_in(query: str) -> Iterator[str]:
    for node in check_query(query).tree.walk():
        yield type(node).__name__
        if isinstance(node, exp.Anonymous):
            yield node.name.lower()


def test_every_function_and_operator_that_is_allowed_is_among_them() -> None:
    used = {name for query in QUERIES for name in names_in(query)}
    elsewhere = {
        "Distinct",
        "Except",
        "Intersect",
        "Union",
        "Having",
        "Group",
        "Offset",
        "CTE",
        "With",
        "Join",
    }
    elsewhere |= {"Subquery", "Tuple", "Filter", "Boolean", "Null"}

    assert used >= allow.FUNCTIONS
    assert used >= {node.__name__ for node in allow.NODES} - elsewhere


@pytest.mark.parametrize("query", QUERIES)
def test_what_is_allowed_ends_in_time_on_the_largest_values(query: str, sandbox: Sandbox, owner: int) -> None:
    assert seconds_of(check_query(query), sandbox, owner) < SECONDS + 1


def most_of(expression: str) -> CheckedQuery:
    """The query with an expression as often as it passes the check."""
    least, most = 1, 400
    while least < most:
        times = (least + most + 1) // 2
        least, most = (times, most) if passes(repeated(expression, times)) else (least, times - 1)
    return check_query(repeated(expression, least))


def repeated(expression: str, times: int) -> str:
    conditions = " OR ".join([expression] * times)
    return f"SELECT COUNT(*) FROM records WHERE user_id = :user_id AND ({conditions})"


def passes(query: str) -> bool:
    try:
        return bool(check_query(query))
    except QueryRefused:
        return False


@pytest.mark.parametrize(
    "expression",
    [
        f"{SHORT} LIKE {RARE}",
        f"{WIDE} ILIKE {RARE.replace('a', 'é')}",
        f"TRIM(BOTH {SET} FROM {SHORT}) = ''",
        f"UPPER({WIDE}) = ''",
        *(f"{DIGITS} {operator} {DIGITS} = 1" for operator in "*/%"),
        *(f"{DIGITS} {operator} {FRACTION} = 1" for operator in "*/%"),
        f"SQRT({DIGITS}) = 1",
    ],
)
def test_what_is_repeated_as_often_as_it_passes_ends_in_time(
    expression: str, sandbox: Sandbox, owner: int
) -> None:
    assert seconds_of(most_of(expression), sandbox, owner) < SECONDS + 1


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        (f"{SHORT} || {TEXT} = ''", "text_too_long"),
        (f"source LIKE {SHORT}", "pattern_not_allowed"),
        ("source LIKE LOWER('A%')", "pattern_not_allowed"),
        ("source LIKE 'a' || '%'", "pattern_not_allowed"),
        ("source LIKE (SELECT MAX(o.source) FROM records o)", "pattern_not_allowed"),
        (f"source LIKE '{'%' * (MAX_WILDCARDS + 1)}'", "pattern_not_allowed"),
        (f"source LIKE '{'a' * (LONGEST_PATTERN + 1)}'", "pattern_not_allowed"),
        ("source ILIKE :long", "pattern_not_allowed"),
        ("TRIM(source, external_id) = ''", "pattern_not_allowed"),
        ("TRIM(LEADING external_id FROM source) = ''", "pattern_not_allowed"),
        ("RTRIM(source, :long) = ''", "pattern_not_allowed"),
        (f"{' * '.join(['CAST(source AS numeric)'] * 9)} = 0", "too_expensive"),
    ],
)
def test_what_could_run_on_past_its_time_is_refused(condition: str, code: str) -> None:
    with pytest.raises(QueryRefused) as refusal:
        check_query(
            f"SELECT COUNT(*) FROM records WHERE user_id = :user_id AND {condition}",
            {"long": "a" * (LONGEST_PATTERN + 1)},
        )

    assert refusal.value.code == f"sql_{code}"


def test_a_text_that_doubles_with_each_inner_select_is_refused() -> None:
    inner = "SELECT attributes ->> 't' AS v, user_id FROM records"
    for number in range(7):
        inner = f"SELECT v || v AS v, user_id FROM ({inner}) AS t{number}"

    with pytest.raises(QueryRefused, match="64 KB at most"):
        check_query(f"SELECT COUNT(*) FROM ({inner}) AS t WHERE user_id = :user_id AND v LIKE 'a%'")
