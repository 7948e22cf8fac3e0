"""Values of records in SQL are those of the engine's aggregation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lodestar.application.calculation.ports import SourceRequest
from lodestar.domain.assignments import SubjectType
from lodestar.domain.periods import Cadence
from lodestar.domain.sources import AggregationMethod, RecordsSource
from lodestar.domain.values import NoData, Value
from lodestar.engine.aggregation import Row, aggregate, to_stored
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.sources.records import RecordsValues
from tests.integration.tenants import Tenant, new_tenant

DAY = date(2026, 3, 29)  # 23 hours in Berlin
FIVE = Decimal(5)
UNREADABLE = ["twelve", "NaN", "Infinity", "", None, [1], {"a": 1}, True]


@dataclass(frozen=True)
class Record:
    """A pushed record: of one of three users or of nobody, some minutes after the period's start."""

    user: int | None
    minutes: int
    value: Decimal | None
    amount: Any


@dataclass(frozen=True)
class Crew:
    """A company with three users, two of them in one team."""

    tenant: Tenant
    users: list[int]
    team: int

    @property
    def instants(self) -> tuple[datetime, datetime]:
        calendar = self.tenant.company.calendar
        return calendar.instants(calendar.containing(Cadence.DAILY, DAY))


@pytest.fixture(scope="module")
def crew(context: WorkContext) -> Crew:
    tenant = new_tenant(context, timezone="Europe/Berlin")
    team = tenant.team()
    return Crew(tenant, [tenant.user(team_id=team), tenant.user(team_id=team), tenant.user()], team)


numbers = st.decimals(-(10**8), 10**8, places=4)
records = st.lists(
    st.builds(
        Record,
        user=st.none() | st.integers(0, 2),
        minutes=st.sampled_from([-1, 0, 0, 1, 1, 2, 23 * 60 - 1, 23 * 60]),
        value=st.none() | numbers | st.integers(0, 3).map(Decimal),
        amount=numbers | st.integers(0, 3).map(Decimal) | st.sampled_from(UNREADABLE),
    ),
    max_size=12,
)


def push(crew: Crew, pushed: Sequence[Record]) -> str:
    """Push records under a source name of their own."""
    source = f"source-{id(pushed)}"
    crew.tenant.run("delete from lodestar.records where company_id = :company")
    rows = [
        {
            "source": source,
            "external_id": f"{number:04}",
            "occurred_at": crew.instants[0] + timedelta(minutes=each.minutes),
            "user_id": None if each.user is None else crew.users[each.user],
            "value": each.value,
            "attributes": {"amount": each.amount},
        }
        for number, each in enumerate(pushed)
    ]
    with crew.tenant.work() as work:
        work.values.upsert_records(rows)
        work.commit()
    return source


def in_sql(crew: Crew, source: RecordsSource, kind: SubjectType, subjects: tuple[int, ...]) -> list[Value]:
    request = SourceRequest(
        definition=crew.tenant.definition(),
        source=source,
        company_id=crew.tenant.id,
        subject_type=kind,
        subjects=subjects,
        instants=crew.instants,
    )
    with crew.tenant.work() as work:
        found = RecordsValues(work.session).values(request)
    return [stored(found[subject]) for subject in subjects]


def stored(value: Value) -> Value:
    return to_stored(value) if isinstance(value, Decimal) else value


def expected(crew: Crew, pushed: Sequence[Record], source: RecordsSource, users: set[int | None]) -> Value:
    start, end = crew.instants
    rows = [
        (start + timedelta(minutes=each.minutes), each.value if source.field == "value" else each.amount)
        for each in pushed
        if each.user in users and start <= start + timedelta(minutes=each.minutes) < end
    ]
    if source.method is AggregationMethod.COUNT:
        return Decimal(len(rows))
    return stored(
        aggregate(source.method, [Row(at, value) for at, value in rows if isinstance(value, Decimal)])
    )


@pytest.mark.parametrize("field", ["value", "attributes.amount"])
@pytest.mark.parametrize("method", AggregationMethod)
@given(pushed=records)
@example(pushed=[])
@example(
    pushed=[
        Record(0, 1, Decimal(5), Decimal(5)),
        Record(0, 1, None, "x"),
        Record(0, 0, Decimal(9), Decimal(1)),
    ]
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=12)
def test_every_method_for_every_kind_of_subject_is_the_aggregation(
    crew: Crew, method: AggregationMethod, field: str, pushed: list[Record]
) -> None:
    if field != "value" and method is AggregationMethod.COUNT_DISTINCT:
        pushed = [each for each in pushed if isinstance(each.amount, Decimal)]  # it counts texts as well
    source = RecordsSource(push(crew, pushed), method, field)
    of_users = in_sql(crew, source, SubjectType.USER, tuple(crew.users))
    assert of_users == [expected(crew, pushed, source, {number}) for number in range(3)]
    assert in_sql(crew, source, SubjectType.TEAM, (crew.team,)) == [expected(crew, pushed, source, {0, 1})]
    everybody: set[int | None] = {None, 0, 1, 2}
    assert in_sql(crew, source, SubjectType.COMPANY, (0,)) == [expected(crew, pushed, source, everybody)]


@pytest.mark.parametrize("method", AggregationMethod)
def test_nothing_counts_as_zero_and_otherwise_as_no_data(crew: Crew, method: AggregationMethod) -> None:
    source = RecordsSource(push(crew, []), method)
    counts = method in (AggregationMethod.COUNT, AggregationMethod.COUNT_DISTINCT)
    nothing = Decimal(0) if counts else NoData("no_rows")
    subjects = {SubjectType.USER: crew.users[0], SubjectType.TEAM: crew.team, SubjectType.COMPANY: 0}
    for kind, subject in subjects.items():
        assert in_sql(crew, source, kind, (subject,)) == [nothing]


def test_distinct_texts_are_counted(crew: Crew) -> None:
    pushed = [Record(0, 1, None, amount) for amount in ("a", "b", "a", "")]
    source = RecordsSource(push(crew, pushed), AggregationMethod.COUNT_DISTINCT, "attributes.amount")
    assert in_sql(crew, source, SubjectType.USER, (crew.users[0],)) == [Decimal(3)]


def test_only_records_that_pass_every_filter_count(crew: Crew) -> None:
    pushed = [Record(0, 1, Decimal(1), amount) for amount in (Decimal(5), Decimal("5.0"), "5", True)]
    name = push(crew, pushed)
    for wanted, count in ((Decimal(5), 2), ("5", 1), (True, 1), ("six", 0)):
        source = RecordsSource(name, AggregationMethod.COUNT, filters={"amount": wanted})
        assert in_sql(crew, source, SubjectType.USER, (crew.users[0],)) == [Decimal(count)]
