"""Teams are made, renamed, given to another manager and dissolved."""

from datetime import date, timedelta
from typing import Any

import pytest

from lodestar.application.people.shapes import TeamChange, TeamDraft
from lodestar.application.people.teams import change_team, create_team, get_team
from lodestar.application.workflows.leaving import dissolve_team
from lodestar.domain.memberships import Membership
from lodestar.domain.people import Team, User
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, NotFound
from tests.fakes.people import LONG_AGO, TODAY, caller_of, in_team
from tests.fakes.work import FakeWork, shown

NOWHERE = 10**15
MAX, LEAVER, UNA = 2, 3, 4
NEXT_MONTH = date(2026, 4, 1)


def user_of(user_id: int, *, is_active: bool = True, team_id: int | None = None) -> User:
    name = f"user-{user_id}"
    return User(user_id, name, name, f"{name}@acme.test", "user", in_team(team_id), None, {}, is_active)


@pytest.fixture
def work() -> FakeWork:
    made = FakeWork()
    made.people.users = {MAX: user_of(MAX), LEAVER: user_of(LEAVER, is_active=False), UNA: user_of(UNA)}
    return made


def made_team(work: FakeWork, name: str = "Sales", manager_id: int | None = None) -> int:
    told = create_team(TeamDraft(name=name, manager_id=manager_id), work)
    view, asked = shown(told.text)
    assert view == "team"
    work.commits = 0
    work.audit.entries.clear()
    return asked["id"]


def test_a_new_team_is_written_and_told_to_the_log(work: FakeWork) -> None:
    create_team(TeamDraft(name="Sales", manager_id=MAX), work)
    (team,) = work.people.teams.values()
    assert team == Team(team.id, "Sales", MAX, is_active=True)
    (entry,) = work.audit.entries
    assert (entry.action, entry.about.id, entry.before) == ("team.created", team.id, None)
    assert entry.after == {"name": "Sales", "manager_id": MAX}
    assert work.commits == 1


def test_a_team_is_renamed_and_gets_another_manager(work: FakeWork) -> None:
    team_id = made_team(work)
    change_team(team_id, TeamChange(manager_id=MAX), work)
    change_team(team_id, TeamChange(name="Renamed"), work)
    assert work.people.teams[team_id] == Team(team_id, "Renamed", MAX, is_active=True)
    change_team(team_id, TeamChange(manager_id=None, name=None), work)  # null is nobody; a name has to be
    assert work.people.teams[team_id] == Team(team_id, "Renamed", None, is_active=True)
    last = work.audit.entries[-1]
    assert (last.action, last.before["manager_id"], last.after["manager_id"]) == ("team.changed", MAX, None)
    assert last.after.keys() == {"name", "manager_id", "is_active"}


def test_a_change_that_changes_nothing_is_no_entry_in_the_log(work: FakeWork) -> None:
    team_id = made_team(work)
    change_team(team_id, TeamChange(), work)
    change_team(team_id, TeamChange(name="Sales"), work)
    assert (work.audit.entries, work.commits) == ([], 2)


@pytest.mark.parametrize(
    ("manager_id", "says"),
    [
        (NOWHERE, "manager_id must be the id of a user of your company."),
        (LEAVER, "manager_id is a user who is deactivated: activate them first."),
    ],
)
def test_a_manager_is_an_active_user_of_the_company(work: FakeWork, manager_id: int, says: str) -> None:
    team_id = made_team(work)
    for act in (
        lambda: create_team(TeamDraft(name="T", manager_id=manager_id), work),
        lambda: change_team(team_id, TeamChange(manager_id=manager_id), work),
    ):
        with pytest.raises(InvalidContent) as refusal:
            act()
        assert [(detail.field, detail.message) for detail in refusal.value.details] == [("manager_id", says)]
    assert work.audit.entries == []


def test_a_team_whose_manager_has_left_may_still_be_renamed(work: FakeWork) -> None:
    team_id = made_team(work)
    work.people.teams[team_id] = Team(team_id, "Sales", LEAVER, is_active=True)
    change_team(team_id, TeamChange(name="Renamed"), work)
    assert work.people.teams[team_id].name == "Renamed"


def test_a_name_is_that_of_one_team_until_it_is_dissolved(work: FakeWork) -> None:
    first, second = made_team(work), made_team(work, "Support")
    for act in (
        lambda: create_team(TeamDraft(name="Sales"), work),
        lambda: change_team(second, TeamChange(name="Sales"), work),
    ):
        with pytest.raises(Conflict, match='There is a team "Sales" already') as refusal:
            act()
        assert refusal.value.code == "duplicate"
    dissolve_team(first, caller_of(), work)
    change_team(second, TeamChange(name="Sales"), work)
    assert work.people.teams[second].name == "Sales"


def test_a_team_is_dissolved_once_and_doing_it_again_changes_nothing(work: FakeWork) -> None:
    team_id = made_team(work)
    for _ in range(2):
        dissolve_team(team_id, caller_of(), work)
        assert not work.people.teams[team_id].is_active
    assert work.audit.actions == ["team.changed"]


def test_a_dissolved_team_is_not_changed(work: FakeWork) -> None:
    team_id = made_team(work)
    dissolve_team(team_id, caller_of(), work)
    with pytest.raises(Conflict, match="This team is dissolved: make a new one") as refusal:
        change_team(team_id, TeamChange(name="Back"), work)
    assert refusal.value.code == "team_dissolved"


def test_who_is_in_a_dissolved_team_is_in_it_until_the_end_of_the_day(work: FakeWork) -> None:
    team_id, other = made_team(work), made_team(work, "Support")
    people = work.people
    people.save_memberships(
        {
            MAX: in_team(other).moved(team_id, NEXT_MONTH),
            UNA: in_team(team_id).moved(other, NEXT_MONTH),
            LEAVER: in_team(team_id).ended(LONG_AGO),
        }
    )
    dissolve_team(team_id, caller_of(), work)
    assert {user_id: tuple(each) for user_id, each in people.memberships([MAX, UNA, LEAVER]).items()} == {
        MAX: (Membership(other, LONG_AGO, NEXT_MONTH - timedelta(days=1)),),
        UNA: (Membership(team_id, LONG_AGO, TODAY), Membership(other, NEXT_MONTH)),
        LEAVER: (Membership(team_id, LONG_AGO, LONG_AGO),),
    }
    assert not people.teams[team_id].is_active
    assert work.audit.actions == ["team.changed", "user.changed", "user.changed"]
    assert [entry.about.id for entry in work.audit.entries[1:]] == [MAX, UNA]


def test_a_team_is_seen_by_its_members_its_manager_and_who_manages_users(work: FakeWork) -> None:
    team_id = made_team(work, manager_id=MAX)
    for caller in (
        caller_of(Role.USER, user_id=UNA, team_id=team_id),
        caller_of(Role.MANAGER, user_id=MAX, managed_team_ids=frozenset({team_id})),
        caller_of("personnel", {"users.manage"}),
    ):
        assert shown(get_team(team_id, caller, work).text) == ("team", {"id": team_id})
    stranger = caller_of(Role.MANAGER, managed_team_ids=frozenset({team_id + 1}), team_id=team_id + 1)
    with pytest.raises(Forbidden, match="Only the manager of this team, its members and admins"):
        get_team(team_id, stranger, work)


def test_a_team_that_there_is_not_is_not_found(work: FakeWork) -> None:
    work.views.missing.add("team")
    acts: list[Any] = [
        lambda: get_team(NOWHERE, caller_of(Role.USER), work),
        lambda: change_team(NOWHERE, TeamChange(name="N"), work),
        lambda: dissolve_team(NOWHERE, caller_of(), work),
    ]
    for act in acts:
        with pytest.raises(NotFound, match="There is no such team"):
            act()
