"""Users come, move and go; a company keeps an admin; and nobody gives themselves more than they have."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from lodestar.application.calculation.running import MAX_BACKFILL
from lodestar.application.caller import Caller
from lodestar.application.people.shapes import UserChange, UserDraft, UserQuery
from lodestar.application.people.teams import list_teams
from lodestar.application.people.users import create_user, get_user, list_users
from lodestar.application.workflows.leaving import deactivate_user
from lodestar.application.workflows.moving import PersonnelContext, change_user
from lodestar.domain.assignments import Assignment, Subject, Terms
from lodestar.domain.definitions import Category
from lodestar.domain.memberships import NO_MEMBERSHIPS, Membership, Memberships
from lodestar.domain.people import CompanyRole, Team, User
from lodestar.domain.permissions import Grant, GrantedKpi, Role
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, LodestarError, NotFound
from lodestar.domain.runs import BatchSubjects, RunKind
from lodestar.wire.paging import PageQuery
from tests.fakes.calculation import FakeMessages
from tests.fakes.definitions import KPI
from tests.fakes.people import ADA, LONG_AGO, TODAY, FakeDirectory, caller_of, in_team
from tests.fakes.work import FakeWork, shown

NOWHERE = 10**15
UNA, UGO = 2, 3
TEAM, DISSOLVED, OTHER = 20, 21, 22
PERSONNEL = frozenset({"users.manage"})
SECRET = GrantedKpi(77, Category.SALES, Grant(can_view=True))
"""The sight of one KPI that others do not see."""


def user_of(user_id: int, **fields: Any) -> User:
    plain = {
        "name": f"User {user_id}",
        "email": f"user-{user_id}@acme.test",
        "role": "user",
        "memberships": NO_MEMBERSHIPS,
        "timezone": None,
        "external_ids": {},
        "is_active": True,
    }
    return User(**plain | fields, id=user_id, sub=f"sub-{user_id}")


@dataclass
class Office:
    """A company with Ada, its admin, Una and Ugo; whoever calls is Ada unless told otherwise."""

    work: FakeWork = field(default_factory=FakeWork)
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    messages: FakeMessages = field(default_factory=FakeMessages)
    caller: Caller = field(default_factory=caller_of)

    def as_role(self, permissions: Collection[str], **facts: Any) -> "Office":
        """The same office, with a caller whose role the company made of these keys."""
        return replace(self, caller=caller_of("personnel", permissions, **facts))

    def role(self, name: str, *permissions: str) -> str:
        self.work.people.add_role(CompanyRole(0, name, "", frozenset(permissions)))
        return name

    def create(self, **fields: Any) -> User:
        plain = {"name": "New", "email": "new@acme.test"}
        told = create_user(UserDraft(**plain | fields), self.caller, self.work, self.directory)
        return self.work.people.users[shown(told.text)[1]["id"]]

    def change(self, user_id: int, **fields: Any) -> User:
        self.run_of_change(user_id, **fields)
        return self.user(user_id)

    def run_of_change(self, user_id: int, **fields: Any) -> int | None:
        """The run that a change starts, if it does."""
        context = PersonnelContext(self.caller, self.work, self.directory, self.messages)
        view, asked = shown(change_user(user_id, UserChange(**fields), context).text)
        assert (view, asked["id"]) == ("changed_user", user_id)
        return asked["run_id"]

    def deactivate(self, user_id: int) -> User:
        deactivate_user(user_id, self.caller, self.work, self.directory)
        return self.user(user_id)

    def user(self, user_id: int) -> User:
        return self.work.people.users[user_id]

    def refused(
        self, kind: type[LodestarError], says: str, act: Any, *ids: int, **fields: Any
    ) -> LodestarError:
        """The refusal of an act, after which nothing is written."""
        before = dict(self.work.people.users)
        with pytest.raises(kind) as refusal:
            act(*ids, **fields)
        assert says in refusal.value.message
        assert (self.work.people.users, self.work.commits, self.work.audit.entries) == (before, 0, [])
        return refusal.value


@pytest.fixture
def office() -> Office:
    made = Office()
    for user in (user_of(ADA, role="admin"), user_of(UNA), user_of(UGO)):
        made.work.people.users[user.id] = user
        made.directory.emails[user.sub] = user.email
    made.work.people.teams = {
        TEAM: Team(TEAM, "Sales", None, is_active=True),
        OTHER: Team(OTHER, "Support", None, is_active=True),
        DISSOLVED: Team(DISSOLVED, "Gone", None, is_active=False),
    }
    return made


@pytest.fixture
def personnel(office: Office) -> Office:
    """The same office as Pia sees it, who manages users and nothing else."""
    office.role("personnel", *PERSONNEL)
    office.work.people.users[ADA + 3] = user_of(ADA + 3, role="personnel")
    return office.as_role(PERSONNEL, user_id=ADA + 3)


# --- made


def test_a_new_user_is_invited_written_and_told_to_the_log(office: Office) -> None:
    user = office.create(team_id=TEAM, timezone="Europe/Lisbon", external_ids={"crm": "1"})
    assert (user.sub, user.role, user.is_active) == ("sub of new@acme.test", "user", True)
    (entry,) = office.work.audit.entries
    assert (entry.action, entry.about.type, entry.about.id) == ("user.created", "user", user.id)
    assert (entry.before, entry.after) == (
        None,
        {
            "name": "New",
            "email": "new@acme.test",
            "role": "user",
            "timezone": "Europe/Lisbon",
            "external_ids": {"crm": "1"},
            "memberships": [{"team_id": TEAM, "start_date": TODAY, "end_date": None}],
        },
    )
    assert user.memberships == in_team(TEAM, TODAY)
    assert office.work.commits == 1


@pytest.mark.parametrize(
    ("fields", "says", "name"),
    [
        ({"role": "emperor"}, 'There is no role "emperor": choose user, manager, admin or', "role"),
        ({"team_id": NOWHERE}, "team_id must be the id of a team of your company.", "team_id"),
        ({"team_id": DISSOLVED}, "team_id must be the id of a team of your company.", "team_id"),
        ({"timezone": "Mars/Olympus"}, "Europe/Berlin", "timezone"),
    ],
)
def test_what_a_user_cannot_be_is_refused_by_its_field(
    office: Office, fields: Mapping[str, Any], says: str, name: str
) -> None:
    made = office.refused(InvalidContent, says, office.create, **fields)
    changed = office.refused(InvalidContent, says, office.change, UNA, **fields)
    assert [refusal.details[0].field for refusal in (made, changed)] == [f"{name}"] * 2
    assert office.directory.emails.keys() == {"sub-1", "sub-2", "sub-3"}


def test_who_invites_does_not_learn_why_an_address_cannot_be_used(office: Office) -> None:
    own, elsewhere, refused = office.user(UGO).email, "fay@far.test", "bad@far.test"
    office.work.people.subs_elsewhere.add(f"sub of {elsewhere}")
    office.directory.refused.add(refused)
    answers = set()
    for address in (own, elsewhere, refused):
        refusal = office.refused(Conflict, address, office.create, email=address, name="New")
        answers.add((refusal.code, refusal.message.replace(address, "…"), *refusal.details))
    office.directory.emails["somebody"] = elsewhere
    for address in (own, elsewhere, refused):
        with pytest.raises(Conflict, match=address) as told:
            office.change(UNA, email=address, name="Changed")
        answers.add((told.value.code, told.value.message.replace(address, "…"), *told.value.details))
    assert office.work.commits == 0
    assert answers == {("address_unavailable", "Nobody can be invited to …: use another email address.")}


# --- read


def test_an_entry_is_for_the_person_their_manager_and_who_manages_users(office: Office) -> None:
    office.change(UNA, team_id=TEAM)
    for caller in (
        caller_of(Role.USER, user_id=UNA),
        caller_of(Role.MANAGER, user_id=UGO, managed_team_ids=frozenset({TEAM})),
        caller_of("personnel", PERSONNEL, user_id=UGO),
    ):
        assert shown(get_user(UNA, caller, office.work).text) == ("user", {"id": UNA})
    colleague = caller_of(Role.USER, user_id=UGO, team_id=TEAM)
    stranger = caller_of(Role.MANAGER, user_id=UGO, managed_team_ids=frozenset({DISSOLVED}))
    for caller in (colleague, stranger):
        with pytest.raises(Forbidden, match="Only this person, their manager and admins"):
            get_user(UNA, caller, office.work)


def test_nobody_of_an_unknown_id_is_read_changed_or_deactivated(office: Office) -> None:
    for act in (lambda who: get_user(who, office.caller, office.work), office.change, office.deactivate):
        office.refused(NotFound, "There is no such user.", act, NOWHERE)


# --- changed


def test_a_user_is_changed_field_by_field(office: Office) -> None:
    user = office.user(UNA)
    for change in (
        {"name": "Una Umbra"},
        {"role": "manager"},
        {"timezone": "Europe/Lisbon"},
        {"external_ids": {"crm": "3"}},
        {"timezone": None},
        {"is_active": False},
    ):
        user = replace(user, **change)
        changed = office.change(UNA, **change)
        assert replace(changed, last_day=None) == user
        assert changed.last_day == (None if user.is_active else TODAY)
    assert office.work.audit.actions == ["user.changed"] * 6
    last = office.work.audit.entries[-1]
    assert (last.before["is_active"], last.after["is_active"]) == (True, False)
    assert not last.after.keys() & {"id", "sub"}


def test_a_change_that_changes_nothing_is_no_entry_in_the_log(office: Office) -> None:
    before = office.user(UNA)
    assert office.change(UNA) == before
    assert office.change(UNA, name=None, role=None, email=None, is_active=None) == before
    assert office.change(UNA, name=before.name) == before
    assert office.work.audit.entries == []


def test_an_email_address_changes_in_the_user_pool_too(office: Office) -> None:
    office.change(UNA, email="una.umbra@acme.test")
    assert office.directory.emails["sub-2"] == "una.umbra@acme.test"


def test_a_pool_that_has_the_address_already_leaves_the_user_as_they_are(office: Office) -> None:
    office.directory.emails["somebody"] = "mine@acme.test"
    with pytest.raises(Conflict, match="Nobody can be invited to mine@acme"):
        office.change(UNA, email="mine@acme.test")
    assert office.work.commits == 0


def test_who_is_deactivated_is_out_of_the_pool_after_the_commit_and_may_come_back(office: Office) -> None:
    assert not office.deactivate(UNA).is_active
    assert office.directory.disabled == {"sub-2"}
    assert office.change(UNA, is_active=True).is_active
    assert office.directory.disabled == set()
    assert not office.change(UNA, is_active=False).is_active
    assert office.directory.disabled == {"sub-2"}


def test_the_pool_hears_of_a_deactivation_only_once_it_is_committed(office: Office) -> None:
    class Watching(FakeDirectory):
        def disable(self, sub: str) -> None:
            assert office.work.commits == 1
            super().disable(sub)

    office.directory = Watching()
    office.deactivate(UNA)
    assert office.directory.disabled == {"sub-2"}


def test_deactivating_again_is_no_entry_but_mends_a_pool_that_is_behind(office: Office) -> None:
    office.deactivate(UNA)
    office.directory.disabled.clear()
    office.deactivate(UNA)
    assert office.work.audit.actions == ["user.changed"]
    assert office.directory.disabled == {"sub-2"}


def test_activating_again_mends_a_pool_that_is_behind(office: Office) -> None:
    office.directory.disabled.add("sub-2")
    office.change(UNA, is_active=True)
    assert office.directory.disabled == set()
    assert office.work.audit.entries == []


# --- in a team, from a day on


YESTERDAY, TOMORROW, NEXT_MONTH = date(2026, 3, 3), date(2026, 3, 5), date(2026, 4, 1)


def test_who_is_made_or_moved_without_a_day_is_in_the_team_from_today_on(office: Office) -> None:
    assert office.create(team_id=TEAM).memberships == in_team(TEAM, TODAY)
    assert office.change(UNA, team_id=TEAM).memberships == in_team(TEAM, TODAY)
    (_, entry) = office.work.audit.entries
    assert (entry.action, entry.before["memberships"]) == ("user.changed", [])
    assert entry.after["memberships"] == [{"team_id": TEAM, "start_date": TODAY, "end_date": None}]


@pytest.mark.parametrize("day", [LONG_AGO, YESTERDAY, TODAY, TOMORROW, NEXT_MONTH])
def test_a_move_counts_from_the_day_that_it_names(office: Office, day: date) -> None:
    assert office.create(team_id=TEAM, effective_from=day).memberships == in_team(TEAM, day)
    assert office.change(UNA, team_id=TEAM, effective_from=day).memberships == in_team(TEAM, day)


def test_the_team_of_today_without_a_day_asks_for_nothing(office: Office) -> None:
    planned = in_team(TEAM).moved(OTHER, NEXT_MONTH)
    office.work.people.save_memberships({UNA: planned})
    assert office.change(UNA, team_id=TEAM, name="Renamed").memberships == planned
    assert office.change(UGO, team_id=None).memberships == NO_MEMBERSHIPS
    assert office.change(UNA, team_id=TEAM, effective_from=TODAY).memberships == in_team(TEAM)


def test_the_entry_of_who_left_today_may_be_sent_back_whole(office: Office) -> None:
    office.work.people.save_memberships({UNA: in_team(TEAM)})
    left = office.deactivate(UNA)
    assert office.change(UNA, team_id=TEAM, is_active=False, name="Una") == replace(left, name="Una")


def test_a_day_without_a_team_is_refused_by_its_field(office: Office) -> None:
    says = "effective_from is the first day in the team of team_id: send both, or neither."
    for act, ids in ((office.create, ()), (office.change, (UNA,))):
        refusal = office.refused(InvalidContent, says, act, *ids, effective_from=TODAY)
        assert refusal.details[0].field == "effective_from"


def test_a_day_beyond_the_calendar_is_refused_by_its_field() -> None:
    for day in (date(1899, 12, 31), date(2200, 1, 1)):
        with pytest.raises(ValidationError, match="between 1900-01-01 and 2199-12-31"):
            UserChange(team_id=TEAM, effective_from=day)


def test_who_leaves_is_in_the_team_until_the_end_of_the_day(office: Office) -> None:
    people = office.work.people
    for leave in (office.deactivate, lambda user_id: office.change(user_id, is_active=False)):
        people.users[UNA] = user_of(UNA, memberships=in_team(TEAM).moved(OTHER, NEXT_MONTH))
        assert leave(UNA).memberships == Memberships((Membership(TEAM, LONG_AGO, TODAY),))
        assert office.work.people.users[UNA].last_day == TODAY


def test_who_has_left_keeps_their_last_day_until_they_come_back(office: Office) -> None:
    left = user_of(UNA, is_active=False, last_day=YESTERDAY)
    office.work.people.users[UNA] = left
    assert office.deactivate(UNA).last_day == YESTERDAY
    assert office.change(UNA, name="Una Umbra").last_day == YESTERDAY
    assert office.change(UNA, is_active=True).last_day is None


def test_coming_back_restores_no_membership(office: Office) -> None:
    ended = in_team(TEAM).ended(YESTERDAY)
    office.work.people.users[UNA] = user_of(UNA, memberships=ended, is_active=False)
    assert office.change(UNA, is_active=True).memberships == ended


def test_who_comes_back_may_name_a_team_that_there_is(office: Office) -> None:
    office.change(UNA, team_id=TEAM)
    office.deactivate(UNA)
    assert office.change(UNA, is_active=True, team_id=TEAM).memberships == in_team(TEAM, TODAY)
    office.deactivate(UNA)
    with pytest.raises(InvalidContent, match="team_id must be"):
        office.change(UNA, is_active=True, team_id=DISSOLVED)


def test_who_is_deactivated_joins_no_team(office: Office) -> None:
    office.work.people.users[UGO] = user_of(UGO, is_active=False)
    says = "This user is deactivated and joins no team: set is_active to true as well."
    office.refused(InvalidContent, says, office.change, UGO, team_id=TEAM)


def test_nobody_returns_to_a_team_of_theirs_that_is_dissolved(office: Office) -> None:
    office.work.people.users[UNA] = user_of(UNA, memberships=in_team(DISSOLVED).ended(YESTERDAY))
    office.refused(InvalidContent, "team_id must be", office.change, UNA, team_id=DISSOLVED)


# --- moved back over closed periods


def assigned(office: Office, user_id: int | None = None) -> None:
    """A KPI of a person, or of the company."""
    kpi = office.work.definitions.add(replace(KPI, key=f"kpi-{user_id or 0}"))
    terms = Terms(LONG_AGO, None, Decimal(1), None)
    office.work.assignments.add(Assignment(0, kpi.id, Subject(user_id=user_id), (terms,)))


def test_a_move_back_has_both_teams_and_the_company_calculated_again(office: Office) -> None:
    people = office.work.people
    people.save_memberships({UNA: in_team(TEAM), UGO: in_team(OTHER), ADA: in_team(TEAM).ended(LONG_AGO)})
    for user_id in (UNA, UGO, ADA, None):
        assigned(office, user_id)
    run_id = office.run_of_change(UNA, team_id=OTHER, effective_from=date(2026, 2, 20))
    assert run_id is not None
    stored = office.work.calculation.runs[run_id]
    # From the first day of the longest period that holds the day: the quarter of February.
    assert (stored.run.kind, stored.run.period_start, stored.run.period_end) == (
        RunKind.BACKFILL,
        date(2026, 1, 1),
        TODAY,
    )
    assert (stored.run.user_ids, stored.run.with_groups) == ((UNA, UGO), True)
    assert {batch.plan.subjects for batch in stored.batches.values()} == set(BatchSubjects)
    assert office.work.audit.actions == ["user.changed", "run.requested"]
    assert office.messages.sent == [(run_id, (1, 2))]


def test_no_run_is_started_where_no_closed_period_is_touched(office: Office) -> None:
    office.work.people.save_memberships({UNA: in_team(TEAM)})
    assigned(office, UNA)
    for day in (TODAY, TOMORROW):
        assert office.run_of_change(UNA, team_id=OTHER, effective_from=day) is None
    assert office.run_of_change(UGO, name="Renamed") is None
    assert office.run_of_change(UGO, is_active=False) is None
    assert office.work.calculation.runs == {}


def test_no_run_is_started_where_there_is_nothing_to_calculate(office: Office) -> None:
    assert office.run_of_change(UNA, team_id=TEAM, effective_from=LONG_AGO) is None


def test_a_run_reaches_back_ten_years_at_most(office: Office) -> None:
    assigned(office, UNA)
    run_id = office.run_of_change(UNA, team_id=TEAM, effective_from=date(1990, 1, 1))
    assert run_id is not None
    assert office.work.calculation.runs[run_id].run.period_start == TODAY - MAX_BACKFILL


# --- listed


def test_people_and_teams_are_listed_for_who_manages_them(office: Office) -> None:
    listings: list[Any] = [
        lambda caller: list_users(UserQuery(), caller, office.work),
        lambda caller: list_teams(PageQuery(), caller, office.work),
    ]
    for listed in listings:
        assert shown(listed(office.caller).text)[1]["teams"] is None
        leader = caller_of(Role.MANAGER, managed_team_ids=frozenset({OTHER, TEAM}))
        assert shown(listed(leader).text)[1]["teams"] == [TEAM, OTHER]
        assert shown(listed(caller_of(Role.MANAGER)).text)[1]["teams"] == []
        with pytest.raises(Forbidden, match=r"This needs the permission users\.manage, or kpis\.assign for"):
            listed(caller_of(Role.USER, team_id=TEAM))


# --- the last admin


@pytest.mark.parametrize("change", [{"role": "user"}, {"role": "manager"}, {"is_active": False}])
def test_a_company_always_keeps_an_active_admin(office: Office, change: Mapping[str, Any]) -> None:
    says = "Nobody else is an active admin here: make somebody else one first."
    office.work.people.users[UGO] = user_of(UGO, role="admin", is_active=False)  # who is out does not count
    assert office.refused(Conflict, says, office.change, ADA, **change).code == "last_admin"
    assert office.refused(Conflict, says, office.deactivate, ADA).code == "last_admin"
    office.work.people.users[UGO] = user_of(UGO, role="admin")
    office.change(ADA, **change)


def test_the_last_admin_may_change_all_else_of_their_entry(office: Office) -> None:
    assert office.change(ADA, name="Ada Again", role="admin", is_active=True).name == "Ada Again"


def test_a_superuser_is_an_admin_too_but_no_admin_is_a_superuser(office: Office) -> None:
    office.caller = caller_of(Role.SUPERUSER)
    office.work.people.users[ADA] = user_of(ADA, role="superuser")
    office.work.people.users[UNA] = user_of(UNA, role="admin")
    says = "Nobody else is an active superuser here"
    assert office.refused(Conflict, says, office.change, ADA, role="admin").code == "last_admin"
    office.refused(Conflict, says, office.deactivate, ADA)
    assert not office.deactivate(UNA).is_active


def test_an_admin_who_is_out_already_may_be_changed_though_nobody_else_is_one(office: Office) -> None:
    office.work.people.users[UGO] = user_of(UGO, role="admin", is_active=False)
    assert office.change(UGO, role="user").role == "user"


# --- nobody gives themselves more


def test_who_manages_users_does_what_that_is_for(personnel: Office) -> None:
    user = personnel.create(team_id=TEAM)
    personnel.change(user.id, name="Newer", team_id=None, is_active=False)
    personnel.change(user.id, is_active=True)
    assert not personnel.deactivate(user.id).is_active


@pytest.mark.parametrize("role", ["admin", "manager", "superuser"])
def test_nobody_gives_a_role_that_holds_more(personnel: Office, role: str) -> None:
    says = f'the role "{role}"'
    personnel.refused(Forbidden, says, personnel.create, role=role)
    for who in (personnel.caller.user_id, UNA):
        personnel.refused(Forbidden, says, personnel.change, who, role=role)


def test_nobody_gives_a_companys_own_role_that_holds_more(personnel: Office) -> None:
    above = personnel.role("definer", "kpis.create")
    says = 'You would need to hold kpis.create yourself to make, change or give the role "definer".'
    personnel.refused(Forbidden, says, personnel.change, personnel.caller.user_id, role=above)


def test_nobody_gives_a_role_that_is_granted_more_on_a_single_kpi(personnel: Office) -> None:
    name = personnel.role("privy", *PERSONNEL)
    personnel.work.people.grants[name] = (SECRET,)
    says = "granted more on single KPIs"
    personnel.refused(Forbidden, says, personnel.create, role=name)
    personnel.refused(Forbidden, says, personnel.change, UNA, role=name)
    sees_it_too = personnel.as_role(PERSONNEL, grants={SECRET.definition_id: SECRET.grant})
    assert sees_it_too.create(role=name).role == name


CHANGES = [
    {"name": "Renamed"},
    {"role": "user"},
    {"email": "pia.as.admin@acme.test"},  # and a new password for that address
    {"is_active": False},
    {"is_active": True},
    {"team_id": None},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: str(*change.items()))
@pytest.mark.parametrize("above", ["admin", "manager"])
@pytest.mark.parametrize("is_active", [True, False])
def test_nobody_touches_who_holds_more(
    personnel: Office, above: str, change: Mapping[str, Any], is_active: bool
) -> None:
    personnel.work.people.users[UGO] = user_of(UGO, role=above, is_active=is_active)
    says = ", which you do not: ask an admin to change their entry."
    personnel.refused(Forbidden, says, personnel.change, UGO, **change)
    personnel.refused(Forbidden, says, personnel.deactivate, UGO)


def test_what_somebody_holds_more_is_named(personnel: Office) -> None:
    personnel.work.people.users[UGO] = user_of(UGO, role="manager")
    says = "This person holds kpis.assign, which you do not"
    personnel.refused(Forbidden, says, personnel.change, UGO, name="U")


def test_nobody_takes_over_the_sign_in_of_somebody_whose_kpis_they_may_not_see(personnel: Office) -> None:
    personnel.refused(Forbidden, "can sign in as this person", personnel.change, UNA, email="mine@acme.test")
    me = personnel.caller.user_id
    assert personnel.change(me, email="mine@acme.test").email == "mine@acme.test"


@pytest.mark.parametrize("missing", ["kpis.view_all", "kpis.assign_all"])
def test_who_may_act_for_anyone_may_change_an_address_and_nobody_who_may_less(
    personnel: Office, missing: str
) -> None:
    keys = PERSONNEL | {"kpis.view_all", "kpis.assign_all"}
    less = personnel.as_role(keys - {missing})
    less.refused(Forbidden, "can sign in as this person", less.change, UNA, email="new@acme.test")
    assert personnel.as_role(keys).change(UNA, email="new@acme.test").email == "new@acme.test"


@pytest.mark.parametrize("grantee", [UGO, "user"])
def test_nobody_takes_over_the_sign_in_of_somebody_who_is_granted_more(
    personnel: Office, grantee: int | str
) -> None:
    keys = PERSONNEL | {"kpis.view_all", "kpis.assign_all"}
    chief = personnel.as_role(keys)
    granted = replace(SECRET, grant=Grant(can_view=True, can_edit=True))
    personnel.work.people.grants[grantee] = (granted,)
    chief.refused(Forbidden, "can sign in as this person", chief.change, UGO, email="new@acme.test")
    edits_it_too = personnel.as_role(keys, grants={granted.definition_id: granted.grant})
    assert edits_it_too.change(UGO, email="new@acme.test").email == "new@acme.test"
