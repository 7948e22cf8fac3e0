"""Users, teams and roles in the database: what two do at the same time, and what a dissolved team is worth."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from local.postgres import Database
from lodestar.application.assignments.assigning import end_terms
from lodestar.application.people.teams import end_team
from lodestar.domain.assignments import Subject
from lodestar.domain.memberships import Memberships
from lodestar.domain.people import CompanyRole, RoleUses, User
from lodestar.domain.periods import Cadence, Period
from lodestar.domain.permissions import Grant, GrantedKpi
from lodestar.domain.refusals import Conflict
from lodestar.domain.runs import Batch, BatchPlan, BatchSubjects, RunKind
from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext
from tests.fakes.people import in_team
from tests.integration.tenants import LONG_AGO, NOW, Tenant, wait_until_blocked

TODAY = date(2026, 3, 10)
"""Of the unit of work's clock."""
CEO = CompanyRole(0, "ceo", "Sees all.", frozenset({"kpis.view_all"}))


@dataclass(frozen=True)
class Two:
    """Two who work on the same company at the same time."""

    tenant: Tenant
    rival: WorkContext
    database: Database

    def second_finds[Found](
        self, first: Callable[[DatabaseWork], object], second: Callable[[DatabaseWork], Found]
    ) -> Found:
        """What the second finds, who starts before the first has committed, and has to wait for it."""
        found: list[Found] = []

        def run() -> None:
            with self.tenant.work(self.rival) as work:
                found.append(second(work))

        thread = threading.Thread(target=run)
        with self.tenant.work() as work:
            first(work)
            thread.start()
            wait_until_blocked(self.database)
            work.commit()
        thread.join(10)
        return found[0]


@pytest.fixture
def two(tenant: Tenant, rival: WorkContext, database: Database) -> Two:
    return Two(tenant, rival, database)


def change_user(work: DatabaseWork, user_id: int, **fields: object) -> None:
    user = work.people.user_for_update(user_id)
    assert user is not None
    work.people.save_user(replace(user, **fields))  # type: ignore[arg-type]  # fields of a user


def dissolve(work: DatabaseWork, team_id: int, last_day: date) -> None:
    end_team(team_id, last_day, work)
    end_terms(Subject(team_id=team_id), last_day, work)


def add_role(tenant: Tenant) -> int:
    with tenant.work() as work:
        role_id = work.people.add_role(CEO)
        work.commit()
    return role_id


def test_a_user_is_read_and_written_with_every_field(tenant: Tenant) -> None:
    user_id = tenant.user(email="una@people.test", external_ids={"crm": "U-1"})
    wanted = User(
        id=user_id,
        sub="una@people.test",
        name="Una",
        email="una.user@people.test",
        role="manager",
        memberships=in_team(tenant.team()),
        timezone="Europe/Lisbon",
        external_ids={"phone": "7"},
        is_active=False,
        last_day=date(2026, 2, 27),
    )
    with tenant.work() as work:
        work.people.save_user(wanted)
        work.people.save_memberships({user_id: wanted.memberships})
        work.commit()
        assert work.people.user_for_update(user_id) == wanted


def test_an_email_address_is_there_once_in_a_company(tenant: Tenant) -> None:
    tenant.user(email="una@twice.test")
    ugo = tenant.user()
    with tenant.work() as work, pytest.raises(Conflict, match="una@twice"):
        change_user(work, ugo, email="una@twice.test")


def test_of_two_who_dismiss_each_other_the_second_finds_that_they_are_the_last(two: Two) -> None:
    ada, eve = two.tenant.user(role="admin"), two.tenant.user(role="admin")

    def is_there_another(work: DatabaseWork) -> bool:
        work.people.user_for_update(ada)
        return work.people.has_others_with_role({"admin"}, ada)

    assert not two.second_finds(lambda work: change_user(work, eve, is_active=False), is_there_another)


def test_nobody_joins_a_team_while_it_is_dissolved(two: Two) -> None:
    team_id = two.tenant.team()
    assert not two.second_finds(
        lambda work: dissolve(work, team_id, TODAY), lambda work: work.people.active_team_for_share(team_id)
    )


def test_who_joins_a_team_while_it_is_dissolved_is_found_in_it(two: Two) -> None:
    team_id, user_id = two.tenant.team(), two.tenant.user()

    def join(work: DatabaseWork) -> None:
        assert work.people.active_team_for_share(team_id)
        work.people.save_memberships({user_id: in_team(team_id)})

    def members(work: DatabaseWork) -> Mapping[int, Memberships]:
        work.people.team_for_update(team_id)
        return work.people.memberships_for_update(team_id, LONG_AGO)

    assert two.second_finds(join, members) == {user_id: in_team(team_id)}


def test_of_two_who_move_somebody_the_second_goes_on_from_what_the_first_has_written(two: Two) -> None:
    first, second = two.tenant.team(), two.tenant.team()
    user_id = two.tenant.user()

    def move(work: DatabaseWork, team_id: int, day: date) -> Memberships:
        user = work.people.user_for_update(user_id)
        assert user is not None
        moved = user.memberships.moved(team_id, day)
        work.people.save_memberships({user_id: moved})
        work.commit()
        return moved

    def moved_first(work: DatabaseWork) -> None:
        user = work.people.user_for_update(user_id)
        assert user is not None
        work.people.save_memberships({user_id: user.memberships.moved(first, LONG_AGO)})

    found = two.second_finds(moved_first, lambda work: move(work, second, TODAY))
    assert found == in_team(first).moved(second, TODAY)


def test_a_dissolved_team_finds_what_was_written_by_who_moves_its_people(two: Two) -> None:
    first, second = two.tenant.team(), two.tenant.team()
    user_id = two.tenant.user(team_id=first)

    def move(work: DatabaseWork) -> None:
        user = work.people.user_for_update(user_id)
        assert user is not None
        work.people.save_memberships({user_id: user.memberships.moved(second, TODAY)})

    found = two.second_finds(move, lambda work: work.people.memberships_for_update(first, LONG_AGO))
    assert found == {user_id: in_team(first).moved(second, TODAY)}


def test_a_role_is_not_found_unused_while_somebody_gets_it(two: Two) -> None:
    user_id, role_id = two.tenant.user(), add_role(two.tenant)

    def give(work: DatabaseWork) -> None:
        assert work.people.role_for_share(CEO.name) == replace(CEO, id=role_id)
        change_user(work, user_id, role=CEO.name)

    def uses(work: DatabaseWork) -> RoleUses:
        work.people.role_for_update(role_id)
        return work.people.role_uses(CEO.name)

    assert two.second_finds(give, uses) == RoleUses(users=1, grants=0)


def test_a_role_is_not_given_while_it_is_deleted(two: Two) -> None:
    role_id = add_role(two.tenant)

    def delete(work: DatabaseWork) -> None:
        work.people.role_for_update(role_id)
        work.people.remove_role(role_id)

    assert two.second_finds(delete, lambda work: work.people.role_for_share(CEO.name)) is None


def test_grants_are_told_by_role_and_by_user(tenant: Tenant) -> None:
    user_id, kpi = tenant.user(), tenant.definition()
    for column, value in (("role", CEO.name), ("user_id", user_id)):
        tenant.run(
            f"insert into lodestar.grants (company_id, definition_id, {column}, can_view, can_edit, "
            "can_set_targets) values (:company, :kpi, :value, :view, false, true)",
            kpi=kpi.id,
            value=value,
            view=column == "role",
        )
    with tenant.work() as work:
        of_role, of_user = work.people.grants_of_role(CEO.name), work.people.grants_of_user(user_id)
        assert work.people.grants_of_role("cfo") == ()
        assert work.people.role_uses(CEO.name) == RoleUses(users=0, grants=1)
    assert of_role == (GrantedKpi(kpi.id, kpi.category, Grant(can_view=True, can_set_targets=True)),)
    assert of_user == (GrantedKpi(kpi.id, kpi.category, Grant(can_set_targets=True)),)


def test_a_dissolved_team_is_calculated_up_to_its_last_day(tenant: Tenant) -> None:
    kpi, teams = tenant.definition(), [tenant.team(), tenant.team()]
    first, second = (tenant.assignment(kpi, team_id=team).id for team in teams)
    day_after = LONG_AGO + timedelta(days=1)

    def on(day: date, work: DatabaseWork) -> tuple[list[int], bool]:
        """The assignments that a batch of the day calculates, and whether a run over it has any."""
        plan = BatchPlan(1, day, day, BatchSubjects.TEAMS_AND_COMPANY, (), (kpi.id,))
        batch = Batch(1, 1, 1, RunKind.BACKFILL, None, day, day, NOW, plan)
        assignees = [each.assignment for each in work.calculation.assignees(batch)]
        period = Period(Cadence.DAILY, day, day)
        subjects = work.calculation.subjects([kpi.id], day, day)
        assert subjects.user_ids == ()
        return [each.id for each in assignees if each.covers(period)], subjects.has_teams_or_company

    with tenant.work() as work:
        assert on(day_after, work) == ([first, second], True)
        dissolve(work, teams[0], LONG_AGO)
        assert on(LONG_AGO, work) == ([first, second], True)
        assert on(day_after, work) == ([second], True)
        dissolve(work, teams[1], LONG_AGO)
        assert on(LONG_AGO, work) == ([first, second], True)
        assert on(day_after, work) == ([], False)


def test_another_company_is_entered_but_not_the_platforms_own(tenant: Tenant, context: WorkContext) -> None:
    with DatabaseWork(context) as work:
        platform = work.bind(0).session.value("select id from lodestar.companies where is_platform")
        assert not work.enter_company(platform)
        assert not work.enter_company(10**15)
        assert work.enter_company(tenant.id)
        assert work.people.company() == tenant.company
        work.people.save_company(replace(work.people.company_for_update(), name="Renamed"))
        work.commit()
        assert work.people.company().name == "Renamed"
