"""Many assignments at once are as many single ones, in a number of statements that does not grow."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lodestar.application.assignments.assigning import assign_kpi
from lodestar.application.assignments.bulk_assigning import MAX_PEOPLE_PER_CALL, assign_to_many
from lodestar.application.assignments.shapes import AssignmentDraft, BulkAssignmentDraft, BulkAssignmentView
from lodestar.application.caller import Caller
from lodestar.domain.definitions import Definition
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Forbidden, InvalidContent, InvalidRequest, LodestarError, TooLarge
from lodestar.domain.sources import ManualSource
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.bulk import caller_of, digest, statements
from tests.integration.tenants import Tenant, new_tenant, point

START = date(2026, 1, 1)
in_one_database = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25
)


@dataclass(frozen=True)
class Office:
    """A company with an admin, a manager of one team, and people: in the team, outside, deactivated, away."""

    tenant: Tenant
    definition: Definition
    admin: int
    manager: int
    team: int
    people: tuple[int, ...]

    def as_admin(self) -> Caller:
        return caller_of(self.tenant, self.admin)

    def as_manager(self) -> Caller:
        return caller_of(
            self.tenant,
            self.manager,
            Role.MANAGER,
            managed_team_ids=frozenset({self.team}),
            team_id=self.team,
        )

    def bulk(self, caller: Caller, **fields: Any) -> BulkAssignmentView:
        plain = {"kpi_definition_id": self.definition.id, "target_value": 5, "start_date": START}
        with self.tenant.work(actor_id=caller.user_id) as work:
            return assign_to_many(BulkAssignmentDraft.model_validate(plain | fields), caller, work)

    def one(self, caller: Caller, user_id: int, **fields: Any) -> str | None:
        """Assign to one person; the code of the refusal."""
        plain = {"kpi_definition_id": self.definition.id, "target_value": 5, "start_date": START}
        try:
            with self.tenant.work(actor_id=caller.user_id) as work:
                assign_kpi(user_id, AssignmentDraft.model_validate(plain | fields), caller, work)
        except LodestarError as error:
            return f"{error.code}: {error.message}"
        return None

    def assigned(self) -> list[Mapping[str, Any]]:
        """Every assignment with its audit entry, people by their place in the office."""
        rows = self.tenant.rows(
            "select a.user_id, a.weight, a.target_low, a.start_date, a.end_date, a.is_active, "
            "l.action, l.actor_id, l.before, l.after from lodestar.assignments a "
            "left join lodestar.audit l on l.company_id = a.company_id and l.object_id = a.id "
            "where a.company_id = :company order by a.start_date, a.user_id"
        )
        place = {user_id: number for number, user_id in enumerate((self.admin, self.manager, *self.people))}
        return [
            {
                **row,
                "user_id": place[row["user_id"]],
                "actor_id": place.get(row["actor_id"] or 0),
                "after": row["after"] and (row["after"]["weight"], row["after"]["target"]),
            }
            for row in rows
        ]


def office_in(tenant: Tenant) -> Office:
    admin = tenant.user(role="admin")
    manager = tenant.user(role="manager")
    team = tenant.team(manager)
    tenant.run(
        "update lodestar.users set team_id = :team where company_id = :company and id = :id",
        team=team,
        id=manager,
    )
    people = [tenant.user(team_id=team) for _ in range(3)]
    people.append(tenant.user())
    people.append(tenant.user(team_id=team, is_active=False))
    return Office(tenant, tenant.definition(), admin, manager, team, tuple(people))


@pytest.fixture
def office(tenant: Tenant) -> Office:
    return office_in(tenant)


def outcomes(view: BulkAssignmentView) -> list[tuple[int, str, str | None]]:
    return [(each.user_id, each.outcome, each.code) for each in view.results]


def test_everybody_is_answered_in_the_order_asked_and_a_refusal_stops_no_other(office: Office) -> None:
    una, ugo, uma, outsider, gone = office.people
    stranger = new_tenant(office.tenant.context).user()
    office.tenant.assignment(office.definition, ugo, start_date=date(2025, 6, 1))
    asked = [uma, stranger, gone, ugo, 10**15, outsider, una, office.manager]
    view = office.bulk(office.as_manager(), user_ids=asked)
    assert outcomes(view) == [
        (uma, "created", None),
        (stranger, "error", "not_found"),
        (gone, "error", "invalid_content"),
        (ugo, "error", "assignment_overlap"),
        (10**15, "error", "not_found"),
        (outsider, "error", "forbidden"),
        (una, "created", None),
        (office.manager, "error", "forbidden"),
    ]
    assert (view.created, view.unchanged, view.errors) == (2, 0, 6)
    assert view.results[1].error == view.results[4].error == "There is no such user."


def test_the_same_again_changes_nothing_and_answers_with_the_same_ids(office: Office) -> None:
    first = office.bulk(office.as_admin(), user_ids=office.people[:3])
    before = digest(office.tenant)
    again = office.bulk(office.as_admin(), user_ids=office.people[:3])
    assert {each.outcome for each in again.results} == {"unchanged"}
    assert [each.assignment_id for each in again.results] == [each.assignment_id for each in first.results]
    assert digest(office.tenant) == before


def test_who_is_named_twice_has_it_by_the_second_time(office: Office) -> None:
    una = office.people[0]
    view = office.bulk(office.as_admin(), user_ids=[una, una])
    assert outcomes(view) == [(una, "created", None), (una, "unchanged", None)]
    assert view.results[0].assignment_id == view.results[1].assignment_id


def test_a_team_stands_for_its_active_members(office: Office) -> None:
    view = office.bulk(office.as_manager(), team_id=office.team)
    assert outcomes(view) == [
        (office.manager, "error", "forbidden"),
        *((each, "created", None) for each in office.people[:3]),
    ]


@pytest.mark.parametrize(
    ("fields", "error", "field"),
    [
        ({}, InvalidContent, "user_ids"),
        ({"user_ids": [1], "team_id": 1}, InvalidContent, "user_ids"),
        ({"team_id": 10**15}, InvalidContent, "team_id"),
        ({"user_ids": [1], "kpi_definition_id": 10**15}, InvalidContent, "kpi_definition_id"),
        ({"user_ids": [1], "target_value": {"min": 1, "max": 2}}, InvalidContent, "target_value"),
        ({"user_ids": [1], "target_value": 50}, InvalidContent, "target_value"),
        ({"user_ids": [1], "end_date": "2025-12-31"}, InvalidRequest, None),
        ({"user_ids": [1] * (MAX_PEOPLE_PER_CALL + 1)}, TooLarge, None),
    ],
)
def test_what_is_wrong_for_everybody_refuses_the_whole_call(
    office: Office, fields: dict[str, Any], error: type[LodestarError], field: str | None
) -> None:
    ranged = office.tenant.definition(data_source=ManualSource(allowed_max=Decimal(10)))
    before = digest(office.tenant)
    with pytest.raises(error) as refused:
        office.bulk(office.as_admin(), **{"kpi_definition_id": ranged.id} | fields)
    assert [each.field for each in refused.value.details] == ([field] if field else [])
    assert digest(office.tenant) == before


def test_a_person_without_a_say_is_refused_whatever_they_send(office: Office) -> None:
    una = office.people[0]
    with pytest.raises(Forbidden):
        office.bulk(caller_of(office.tenant, una, Role.USER), user_ids=[una])


def test_the_number_of_statements_does_not_depend_on_the_number_of_people(office: Office) -> None:
    def trips(people: int) -> int:
        user_ids = [office.tenant.user() for _ in range(people)]
        with statements(office.tenant.context) as seen:
            assert office.bulk(office.as_admin(), user_ids=user_ids).created == people
        return len(seen)

    assert trips(2) == trips(40) == 6


existing = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from([(2025, 1), (2026, 1), (2026, 6)]),
        st.booleans(),
        st.integers(4, 5),
    ),
    max_size=4,
    unique_by=lambda each: each[:2],
)
asked = st.fixed_dictionaries({"weight": st.integers(1, 2)}, optional={"end_date": st.just("2026-03-31")})


@given(existing, st.lists(st.integers(-1, 5), min_size=1, max_size=7), asked, st.booleans())
@in_one_database
def test_many_at_once_are_as_many_single_ones(
    context: WorkContext,
    existing: list[tuple[int, tuple[int, int], bool, int]],
    places: list[int],
    fields: dict[str, Any],
    is_admin: bool,
) -> None:
    told, kept = [], []
    for in_bulk in (True, False):
        office = office_in(new_tenant(context))
        for place, (year, month), is_active, target in existing:
            office.tenant.assignment(
                office.definition,
                office.people[place],
                start_date=date(year, month, 1),
                end_date=date(year, month, 28),
                target=point(target),
                is_active=is_active,
            )
        caller = office.as_admin() if is_admin else office.as_manager()
        user_ids = [(*office.people, office.manager, 10**15)[each] for each in places]
        if in_bulk:
            rows = office.bulk(caller, user_ids=user_ids, **fields).results
            told.append([None if each.error is None else f"{each.code}: {each.error}" for each in rows])
        else:
            told.append([office.one(caller, each, **fields) for each in user_ids])
        kept.append(office.assigned())
    assert _without_ids(told[0]) == _without_ids(told[1])
    assert kept[0] == kept[1]


def _without_ids(sentences: list[str | None]) -> list[str | None]:
    """Which assignment is in the way differs between two companies."""
    return [
        each and " ".join(word for word in each.split() if not word.strip(",").isdigit())
        for each in sentences
    ]
