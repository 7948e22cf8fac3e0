"""Teams are made, renamed, given to another manager and dissolved."""

from typing import Any

import pytest

from lodestar.application.people.shapes import TeamChange, TeamDraft
from lodestar.application.people.teams import change_team, create_team, dissolve_team, get_team
from lodestar.domain.people import Team, User
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, NotFound
from tests.fakes.people import caller_of
from tests.fakes.work import FakeWork, shown

NOWHERE = 10**15
MAX, LEAVER, UNA = 2, 3, 4


def user_of(user_id: int, *, is_active: bool = True, team_id: int | None = None) -> User:
    name = f"user-{user_id}"
    return User(user_id, name, name, f"{name}@acme.test", "user", team_id, None, {}, is_active)


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
    dissolve_team(first, work)
    change_team(second, TeamChange(name="Sales"), work)
    assert work.people.teams[second].name == "Sales"


def test_a_team_is_dissolved_once_and_doing_it_again_changes_nothing(work: FakeWork) -> None:
    team_id = made_team(work)
    for _ in range(2):
        dissolve_team(team_id, work)
        assert not work.people.teams[team_id].is_active
    assert work.audit.actions == ["team.changed"]


def test_a_dissolved_team_is_not_changed(work: FakeWork) -> None:
    team_id = made_team(work)
    dissolve_team(team_id, work)
    with pytest.raises(Conflict, match="This team is dissolved: make a new one") as refusal:
        change_team(team_id, TeamChange(name="Back"), work)
    assert refusal.value.code == "team_dissolved"


@pytest.mark.parametrize(("members", "says"), [([UNA], "has a member"), ([UNA, MAX], "has 2 members")])
def test_a_team_with_people_in_it_is_not_dissolved(work: FakeWork, members: list[int], says: str) -> None:
    team_id = made_team(work)
    for user_id in members:
        work.people.users[user_id] = user_of(user_id, team_id=team_id)
    work.people.users[LEAVER] = user_of(LEAVER, team_id=team_id, is_active=False)
    with pytest.raises(Conflict, match=says) as refusal:
        dissolve_team(team_id, work)
    assert refusal.value.code == "team_not_empty"
    for user_id in members:
        work.people.users[user_id] = user_of(user_id, team_id=team_id, is_active=False)
    dissolve_team(team_id, work)  # who is deactivated does not hold it up
    assert not work.people.teams[team_id].is_active


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
        lambda: dissolve_team(NOWHERE, work),
    ]
    for act in acts:
        with pytest.raises(NotFound, match="There is no such team"):
            act()
