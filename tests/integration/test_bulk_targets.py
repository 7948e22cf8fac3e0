"""Targets for many people at once in SQL: what is stored, what the same again writes, in how many statements."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.assignments.shapes import BulkTargetDraft, BulkTargetView
from lodestar.application.caller import Caller
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.targets import set_targets_of_many
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition, TargetType
from lodestar.domain.periods import Cadence, Period
from lodestar.domain.sources import ManualSource
from lodestar.persistence.unit_of_work import WorkContext
from tests.fakes.calculation import FakeMessages
from tests.integration.bulk import caller_of, digest, statements
from tests.integration.tenants import Tenant

MARCH = {"period_start": "2026-03-01", "period_end": "2026-03-31"}


@dataclass(frozen=True)
class Office:
    """A company with a monthly KPI that two people of a team have."""

    tenant: Tenant
    definition: Definition
    admin: int
    una: Assignment
    ugo: Assignment

    def set(self, *rows: dict[str, Any], caller: Caller | None = None, **fields: Any) -> BulkTargetView:
        plain = {"kpi_definition_id": self.definition.id, **MARCH, "targets": rows}
        caller = caller or caller_of(self.tenant, self.admin)
        with self.tenant.work(actor_id=caller.user_id) as work:
            draft = BulkTargetDraft.model_validate(plain | fields)
            return set_targets_of_many(draft, ChangeContext(caller, work, FakeMessages()))

    def stored(self) -> list[tuple[Any, ...]]:
        rows = self.tenant.rows(
            "select assignment_id, target_low, target_high, period_start, period_end, notes, created_by "
            "from lodestar.targets where company_id = :company order by id"
        )
        return [tuple(each.values()) for each in rows]

    def audited(self) -> list[tuple[str, Any, Any]]:
        rows = self.tenant.rows(
            "select action, before->'target' as before, after->'target' as after from lodestar.audit "
            "where company_id = :company and object_type = 'target' order by seq"
        )
        return [(each["action"], each["before"], each["after"]) for each in rows]


def office_in(tenant: Tenant) -> Office:
    admin = tenant.user(role="admin")
    definition = tenant.definition(
        aggregation_period=Cadence.MONTHLY, data_source=ManualSource(allowed_max=Decimal(1000))
    )
    una, ugo = (tenant.assignment(definition, tenant.user()) for _ in range(2))
    return Office(tenant, definition, admin, una, ugo)


@pytest.fixture
def office(tenant: Tenant) -> Office:
    return office_in(tenant)


def row(assignment: Assignment, value: object, notes: str = "") -> dict[str, Any]:
    return {"user_id": assignment.user_id, "target_value": value, "notes": notes}


def outcomes(view: BulkTargetView) -> list[tuple[str, str | None]]:
    return [(result.outcome, result.code) for result in view.results]


def test_each_person_gets_a_target_for_the_dates_which_then_counts(office: Office) -> None:
    view = office.set(row(office.una, 120, "after the launch"), row(office.ugo, 90))
    assert outcomes(view) == [("created", None), ("created", None)]
    assert [result.assignment_id for result in view.results] == [office.una.id, office.ugo.id]
    march = (date(2026, 3, 1), date(2026, 3, 31))
    assert office.stored() == [
        (office.una.id, 120, 120, *march, "after the launch", office.admin),
        (office.ugo.id, 90, 90, *march, "", office.admin),
    ]
    with office.tenant.work() as work:
        targets = work.assignments.own_targets([office.una])[office.una.id]
    found = targets.dated_for(Period(Cadence.MONTHLY, *march))
    assert found is not None
    assert found.low == 120
    assert office.audited() == [("target.created", None, [120, 120]), ("target.created", None, [90, 90])]


def test_the_same_again_writes_nothing_and_answers_with_the_same_ids(office: Office) -> None:
    first = office.set(row(office.una, 120), row(office.ugo, 90))
    before = digest(office.tenant)
    again = office.set(row(office.una, 120), row(office.ugo, 90))
    assert (again.unchanged, again.created, again.updated, again.errors) == (2, 0, 0, 0)
    assert [each.target_id for each in again.results] == [result.target_id for result in first.results]
    assert digest(office.tenant) == before


def test_another_value_for_the_same_dates_replaces_the_one_that_is_there(office: Office) -> None:
    (first,) = office.set(row(office.una, 120)).results
    assert outcomes(office.set(row(office.una, 130))) == [("error", "target_overlap")]
    (changed,) = office.set(row(office.una, 130), replace=True).results
    assert (changed.outcome, changed.target_id) == ("updated", first.target_id)
    assert [each[1] for each in office.stored()] == [130]
    assert office.audited()[1:] == [("target.changed", [120, 120], [130, 130])]


def test_the_number_of_statements_does_not_depend_on_the_number_of_people(
    office: Office, context: WorkContext
) -> None:
    def trips(people: int) -> int:
        given = [office.tenant.assignment(office.definition, office.tenant.user()) for _ in range(people)]
        office.set(*(row(each, 5) for each in given[::2]))
        with statements(context) as seen:
            view = office.set(*(row(each, 6) for each in given), replace=True)
        assert (view.updated, view.created) == (people // 2, people // 2)
        return len(seen)

    assert trips(2) == trips(40) == 11


def test_a_target_needs_terms_that_have_a_day_of_its_range(office: Office) -> None:
    tenant, user_id = office.tenant, office.tenant.user()
    assignment = tenant.assignment(
        office.definition, user_id, start_date=date(2026, 3, 15), end_date=date(2026, 6, 30)
    )
    april = {"period_start": "2026-04-01", "period_end": "2026-04-30"}
    july = {"period_start": "2026-07-01", "period_end": "2026-07-31"}
    for dates, code in ((MARCH, None), (april, None), (july, "not_assigned")):
        (found,) = office.set({"user_id": user_id, "target_value": 5}, **dates).results
        assert found.code == code
        assert found.assignment_id == (assignment.id if code is None else None)


def test_a_band_is_stored_with_both_its_bounds(office: Office) -> None:
    definition = office.tenant.definition(target_type=TargetType.RANGE)
    assignment = office.tenant.assignment(definition, office.tenant.user())
    office.set(row(assignment, {"min": 2, "max": 4}), kpi_definition_id=definition.id)
    assert [each[1:3] for each in office.stored()] == [(2, 4)]
