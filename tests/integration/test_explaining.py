"""How stored values came about, on a real database: each source, each version, and what is locked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from local.postgres import Database
from lodestar.application.calculation.ports import Source, Sources
from lodestar.application.calculation.recalculating import RecalculationContext
from lodestar.application.caller import Caller
from lodestar.application.insight.explaining import explain_value, preview_value
from lodestar.application.insight.explanation_shapes import Explanation, PeriodQuery, Preview, PreviewRequest
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import EnteredMeasurement
from lodestar.domain.permissions import Actor, Role, permissions_of
from lodestar.domain.sources import (
    AggregationMethod,
    DatabaseSource,
    FormulaInput,
    FormulaSource,
    KpiInput,
    ManualSource,
    RecordsSource,
)
from lodestar.domain.targets import TargetOrigin
from lodestar.persistence.kernel.bound import session_of
from lodestar.persistence.kernel.connection import Address
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.sources.database import DatabaseValues, Sandboxes
from lodestar.sources.records import RecordsValues
from tests.integration.tenants import (
    NOW,
    Tenant,
    new_tenant,
    point,
    sandbox_logins,
)

DAY = date(2026, 3, 8)
"""In Berlin, where the companies of these tests are, from 23:00 to 23:00 UTC. The tests' clock is two days on."""
CALLS = RecordsSource("calls", AggregationMethod.SUM)
GROUPED = "SELECT SUM(value) FROM records WHERE user_id = :user_id AND occurred_at >= :start_date AND occurred_at < :end_date"
LATERAL = f"{GROUPED.replace('SUM(value)', 'value')} ORDER BY occurred_at DESC LIMIT 1"


@dataclass(frozen=True)
class Office:
    """A company in Berlin with one person in a team, whose calls of DAY are 4 and 6.5."""

    tenant: Tenant
    user: int
    team: int
    sources: Sources

    def context(self, work: UnitOfWork, user_id: int | None = None, **rights: Any) -> RecalculationContext:
        """As the person themselves, or as somebody with other rights."""
        role = rights.pop("role", Role.USER)
        actor = Actor(user_id or self.user, self.tenant.id, role, permissions_of(role), **rights)
        return RecalculationContext(
            Caller(actor, "U", "u@x.test", "UTC", self.tenant.company, "r"), work, self.sources
        )

    def explain(self, assignment: Assignment, first: date = DAY, last: date = DAY, **rights: Any) -> Any:
        with self.tenant.work() as work:
            query = PeriodQuery(period_start=first, period_end=last)
            told = explain_value(self.user, assignment.id, query, self.context(work, **rights))
        Explanation.model_validate_json(told.text)
        return json.loads(told.text, parse_float=Decimal)

    def preview(self, definition: Definition, user_id: int | None, day: date = DAY, **rights: Any) -> Any:
        wanted = PreviewRequest(user_id=user_id, period_start=day, period_end=day)
        with self.tenant.work() as work:
            context = self.context(work, **{"role": Role.ADMIN, "user_id": 10**9} | rights)
            told = preview_value(definition.id, wanted, context)
        Preview.model_validate_json(told.text)
        return json.loads(told.text, parse_float=Decimal)

    def assigned(self, source: Any, **fields: Any) -> tuple[Definition, Assignment]:
        definition = self.tenant.definition(data_source=source, **fields)
        return definition, self.tenant.assignment(definition, self.user, target=point(10))

    def stored(self, definition: Definition, assignment: Assignment, value: str | None, **when: Any) -> None:
        day = when.pop("day", DAY)
        self.tenant.write([self.tenant.measurement(assignment, definition, day, value)], **when)

    def call(self, at: datetime, value: str, user_id: int | None = None) -> None:
        row = {"source": "calls", "external_id": str(at), "occurred_at": at, "user_id": user_id or self.user}
        with self.tenant.work() as work:
            work.values.upsert_records([{**row, "value": Decimal(value), "attributes": {"kind": "in"}}])
            work.commit()

    def changed(self, definition: Definition, **fields: Any) -> Definition:
        after = replace(definition, version=definition.version + 1, updated_at=NOW, **fields)
        with self.tenant.work(actor_id=self.user) as work:
            work.definitions.save(after)
            work.commit()
        return after


def at(hour: int, day: date = DAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@pytest.fixture(scope="module")
def office(database: Database, context: WorkContext) -> Office:
    tenant = new_tenant(context, timezone="Europe/Berlin")
    tenant.sandbox()
    team = tenant.team()

    def sources(work: UnitOfWork) -> Mapping[str, Source]:
        return {
            "database": DatabaseValues(Sandboxes(sandbox_logins(database))),
            "records": RecordsValues(session_of(work)),
        }

    made = Office(tenant, tenant.user(name="Una", team_id=team), team, sources)
    made.call(at(0), "4")
    made.call(at(22), "6.5")
    made.call(at(23), "100")  # the next day in Berlin
    return made


# A value and its source


def test_records_are_told_with_their_source_instants_and_number(office: Office) -> None:
    source = replace(CALLS, filters={"kind": "in"})
    definition, assignment = office.assigned(source, name="Calls")
    office.stored(definition, assignment, "10.5")
    told = office.explain(assignment)
    assert told["kpi"] == {"id": definition.id, "key": definition.key, "name": "Calls", "unit": "count"} | {
        "retired_on": None
    }
    assert told["period"] == {
        "start": "2026-03-08",
        "end": "2026-03-08",
        "starts_at_utc": "2026-03-07T23:00:00+00:00",
        "ends_at_utc": "2026-03-08T23:00:00+00:00",
        "starts_at_local": "2026-03-08T00:00:00+01:00",
        "ends_at_local": "2026-03-09T00:00:00+01:00",
        "timezone": "Europe/Berlin",
        "state": "closed",
    }
    assert told["source"] == {
        "type": "records",
        "source": "calls",
        "method": "sum",
        "field": "value",
        "filters": {"kind": "in"},
    }
    assert (told["row_count"], told["value_now"], told["differs"]) == (2, Decimal("10.5"), False)
    assert told["measurement"]["actual_value"] == Decimal("10.5")
    assert told["measurement"]["achievement_percentage"] == 105
    assert told["achievement_formula"] == "100 + 100 × (10.5 − 10) / |10| = 105 %"
    assert told["target"] == {"value": 10, "origin": "assignment_default", "range": None}
    assert (told["inputs"], told["revisions"], told["not_measured"]) == ([], [], None)


def test_a_query_is_told_with_what_was_bound_and_how_many_rows_it_aggregates(office: Office) -> None:
    source = DatabaseSource(f"{GROUPED} AND value > :least", {"least": Decimal("0.5")})
    definition, assignment = office.assigned(source)
    office.stored(definition, assignment, "10.5")
    told = office.explain(assignment)
    assert told["source"] == {
        "type": "database",
        "query": source.query,
        "parameters": {
            "user_id": office.user,
            "team_id": None,
            "company_id": office.tenant.id,
            "start_date": "2026-03-07T23:00:00+00:00",
            "end_date": "2026-03-08T23:00:00+00:00",
            "own": {"least": Decimal("0.5")},
        },
    }
    assert (told["value_now"], told["row_count"], told["differs"]) == (Decimal("10.5"), 2, False)


def test_a_query_that_picks_one_row_has_a_value_but_no_number_of_rows(office: Office) -> None:
    definition, assignment = office.assigned(DatabaseSource(LATERAL))
    office.stored(definition, assignment, "6.5")
    told = office.explain(assignment)
    assert (told["value_now"], told["row_count"], told["differs"]) == (Decimal("6.5"), None, False)


def test_a_query_that_fails_today_tells_its_error_and_leaves_the_stored_value(office: Office) -> None:
    definition, assignment = office.assigned(DatabaseSource(GROUPED.replace("SUM(value)", "SUM(value / 0)")))
    office.stored(definition, assignment, "3")
    told = office.explain(assignment)
    assert told["error"]["reason"] == "query_division_by_zero"
    assert (told["value_now"], told["no_data_reason"], told["row_count"]) == (None, None, None)
    assert (told["measurement"]["actual_value"], told["differs"]) == (3, False)


def test_a_sandbox_that_is_away_is_an_error_in_the_explanation(office: Office, database: Database) -> None:
    nowhere = Address("127.0.0.1", 1, "x", "x", "x")
    away = replace(office, sources=lambda work: {"database": DatabaseValues(Sandboxes(lambda _: nowhere))})
    definition, assignment = office.assigned(DatabaseSource(GROUPED))
    office.stored(definition, assignment, "3")
    told = away.explain(assignment)
    assert (told["error"]["reason"], told["measurement"]["actual_value"]) == ("unavailable", 3)


# Formulas and what the caller may see of them


def formula(text: str, **inputs: Any) -> FormulaSource:
    return FormulaSource(text, tuple(FormulaInput(name, source) for name, source in inputs.items()))


def test_a_formula_is_told_with_its_inputs_and_their_periods(office: Office) -> None:
    calls, assignment = office.assigned(CALLS)
    office.stored(calls, assignment, "7", day=DAY - timedelta(days=1))
    source = formula(
        "now + query - before",
        now=CALLS,
        query=DatabaseSource(GROUPED),
        before=KpiInput(calls.key, -1),
    )
    growth, growing = office.assigned(source)
    office.stored(growth, growing, "14")
    told = office.explain(growing)
    assert told["source"] == {"type": "formula", "formula": source.formula}
    plain = {"key": None, "offset": None, "of": None, "period": None}
    answered = {"no_data_reason": None, "error": None, "locked": False}
    day_before = {"start": "2026-03-07", "end": "2026-03-07"}
    kpi = {"type": "kpi", "key": calls.key, "offset": -1, "of": "same", "period": day_before}
    assert told["inputs"] == [
        {"variable": "now", "type": "records", "value": Decimal("10.5"), "row_count": 2, **plain, **answered},
        {
            "variable": "query",
            "type": "database",
            "value": Decimal("10.5"),
            "row_count": 2,
            **plain,
            **answered,
        },
        {"variable": "before", "value": 7, "row_count": None, **kpi, **answered},
    ]
    assert (told["value_now"], told["row_count"], told["differs"]) == (14, None, False)


# What people entered, and what was changed


def test_an_entered_value_is_told_with_who_entered_and_corrected_it(office: Office) -> None:
    manual, assignment = office.assigned(ManualSource())
    row = office.tenant.measurement(assignment, manual, DAY, "3")
    with office.tenant.work(actor_id=office.user) as work:
        work.values.enter([EnteredMeasurement(row, "a guess")], NOW)
        work.values.enter(
            [EnteredMeasurement(replace(row, value=Decimal(4)), "counted")], NOW + timedelta(hours=1)
        )
        work.commit()
    told = office.explain(assignment)
    una = {"id": office.user, "name": "Una"}
    assert (told["source"]["type"], told["row_count"]) == ("manual", None)
    assert (told["value_now"], told["differs"]) == (4, False)
    stored = told["measurement"]
    assert (stored["entered_by"], stored["notes"], stored["run_id"], stored["state"]) == (
        una,
        "counted",
        None,
        "restated",
    )
    assert told["revisions"] == [
        {
            "revision": 2,
            "old_value": 3,
            "new_value": 4,
            "reason": "corrected",
            "author": una,
            "run_id": None,
            "created_at": "2026-03-10T13:00:00+00:00",
            "definition_version": 1,
        }
    ]


def test_a_restated_value_is_told_with_its_revision_and_the_version_that_produced_it(office: Office) -> None:
    first, assignment = office.assigned(CALLS)
    office.stored(first, assignment, "9")
    second = office.changed(first, data_source=replace(CALLS, method=AggregationMethod.COUNT))
    told = office.explain(assignment)  # still as the first version left it
    assert (told["definition_version"]["version"], told["definition_version"]["is_current"]) == (1, False)
    assert (told["source"]["method"], told["value_now"], told["differs"]) == ("sum", Decimal("10.5"), True)
    office.stored(second, assignment, "2", at=NOW + timedelta(hours=1))
    told = office.explain(assignment)
    version = {"version": 2, "author": {"id": office.user, "name": "Una"}, "is_current": True}
    assert told["definition_version"] == {**version, "created_at": "2026-03-10T12:00:00+00:00"}
    assert (told["source"]["method"], told["value_now"], told["differs"]) == ("count", 2, False)
    (revision,) = told["revisions"]
    assert (revision["old_value"], revision["new_value"], revision["author"]) == (9, 2, None)
    assert (revision["reason"], revision["definition_version"]) == ("recalculated", 2)


# No measurement, wrong periods, strangers


def test_a_period_that_a_run_could_not_calculate_tells_its_reason(office: Office) -> None:
    _, assignment = office.assigned(CALLS)
    office.tenant.run(
        "with run as (insert into lodestar.runs (company_id, kind, period_start, period_end, reason, created_at) "
        "values (:company, 'backfill', :day, :day, 'r', now()) returning id) "
        "insert into lodestar.outcomes "
        "(company_id, run_id, assignment_id, period_start, period_end, definition_version, outcome, reason, message) "
        "select :company, id, :id, :day, :day, 1, 'error', 'query_timeout', 'Too slow.' from run",
        id=assignment.id,
        day=DAY,
    )
    told = office.explain(assignment)
    assert told["measurement"] is None
    assert told["not_measured"].pop("run_id") > 0
    assert told["not_measured"] == {"outcome": "error", "reason": "query_timeout", "message": "Too slow."}
    assert (told["value_now"], told["differs"]) == (Decimal("10.5"), False)


# Targets


def dated(office: Office, definition: Definition, assignment: Assignment | None, value: int) -> None:
    office.tenant.run(
        "insert into lodestar.targets (company_id, definition_id, assignment_id, target_low, target_high, "
        "period_start, period_end) values (:company, :definition, :assignment, :value, :value, "
        "'2026-03-01', '2026-03-31')",
        definition=definition.id,
        assignment=None if assignment is None else assignment.id,
        value=value,
    )


MARCH = {"start": "2026-03-01", "end": "2026-03-31"}


def test_a_target_is_told_with_where_it_came_from(office: Office) -> None:
    definition, assignment = office.assigned(CALLS)
    dated(office, definition, assignment, 20)
    told = office.explain(assignment)["target"]
    assert told == {"value": 20, "origin": "assignment_target", "range": MARCH}
    bare = office.tenant.definition(data_source=CALLS)
    without = office.tenant.assignment(bare, office.user)
    assert office.explain(without)["target"] == {"value": None, "origin": "none", "range": None}
    dated(office, bare, None, 30)  # what adds up is for the company to reach
    assert office.explain(without)["target"] == {"value": None, "origin": "none", "range": None}
    mean = office.tenant.definition(data_source=replace(CALLS, method=AggregationMethod.AVERAGE))
    dated(office, mean, None, 30)
    of_mean = office.tenant.assignment(mean, office.user)
    assert office.explain(of_mean)["target"] == {"value": 30, "origin": "company_target", "range": MARCH}


def test_a_dated_target_that_was_changed_since_has_lost_its_dates(office: Office) -> None:
    definition, assignment = office.assigned(CALLS)
    dated(office, definition, assignment, 20)
    row = office.tenant.measurement(
        assignment, definition, DAY, "10.5", target=point(20), origin=TargetOrigin.RANGE
    )
    office.tenant.write([row])
    assert office.explain(assignment)["target"]["range"] == MARCH
    office.tenant.run(
        "update lodestar.targets set target_low = 25, target_high = 25 "
        "where company_id = :company and assignment_id = :id",
        id=assignment.id,
    )
    told = office.explain(assignment)
    assert told["target"] == {"value": 20, "origin": "assignment_target", "range": None}
    assert told["achievement_formula"] == "100 + 100 × (10.5 − 20) / |20| = 52.5 %"


# Previews


def digest_of(database: Database) -> dict[str, str]:
    """Every row of every table, of whatever company."""
    superuser = database.connect()
    names = superuser.run("select tablename from pg_tables where schemaname = 'lodestar'")
    digests = {
        name: superuser.run(
            f"select md5(coalesce(string_agg(t::text, '|' order by t::text), '')) from lodestar.{name} t"
        )
        for (name,) in names or ()
    }
    superuser.close()
    return {name: digest[0][0] for name, digest in digests.items() if digest}


def test_a_preview_stores_nothing_whatever_it_is_of(office: Office, database: Database) -> None:
    calls, _ = office.assigned(CALLS)
    sources = (CALLS, DatabaseSource(GROUPED), ManualSource(), formula("x", x=KpiInput(calls.key)))
    definitions = [office.tenant.definition(data_source=source) for source in sources]
    before = digest_of(database)
    assert len(before) > 15
    for definition in definitions:
        office.preview(definition, office.user)
        office.preview(definition, None)
    assert digest_of(database) == before
    office.call(at(12, date(2020, 1, 1)), "1")  # the digest sees a single new record
    assert {name for name, digest in digest_of(database).items() if digest != before[name]} == {"records"}


def test_a_preview_of_what_cannot_be_calculated_tells_the_error(office: Office) -> None:
    broken = office.tenant.definition(
        data_source=DatabaseSource(GROUPED.replace("SUM(value)", "SUM(value / 0)"))
    )
    error = office.preview(broken, office.user)["explanation"]["error"]
    assert error["reason"] == "query_division_by_zero"
    assert "NULLIF" in error["message"]
    forbidden = office.tenant.definition(data_source=DatabaseSource("SELECT pg_sleep(9)"))
    assert office.preview(forbidden, office.user)["explanation"]["error"]["reason"].startswith("sql_")
    personal = office.tenant.definition(data_source=DatabaseSource(GROUPED))
    error = office.preview(personal, None)["explanation"]["error"]
    assert error["reason"] == "query_not_about_subject"
