"""Targets for many people at once: whose, for which dates, and what the same again does."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.assignments.bulk_assigning import MAX_PEOPLE_PER_CALL
from lodestar.application.assignments.bulk_targets import set_targets_of_many
from lodestar.application.assignments.shapes import BulkTargetDraft, BulkTargetView
from lodestar.application.caller import Caller
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition, TargetType
from lodestar.domain.measurements import Assignee
from lodestar.domain.periods import Cadence, Period
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Forbidden, InvalidContent, InvalidRequest, LodestarError, TooLarge
from lodestar.domain.sources import ManualSource
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.bulk import caller_of, digest, statements
from tests.integration.tenants import Tenant, new_tenant

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
            return set_targets_of_many(BulkTargetDraft.model_validate(plain | fields), caller, work)

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
    return [(each.outcome, each.code) for each in view.results]


def test_each_person_gets_a_target_for_the_dates_which_then_counts(office: Office) -> None:
    view = office.set(row(office.una, 120, "after the launch"), row(office.ugo, 90))
    assert outcomes(view) == [("created", None), ("created", None)]
    assert [each.assignment_id for each in view.results] == [office.una.id, office.ugo.id]
    march = (date(2026, 3, 1), date(2026, 3, 31))
    assert office.stored() == [
        (office.una.id, 120, 120, *march, "after the launch", office.admin),
        (office.ugo.id, 90, 90, *march, "", office.admin),
    ]
    with office.tenant.work() as work:
        targets = work.assignments.own_targets([Assignee(office.una, None)])[office.una.id]
    found = targets.dated_for(Period(Cadence.MONTHLY, *march))
    assert found is not None
    assert found.low == 120
    assert office.audited() == [("target.created", None, [120, 120]), ("target.created", None, [90, 90])]


def test_the_same_again_changes_nothing_and_answers_with_the_same_ids(office: Office) -> None:
    first = office.set(row(office.una, 120), row(office.ugo, 90))
    before = digest(office.tenant)
    again = office.set(row(office.una, 120), row(office.ugo, 90))
    assert (again.unchanged, again.created, again.updated, again.errors) == (2, 0, 0, 0)
    assert [each.target_id for each in again.results] == [each.target_id for each in first.results]
    assert digest(office.tenant) == before


def test_another_value_for_the_same_dates_is_refused_unless_it_shall_replace(office: Office) -> None:
    (first,) = office.set(row(office.una, 120)).results
    assert outcomes(office.set(row(office.una, 130))) == [("error", "target_overlap")]
    (changed,) = office.set(row(office.una, 130), replace=True).results
    assert (changed.outcome, changed.target_id) == ("updated", first.target_id)
    assert [each[1] for each in office.stored()] == [130]
    assert office.audited()[1:] == [("target.changed", [120, 120], [130, 130])]


@pytest.mark.parametrize(
    ("first", "last", "outcome"),
    [
        ("2026-03-15", "2026-04-15", "error"),
        ("2026-02-15", "2026-03-01", "error"),
        ("2026-03-10", "2026-03-20", "created"),
        ("2026-01-01", "2026-12-31", "created"),
        ("2026-04-01", "2026-04-30", "created"),
    ],
)
def test_dates_may_lie_inside_others_or_beside_them_but_not_cross_them(
    office: Office, first: str, last: str, outcome: str
) -> None:
    office.set(row(office.una, 120))
    view = office.set(row(office.una, 130), period_start=first, period_end=last, replace=True)
    assert [each.outcome for each in view.results] == [outcome]


def test_the_target_belongs_to_the_newest_active_assignment_in_the_range(office: Office) -> None:
    tenant, user_id = office.tenant, office.tenant.user()
    dates = {"start_date": date(2026, 1, 1), "end_date": date(2026, 3, 14)}
    tenant.assignment(office.definition, user_id, **dates)
    newer = tenant.assignment(
        office.definition, user_id, start_date=date(2026, 3, 15), end_date=date(2026, 6, 30)
    )
    tenant.assignment(office.definition, user_id, start_date=date(2026, 3, 20), is_active=False)
    tenant.assignment(office.definition, user_id, start_date=date(2026, 7, 1))
    (found,) = office.set({"user_id": user_id, "target_value": 5}).results
    assert found.assignment_id == newer.id


def test_a_row_that_cannot_stand_tells_why_and_stops_no_other(office: Office) -> None:
    tenant = office.tenant
    without, gone = tenant.user(), tenant.user(is_active=False)
    stranger = new_tenant(tenant.context).user()
    view = office.set(
        {"user_id": stranger, "target_value": 1},
        {"user_id": 10**15, "target_value": 1},
        {"user_id": without, "target_value": 1},
        {"user_id": gone, "target_value": 1},
        row(office.una, 1001),
        row(office.ugo, {"min": 1, "max": 2}),
        row(office.una, 1),
    )
    assert outcomes(view) == [
        ("error", "not_found"),
        ("error", "not_found"),
        ("error", "not_assigned"),
        ("error", "invalid_content"),
        ("error", "invalid_content"),
        ("error", "invalid_content"),
        ("error", "duplicate_row"),
    ]
    assert view.results[0].error == view.results[1].error
    assert outcomes(office.set(row(office.una, 1001), row(office.ugo, 9)))[1] == ("created", None)


def test_a_manager_sets_targets_for_the_people_of_their_team_only(office: Office) -> None:
    tenant = office.tenant
    manager = tenant.user(role="manager")
    team = tenant.team(manager)
    assert office.una.user_id is not None
    tenant.run(
        "update lodestar.users set team_id = :team where company_id = :company and id = :id",
        team=team,
        id=office.una.user_id,
    )
    caller = caller_of(tenant, manager, Role.MANAGER, managed_team_ids=frozenset({team}))
    view = office.set(row(office.una, 5), row(office.ugo, 5), caller=caller)
    assert outcomes(view) == [("created", None), ("error", "forbidden")]
    with pytest.raises(Forbidden):
        office.set(row(office.una, 6), caller=caller_of(tenant, office.una.user_id, Role.USER))


def test_a_band_is_the_target_of_a_kpi_that_wants_one(office: Office) -> None:
    definition = office.tenant.definition(target_type=TargetType.RANGE)
    assignment = office.tenant.assignment(definition, office.tenant.user())
    office.set(row(assignment, {"min": 2, "max": 4}), kpi_definition_id=definition.id)
    assert [each[1:3] for each in office.stored()] == [(2, 4)]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"kpi_definition_id": 10**15}, InvalidContent),
        ({"period_end": "2026-02-28"}, InvalidRequest),
        ({"targets": [{"user_id": 1, "target_value": 1}] * (MAX_PEOPLE_PER_CALL + 1)}, TooLarge),
    ],
)
def test_what_is_wrong_for_everybody_refuses_the_whole_call(
    office: Office, fields: dict[str, Any], error: type[LodestarError]
) -> None:
    before = digest(office.tenant)
    with pytest.raises(error):
        office.set(row(office.una, 5), **fields)
    assert digest(office.tenant) == before


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

    assert trips(2) == trips(40) == 8
