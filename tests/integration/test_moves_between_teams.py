"""People move, leave and come back, and the numbers of the past stay: roll-ups, averages, raw rows, lists."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.postgres import Database
from lodestar.application.calculation.calculating import BatchMessage, calculate_batch
from lodestar.application.calculation.ports import Source
from lodestar.application.calculation.valuing import SlotGroup, ValueCalculator
from lodestar.application.caller import Caller
from lodestar.application.insight.people_kpis import kpis_of_team
from lodestar.application.people.shapes import UserChange
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.workflows.moving import PersonnelContext, change_user
from lodestar.domain.assignments import Assignment, Subject, SubjectType, Terms
from lodestar.domain.definitions import Category, Definition, Rollup
from lodestar.domain.measurements import Assignee
from lodestar.domain.memberships import NO_MEMBERSHIPS
from lodestar.domain.periods import Cadence, Calendar, Period
from lodestar.domain.permissions import Actor, Role, permissions_of
from lodestar.domain.runs import Batch, BatchPlan, BatchSubjects, RunKind, SentBatch
from lodestar.domain.sources import (
    AggregationMethod,
    DatabaseSource,
    FormulaInput,
    FormulaSource,
    InputSubject,
    KpiInput,
    RecordsSource,
)
from lodestar.domain.values import NoData, Value
from lodestar.domain.versions import CompanyDefinitions
from lodestar.packs.registry import sandbox_tables
from lodestar.persistence.kernel.sql_parts import counts_in_period, team_of_period
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.sources.database import DatabaseValues, Sandboxes
from lodestar.sources.records import RecordsValues
from tests.fakes.calculation import FakeMessages
from tests.fakes.people import FakeDirectory, in_team
from tests.integration.tenants import LONG_AGO, Tenant, new_tenant, point, sandbox_logins

TODAY = date(2026, 3, 10)
"""Of the unit of work's clock."""
MOVED, THE_DAY_BEFORE = date(2026, 2, 25), date(2026, 2, 24)
FEBRUARY = date(2026, 2, 1)
SALES = RecordsSource("sales", AggregationMethod.SUM)
NOTHING = NoData("no_values")
_numbers = count(1)


@dataclass(frozen=True)
class Firm:
    """North and South, with Pia and Quin in North since long ago."""

    tenant: Tenant
    sources: Mapping[str, Any]
    north: int
    south: int
    pia: int
    quin: int
    assigned: dict[tuple[int, int], Assignment] = field(default_factory=dict)
    """By the ids of the KPI and the person."""

    def move(self, user_id: int, team_id: int | None, day: date) -> None:
        with self.tenant.work() as work:
            memberships = work.people.memberships([user_id])[user_id]
            work.people.save_memberships({user_id: memberships.moved(team_id, day)})
            work.commit()

    def leave(self, user_id: int, day: date) -> None:
        with self.tenant.work() as work:
            memberships = work.people.memberships([user_id])[user_id]
            work.people.save_memberships({user_id: memberships.ended(day)})
            work.commit()

    def period(self, kpi: Definition, day: date) -> Period:
        return self.tenant.company.calendar.containing(kpi.aggregation_period, day)

    def measured(self, kpi: Definition, day: date, **values: str) -> None:
        """What Pia and Quin have of a KPI in the period of a day."""
        people = {"pia": self.pia, "quin": self.quin}
        for name, value in values.items():
            self.value_of(kpi, people[name], day, value)

    def value_of(self, kpi: Definition, user_id: int, day: date, value: str) -> None:
        if (kpi.id, user_id) not in self.assigned:
            assigned = self.tenant.assignment(kpi, user_id, target=point(100))
            self.assigned[kpi.id, user_id] = assigned
        assignment = self.assigned[kpi.id, user_id]
        self.tenant.write([self.tenant.measurement(assignment, kpi, day, value)])

    def of_teams(self, kpi: Definition, day: date) -> dict[str, Value]:
        """What North and South have of a KPI in the period of a day, as a run over it would write."""
        found = self._values(kpi, SubjectType.TEAM, day, {"north": self.north, "south": self.south})
        return {"north": found[self.north], "south": found[self.south]}

    def of_company(self, kpi: Definition, day: date) -> Value:
        return self._values(kpi, SubjectType.COMPANY, day, {"company": 0})[0]

    def of_user(self, kpi: Definition, user_id: int, day: date) -> Value:
        return self._values(kpi, SubjectType.USER, day, {"user": user_id})[user_id]

    def _values(
        self, kpi: Definition, kind: SubjectType, day: date, subjects: Mapping[str, int]
    ) -> Mapping[int, Value]:
        with self.tenant.work() as work:
            memberships = work.people.memberships([self.pia, self.quin])
            assignees = [
                Assignee(_assignment(kpi, kind, id_), memberships.get(id_, NO_MEMBERSHIPS))
                for id_ in subjects.values()
            ]
            sources: dict[str, Source] = {"records": RecordsValues(work.session), **self.sources}
            calculator = ValueCalculator(
                CompanyDefinitions(work.definitions.all()), self.tenant.company, work, sources
            )
            return dict(calculator.values(kpi, SlotGroup(kind, assignees, self.period(kpi, day))))

    def push(self, user_id: int, at: datetime, value: int) -> None:
        row = {
            "source": "sales",
            "external_id": str(next(_numbers)),
            "occurred_at": at,
            "user_id": user_id,
            "value": Decimal(value),
            "attributes": {},
        }
        with self.tenant.work() as work:
            work.values.upsert_records([row])
            work.commit()

    def work_on(self, message: BatchMessage) -> None:
        """What a worker does with the message of a batch."""

        @contextmanager
        def open_work(company_id: int) -> Iterator[UnitOfWork]:
            assert company_id == self.tenant.id
            with self.tenant.work() as work:
                yield work

        def sources(work: Any) -> Mapping[str, Source]:
            return {"records": RecordsValues(work.session)}

        calculate_batch(message, open_work, sources, FakeMessages())

    def list(self, team_id: int, on: date, caller: Caller) -> Any:
        with self.tenant.work() as work:
            text = kpis_of_team(team_id, on, caller, work).text
        return json.loads(text, parse_float=Decimal)

    def caller(self, role: Role = Role.ADMIN, **facts: Any) -> Caller:
        keys = facts.pop("permissions", permissions_of(role))
        user_id = facts.pop("user_id", 10**9)
        actor = Actor(user_id, self.tenant.id, role, frozenset(keys), **facts)
        return Caller(actor, "Ada", "ada@firm.test", "UTC", self.tenant.company, "a request")


def _assignment(kpi: Definition, kind: SubjectType, subject_id: int) -> Assignment:
    user_id = subject_id if kind is SubjectType.USER else None
    team_id = subject_id if kind is SubjectType.TEAM else None
    terms = Terms(LONG_AGO, None, Decimal(1), None)
    return Assignment(0, kpi.id, Subject(user_id, team_id), (terms,))


@pytest.fixture
def firm(tenant: Tenant, database: Database) -> Firm:
    north, south = tenant.team(), tenant.team()
    pia, quin = tenant.user(name="Pia", team_id=north), tenant.user(name="Quin", team_id=north)
    values = DatabaseValues(Sandboxes(sandbox_logins(database), sandbox_tables()))
    return Firm(tenant, {"database": values}, north, south, pia, quin)


# --- roll-ups


def test_a_closed_day_stays_with_the_team_that_its_people_were_in(firm: Firm) -> None:
    kpi = firm.tenant.definition(data_source=SALES, rollup=Rollup.SUM)
    firm.measured(kpi, THE_DAY_BEFORE, pia="60", quin="60")
    firm.measured(kpi, MOVED, pia="7")
    firm.move(firm.pia, firm.south, MOVED)
    assert firm.of_teams(kpi, THE_DAY_BEFORE) == {"north": 120, "south": NOTHING}
    assert firm.of_teams(kpi, MOVED) == {"north": NOTHING, "south": 7}


@pytest.mark.parametrize("cadence", [Cadence.WEEKLY, Cadence.MONTHLY, Cadence.QUARTERLY])
def test_a_period_counts_for_the_team_of_its_last_day(firm: Firm, cadence: Cadence) -> None:
    kpi = firm.tenant.definition(data_source=SALES, rollup=Rollup.SUM, aggregation_period=cadence)
    firm.measured(kpi, MOVED, pia="300", quin="500")
    firm.move(firm.pia, firm.south, MOVED)
    assert firm.of_teams(kpi, MOVED) == {"north": 500, "south": 300}
    assert firm.of_company(kpi, MOVED) == 800


@pytest.mark.parametrize("leaves", ["the company", "the team"])
def test_who_leaves_in_a_period_still_counts_for_the_team_in_it(firm: Firm, leaves: str) -> None:
    kpi = firm.tenant.definition(data_source=SALES, rollup=Rollup.SUM, aggregation_period=Cadence.QUARTERLY)
    firm.measured(kpi, date(2025, 8, 1), pia="500", quin="300")
    firm.measured(kpi, date(2025, 11, 1), pia="50", quin="30")
    if leaves == "the team":
        firm.move(firm.quin, None, date(2025, 9, 11))
    else:
        firm.leave(firm.quin, date(2025, 9, 10))
        firm.tenant.run("update lodestar.users set is_active = false where id = :id", id=firm.quin)
    assert firm.of_teams(kpi, date(2025, 8, 1)) == {"north": 800, "south": NOTHING}
    assert firm.of_company(kpi, date(2025, 8, 1)) == 800
    # In the quarter after that, nobody's: teams and "no team" add up to the company.
    assert firm.of_teams(kpi, date(2025, 11, 1)) == {"north": 50, "south": NOTHING}
    assert firm.of_company(kpi, date(2025, 11, 1)) == 80


def test_who_leaves_comes_back_and_moves_in_one_period_counts_once(firm: Firm) -> None:
    kpi = firm.tenant.definition(data_source=SALES, rollup=Rollup.SUM, aggregation_period=Cadence.MONTHLY)
    firm.measured(kpi, FEBRUARY, pia="10", quin="1")
    firm.leave(firm.pia, date(2026, 2, 3))
    firm.move(firm.pia, firm.south, date(2026, 2, 10))
    firm.leave(firm.pia, date(2026, 2, 12))
    assert firm.of_teams(kpi, FEBRUARY) == {"north": 1, "south": 10}


def test_a_formula_looks_at_the_team_of_the_period_that_it_looks_at(firm: Firm) -> None:
    kpi = firm.tenant.definition(key="calls", rollup=Rollup.SUM)
    for day, team, value in ((THE_DAY_BEFORE, firm.north, "120"), (MOVED, firm.south, "7")):
        assignment = firm.tenant.assignment(kpi, team_id=team)
        firm.tenant.write([firm.tenant.measurement(assignment, kpi, day, value)])
    firm.move(firm.pia, firm.south, MOVED)
    of_team = KpiInput("calls", of=InputSubject.TEAM)
    this, before = (
        firm.tenant.definition(data_source=FormulaSource("x", (FormulaInput("x", source),)))
        for source in (of_team, replace(of_team, offset=-1))
    )
    assert (firm.of_user(this, firm.pia, THE_DAY_BEFORE), firm.of_user(this, firm.pia, MOVED)) == (120, 7)
    assert firm.of_user(before, firm.pia, MOVED) == 120


def test_a_move_back_restates_both_teams_by_its_run(firm: Firm) -> None:
    tenant = firm.tenant
    kpi = tenant.definition(data_source=SALES, rollup=Rollup.SUM)
    firm.measured(kpi, MOVED, pia="60", quin="50")
    of_team = {team: tenant.assignment(kpi, team_id=team) for team in (firm.north, firm.south)}
    tenant.write([tenant.measurement(of_team[firm.north], kpi, MOVED, "110")])
    firm.push(firm.pia, noon(MOVED), 60)
    firm.push(firm.quin, noon(MOVED), 50)
    change = UserChange(team_id=firm.south, effective_from=MOVED)
    with tenant.work() as work:
        context = PersonnelContext(firm.caller(user_id=firm.quin), work, FakeDirectory(), FakeMessages())
        run_id = json.loads(change_user(firm.pia, change, context).text)["run_id"]
    batches = tenant.rows(
        "select number from lodestar.batches where company_id = :company order by stage, number"
    )
    for batch in batches:
        firm.work_on(BatchMessage(tenant.id, SentBatch(run_id, batch["number"], 1)))
    values = tenant.rows(
        "select a.team_id, m.value, m.state from lodestar.measurements m "
        "join lodestar.assignments a on a.company_id = m.company_id and a.id = m.assignment_id "
        "where m.company_id = :company and a.team_id is not null and m.period_start = :day "
        "order by a.team_id",
        day=MOVED,
    )
    assert [tuple(row.values()) for row in values] == [
        (firm.north, 50, "restated"),
        (firm.south, 60, "final"),
    ]


# --- raw rows


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def test_records_and_queries_by_team_count_for_the_team_of_their_day(firm: Firm) -> None:
    firm.tenant.sandbox()
    for day, value in ((THE_DAY_BEFORE, 5), (MOVED, 7)):
        firm.push(firm.pia, noon(day), value)
    query = DatabaseSource(
        "SELECT SUM(value) FROM records WHERE team_id = :team_id "
        "AND occurred_at >= :start_date AND occurred_at < :end_date",
        {},
    )
    monthly = [
        firm.tenant.definition(data_source=source, aggregation_period=Cadence.MONTHLY)
        for source in (SALES, query)
    ]
    daily = [replace(each, aggregation_period=Cadence.DAILY) for each in monthly]
    for kpi in monthly:
        assert firm.of_teams(kpi, FEBRUARY)["north"] == 12
    firm.move(firm.pia, firm.south, MOVED)
    for kpi in monthly:
        assert firm.of_teams(kpi, FEBRUARY) == {"north": 5, "south": 7}
    for kpi in daily:
        assert firm.of_teams(kpi, THE_DAY_BEFORE)["north"] == 5
        assert firm.of_teams(kpi, MOVED)["south"] == 7


def test_a_row_of_nobody_or_of_somebody_in_no_team_counts_for_no_team(firm: Firm) -> None:
    firm.move(firm.pia, None, MOVED)
    firm.push(firm.pia, noon(MOVED), 7)
    kpi = firm.tenant.definition(data_source=SALES)
    assert {str(value) for value in firm.of_teams(kpi, MOVED).values()} == {"NoData(reason='no_rows')"}
    assert firm.of_company(kpi, MOVED) == 7


def test_what_a_pack_loads_counts_for_the_team_of_its_day_and_what_is_open_for_that_of_today(
    firm: Firm,
) -> None:
    firm.tenant.sandbox()
    for name, done_at in (("before", noon(THE_DAY_BEFORE)), ("after", noon(MOVED)), ("open", None)):
        firm.tenant.run(
            "insert into lodestar.job_search_boost_tasks (company_id, user_id, external_id, done_at) "
            "values (:company, :user, :name, :at)",
            user=firm.pia,
            name=name,
            at=done_at,
        )
    firm.move(firm.pia, firm.south, MOVED)
    tasks = DatabaseSource("SELECT COUNT(*) FROM job_search_boost_tasks WHERE team_id = :team_id", {})
    assert firm.of_teams(firm.tenant.definition(data_source=tasks), MOVED) == {"north": 1, "south": 2}


@pytest.mark.parametrize(
    ("timezone", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),  # 23 hours
        ("Europe/Berlin", date(2026, 10, 25)),  # 25 hours
        ("America/Havana", date(2025, 11, 2)),  # midnight comes twice
        ("Atlantic/Azores", date(2026, 10, 25)),
        ("Africa/Cairo", date(2026, 4, 24)),  # midnight does not come
        ("Asia/Beirut", date(2026, 3, 29)),
        ("America/Santiago", date(2026, 9, 6)),
        ("Asia/Kathmandu", date(2026, 3, 1)),
        ("Pacific/Kiritimati", date(2026, 3, 1)),
    ],
)
def test_a_local_day_begins_in_the_database_when_it_begins_in_the_calendar(
    context: WorkContext, timezone: str, day: date
) -> None:
    tenant = new_tenant(context, timezone=timezone)
    calendar = Calendar(timezone)
    for each in (day - timedelta(days=1), day, day + timedelta(days=1)):
        first, _ = calendar.instants(calendar.containing(Cadence.DAILY, each))
        (row,) = tenant.rows("select lodestar.day_start(:company, cast(:day as date)) as v", day=each)
        assert row["v"] == first
        for instant, its_day in ((first, each), (first - timedelta(seconds=1), each - timedelta(days=1))):
            (row,) = tenant.rows(
                "select lodestar.local_day(:company, cast(:at as timestamptz)) as v", at=instant
            )
            assert row["v"] == its_day


def test_the_team_of_a_row_follows_the_clocks_of_the_company(context: WorkContext, firm: Firm) -> None:
    tenant = firm.tenant
    firm.move(firm.pia, firm.south, MOVED)
    late = datetime(2026, 2, 24, 23, 30, tzinfo=UTC)
    firm.push(firm.pia, late, 3)
    kpi = tenant.definition(data_source=SALES)
    assert firm.of_teams(kpi, THE_DAY_BEFORE)["north"] == 3
    with tenant.work() as work:
        company = work.people.company_for_update()
        work.people.save_company(replace(company, calendar=Calendar("Europe/Berlin")))
        work.commit()
        moved = replace(firm, tenant=replace(tenant, company=work.people.company()))
    assert moved.of_teams(kpi, MOVED)["south"] == 3  # it was the 25th in Berlin


# --- the rule in SQL is the rule of the domain


days = st.integers(0, 120).map(lambda number: date(2026, 1, 1) + timedelta(days=number))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    moves=st.lists(st.tuples(st.sampled_from(["north", "south", None, "leave"]), days), max_size=6),
    first=days,
    length=st.integers(0, 92),
)
def test_the_database_says_the_same_team_for_a_period_as_the_domain(
    firm: Firm, moves: list[tuple[str | None, date]], first: date, length: int
) -> None:
    memberships = NO_MEMBERSHIPS
    for where, day in moves:
        if where == "leave":
            memberships = memberships.ended(day)
        else:
            memberships = memberships.moved(getattr(firm, where) if where else None, day)
    last = first + timedelta(days=length)
    sql = f"select {team_of_period(':user', 'cast(:first as date)', 'cast(:last as date)')} as team"
    with firm.tenant.work() as work:
        work.people.save_memberships({firm.pia: memberships})
        assert work.people.memberships([firm.pia]) == {firm.pia: memberships}
        row = work.session.one(sql, user=firm.pia, first=first, last=last)
        assert row["team"] == memberships.team_for(first, last)
        counting = work.session.rows(
            "select s.team_id from lodestar.memberships s where s.company_id = :company and s.user_id = :user "
            f"and {counts_in_period('s', 'cast(:first as date)', 'cast(:last as date)')}",
            user=firm.pia,
            first=first,
            last=last,
        )
        assert [each["team_id"] for each in counting] == _some(memberships.team_for(first, last))
        spans = work.session.rows(
            "select team_id from lodestar.memberships where company_id = :company and user_id = :user "
            "and starts_at <= cast(:at as timestamptz) and cast(:at as timestamptz) < ends_at",
            user=firm.pia,
            at=noon(first),
        )
        assert [span["team_id"] for span in spans] == _some(memberships.team_on(first))


def _some(team_id: int | None) -> list[int]:
    return [] if team_id is None else [team_id]


# --- lists


def test_a_list_of_a_day_holds_who_was_in_the_team_then(firm: Firm) -> None:
    kpi = firm.tenant.definition(key="calls")
    for user_id in (firm.pia, firm.quin):
        firm.value_of(kpi, user_id, THE_DAY_BEFORE, "60")
    firm.move(firm.pia, firm.south, MOVED)
    firm.leave(firm.quin, MOVED)
    firm.tenant.run("update lodestar.users set is_active = false where id = :id", id=firm.quin)
    admin = firm.caller()

    def listed(team_id: int, on: date) -> tuple[list[str], Any]:
        found = firm.list(team_id, on, admin)
        return [each["name"] for each in found["team_members"]], found["team_averages"]["kpi_averages"]

    both = {"calls": {"average": 60, "achievement_percentage": 60, "members": 2}}
    assert listed(firm.north, THE_DAY_BEFORE)[0] == ["Pia", "Quin"]
    # The newest closed day is the one before the move: both count for North in it, and nobody for South.
    assert listed(firm.north, MOVED) == (["Quin"], both)
    assert listed(firm.south, MOVED) == (["Pia"], {})
    assert listed(firm.north, MOVED + timedelta(days=1)) == ([], both)


@dataclass(frozen=True)
class Group:
    """A team of four and their KPIs, each measured on the newest closed day."""

    firm: Firm
    kpi: Definition
    colleagues: tuple[int, ...]


@pytest.fixture
def group(firm: Firm) -> Group:
    """Pia with three colleagues in North, who all have a finance KPI that Pia does not have."""
    more = tuple(firm.tenant.user(team_id=firm.north) for _ in range(2))
    kpi = firm.tenant.definition(key="margin", category=Category.FINANCE)
    colleagues = (firm.quin, *more)
    for user_id, value in zip(colleagues, ("10", "20", "30"), strict=True):
        firm.value_of(kpi, user_id, TODAY - timedelta(days=1), value)
    return Group(firm, kpi, colleagues)


def averages(group: Group, caller: Caller, on: date = TODAY) -> Any:
    return group.firm.list(group.firm.north, on, caller)["team_averages"]


def member(group: Group, **facts: Any) -> Caller:
    firm = group.firm
    return firm.caller(Role.USER, user_id=firm.pia, team_id=firm.north, **facts)


def test_a_member_sees_no_average_of_a_kpi_that_is_not_theirs_to_see(group: Group) -> None:
    assert averages(group, member(group))["kpi_averages"] == {}
    sees_finance = member(group, permissions={"kpis.finance.view"})
    assert averages(group, sees_finance)["kpi_averages"]["margin"]["average"] == 20


def test_a_member_sees_the_average_of_a_kpi_that_they_have_too(group: Group) -> None:
    group.firm.value_of(group.kpi, group.firm.pia, TODAY - timedelta(days=1), "40")
    assert averages(group, member(group))["kpi_averages"] == {
        "margin": {"average": 25, "achievement_percentage": 25, "members": 4}
    }


@pytest.mark.parametrize("measured", [1, 2])
def test_a_member_sees_no_average_of_fewer_colleagues_than_the_company_says(
    firm: Firm, measured: int
) -> None:
    kpi = firm.tenant.definition(key="margin")
    people = [firm.pia, firm.quin, firm.tenant.user(team_id=firm.north)]
    for user_id in people[: measured + 1]:
        firm.value_of(kpi, user_id, TODAY - timedelta(days=1), "50")
    few = Group(firm, kpi, ())
    caller = member(few)
    assert averages(few, caller) == {"overall_score": None, "kpi_averages": {}}
    of_less = replace(caller, company=replace(caller.company, min_group_size=measured))
    assert averages(few, of_less)["kpi_averages"]["margin"]["members"] == measured + 1
    # Who manages the team sees each of them anyway.
    manager = firm.caller(Role.MANAGER, managed_team_ids=frozenset({firm.north}))
    assert averages(few, manager)["kpi_averages"]["margin"]["members"] == measured + 1


def test_a_member_sees_no_average_of_a_period_that_runs(group: Group) -> None:
    firm = group.firm
    kpi = firm.tenant.definition(key="running")
    for user_id in (firm.pia, *group.colleagues):
        assignment = firm.tenant.assignment(kpi, user_id)
        firm.tenant.write([firm.tenant.measurement(assignment, kpi, TODAY, "5", is_open=True)])
    assert "running" not in averages(group, member(group))["kpi_averages"]
    assert averages(group, firm.caller())["kpi_averages"]["running"]["members"] == 4


def test_who_moved_away_is_measured_in_the_average_of_the_period_that_they_were_in(group: Group) -> None:
    firm = group.firm
    firm.move(firm.quin, firm.south, TODAY)
    assert averages(group, firm.caller())["kpi_averages"]["margin"]["members"] == 3
    assert firm.list(firm.south, TODAY, firm.caller())["team_averages"]["kpi_averages"] == {}


def test_a_batch_takes_each_person_with_all_their_memberships(firm: Firm) -> None:
    kpi = firm.tenant.definition()
    firm.tenant.assignment(kpi, firm.pia)
    firm.tenant.assignment(kpi, firm.quin)
    firm.move(firm.pia, firm.south, MOVED)
    plan = BatchPlan(1, LONG_AGO, LONG_AGO, BatchSubjects.USERS, (firm.pia, firm.quin), (kpi.id,))
    batch = Batch(1, 1, 1, RunKind.BACKFILL, None, LONG_AGO, LONG_AGO, noon(TODAY), plan)
    with firm.tenant.work() as work:
        found = {each.assignment.user_id: each.memberships for each in work.calculation.assignees(batch)}
    assert found == {
        firm.pia: in_team(firm.north).moved(firm.south, MOVED),
        firm.quin: in_team(firm.north),
    }


def test_a_person_is_in_the_team_of_the_companys_day(firm: Firm) -> None:
    firm.move(firm.pia, firm.south, TODAY + timedelta(days=1))
    firm.move(firm.quin, firm.south, TODAY)
    with firm.tenant.work() as work:
        people = work.people.persons([firm.pia, firm.quin])
        assert [person.team_id for person in people.values()] == [firm.north, firm.south]
        assert work.people.members(firm.north, TODAY) == [firm.pia]
        assert work.people.people_of_teams({firm.north}, TODAY, TODAY) == [firm.pia]


def test_a_teams_own_kpi_stands_beside_those_of_its_members_for_who_may_see_them(group: Group) -> None:
    tenant, team = group.firm.tenant, group.firm.north
    kpi = tenant.definition(key="own")
    own = tenant.assignment(kpi, team_id=team, target=point(10))
    yesterday = TODAY - timedelta(days=1)
    tenant.write([tenant.measurement(own, kpi, yesterday, "5")])
    (entry,) = group.firm.list(team, TODAY, group.firm.caller())["team_kpis"]
    assert (entry["id"], entry["target_value"], entry["status"]) == (own.id, 10, "critical")
    assert entry["current_measurement"]["achievement_percentage"] == 50
    assert group.firm.list(team, TODAY, member(group))["team_kpis"] == []
    assert group.firm.list(group.firm.south, TODAY, group.firm.caller())["team_kpis"] == []
