"""Many assignments at once in SQL: what is stored, what the same again writes, and in how many statements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from lodestar.application.assignments.shapes import AssignmentDraft, BulkAssignmentDraft, BulkAssignmentView
from lodestar.application.workflows.assigning import assign_kpi
from lodestar.application.workflows.bulk_assigning import assign_to_many
from lodestar.application.workflows.context import ChangeContext
from lodestar.domain.definitions import Definition
from lodestar.persistence.unit_of_work import DatabaseWork
from tests.fakes.calculation import FakeMessages
from tests.integration.bulk import caller_of, digest, statements
from tests.integration.tenants import Tenant, new_tenant

START = date(2026, 1, 1)


@dataclass(frozen=True)
class Office:
    """A company with an admin, and three people in a team."""

    tenant: Tenant
    definition: Definition
    admin: int
    team: int
    people: tuple[int, ...]

    def bulk(self, **fields: Any) -> BulkAssignmentView:
        draft = BulkAssignmentDraft.model_validate(self._plain | fields)
        with self.tenant.work(actor_id=self.admin) as work:
            return assign_to_many(draft, self._context(work))

    def one(self, user_id: int, **fields: Any) -> None:
        draft = AssignmentDraft.model_validate(self._plain | fields)
        with self.tenant.work(actor_id=self.admin) as work:
            assign_kpi(user_id, draft, self._context(work))

    def _context(self, work: DatabaseWork) -> ChangeContext:
        return ChangeContext(caller_of(self.tenant, self.admin), work, FakeMessages())

    @property
    def _plain(self) -> dict[str, Any]:
        return {"kpi_definition_id": self.definition.id, "target_value": 5, "start_date": START}

    def assigned(self) -> dict[int, Mapping[str, Any]]:
        """Every assignment with its audit entry, by its user."""
        rows = self.tenant.rows(
            "select a.user_id, a.subject_type, t.weight, t.target_low, t.target_high, t.start_date, "
            "t.end_date, l.action, l.actor_id, l.before, l.after - 'user_id' as after "
            "from lodestar.assignments a "
            "join lodestar.terms t on t.company_id = a.company_id and t.assignment_id = a.id "
            "join lodestar.audit l on l.company_id = a.company_id and l.object_id = a.id "
            "where a.company_id = :company order by a.id"
        )
        return {row["user_id"]: {**row, "user_id": None} for row in rows}


@pytest.fixture
def office(tenant: Tenant) -> Office:
    admin, team = tenant.user(role="admin"), tenant.team()
    people = tuple(tenant.user(team_id=team) for _ in range(3))
    return Office(tenant, tenant.definition(), admin, team, people)


def test_many_people_get_what_one_would_get_in_their_order(office: Office) -> None:
    una, ugo, uma = office.people
    fields = {"weight": 2, "end_date": "2026-06-30"}
    office.one(ugo, **fields)
    office.bulk(user_ids=[uma, una], **fields)
    stored = office.assigned()
    assert list(stored) == [ugo, uma, una]
    assert stored[una] == stored[uma] == stored[ugo]


def test_a_team_stands_for_its_active_members_and_strangers_are_not_found(office: Office) -> None:
    stranger = new_tenant(office.tenant.context).user()
    office.tenant.user(team_id=office.team, is_active=False)
    assert [row.user_id for row in office.bulk(team_id=office.team).results] == list(office.people)
    (refused,) = office.bulk(user_ids=[stranger]).results
    assert (refused.code, refused.error) == ("not_found", "There is no such user.")


def test_the_same_again_writes_nothing_and_answers_with_the_same_ids(office: Office) -> None:
    first = office.bulk(user_ids=office.people[:3])
    before = digest(office.tenant)
    again = office.bulk(user_ids=office.people[:3])
    assert {row.outcome for row in again.results} == {"unchanged"}
    assert [row.assignment_id for row in again.results] == [row.assignment_id for row in first.results]
    assert digest(office.tenant) == before


def test_the_number_of_statements_does_not_depend_on_the_number_of_people(office: Office) -> None:
    def trips(people: int) -> int:
        user_ids = [office.tenant.user() for _ in range(people)]
        with statements(office.tenant.context) as seen:
            assert office.bulk(user_ids=user_ids).created == people
        return len(seen)

    assert trips(2) == trips(40) == 24
