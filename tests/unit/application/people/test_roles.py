"""A company's own roles: made, changed and deleted by those who have all that is in them."""

import json
from typing import Any

import pytest

from lodestar.application.people.roles import (
    change_role,
    create_role,
    delete_role,
    list_roles,
    require_right_to_give,
)
from lodestar.application.people.shapes import RoleChange, RoleDraft
from lodestar.domain.definitions import Category
from lodestar.domain.people import CompanyRole, User
from lodestar.domain.permissions import (
    COMPANY_KEYS,
    KPIS_CREATE,
    NOTES_ON_KEYS,
    Grant,
    GrantedKpi,
    Role,
    permissions_of,
)
from lodestar.domain.refusals import Conflict, Forbidden, NotFound
from lodestar.wire.paging import PageQuery
from tests.fakes.people import caller_of, in_team
from tests.fakes.work import FakeWork, shown

NOWHERE = 10**15
ADA = caller_of(Role.ADMIN)
PIA = caller_of("personnel", {"users.manage"})


@pytest.fixture
def work() -> FakeWork:
    return FakeWork()


def made_role(work: FakeWork, *keys: str, name: str = "lead") -> int:
    return work.people.add_role(CompanyRole(0, name, "Leads.", frozenset(keys)))


def change(work: FakeWork, role_id: int, caller: Any = ADA, **fields: Any) -> CompanyRole:
    change_role(role_id, RoleChange(**fields), caller, work)
    return work.people.roles[role_id]


def test_a_new_role_is_written_and_told_to_the_log_with_its_keys_in_order(work: FakeWork) -> None:
    draft = RoleDraft(name="lead", description="Leads.", permissions=["kpis.view_all", "audit.view"])
    view = shown(create_role(draft, ADA, work).text)
    (role,) = work.people.roles.values()
    assert role == CompanyRole(role.id, "lead", "Leads.", frozenset({"kpis.view_all", "audit.view"}))
    assert view == ("role", {"id": role.id})
    (entry,) = work.audit.entries
    assert (entry.action, entry.about.id, entry.before) == ("role.created", role.id, None)
    assert entry.after["permissions"] == ["audit.view", "kpis.view_all"]
    assert work.commits == 1


def test_a_role_is_changed_in_what_is_named_and_its_name_stays(work: FakeWork) -> None:
    role_id = made_role(work, "audit.view")
    changed = change(work, role_id, permissions=["kpis.create", "kpis.create"])
    assert changed == CompanyRole(role_id, "lead", "Leads.", frozenset({"kpis.create"}))
    assert change(work, role_id, description="") == CompanyRole(
        role_id, "lead", "", frozenset({"kpis.create"})
    )
    assert change(work, role_id, permissions=[]).permissions == frozenset()
    first = work.audit.entries[0]
    assert (first.before["permissions"], first.after["permissions"]) == (["audit.view"], ["kpis.create"])


def test_a_change_that_changes_nothing_is_no_entry_in_the_log(work: FakeWork) -> None:
    role_id = made_role(work, "audit.view")
    change(work, role_id)
    change(work, role_id, permissions=["audit.view"], description="Leads.")
    assert (work.audit.entries, work.commits) == ([], 2)


def test_a_name_is_that_of_one_role(work: FakeWork) -> None:
    made_role(work)
    with pytest.raises(Conflict, match='There is a role "lead" already') as refusal:
        create_role(RoleDraft(name="lead", permissions=[]), ADA, work)
    assert refusal.value.code == "duplicate"


def test_a_role_that_nobody_has_is_deleted_and_the_answer_is_how_it_was(work: FakeWork) -> None:
    role_id = made_role(work, "audit.view")
    assert shown(delete_role(role_id, ADA, work).text) == ("role", {"id": role_id})
    assert work.people.roles == {}
    (entry,) = work.audit.entries
    assert (entry.action, entry.after) == ("role.deleted", None)
    assert entry.before["permissions"] == ["audit.view"]
    assert work.commits == 1


@pytest.mark.parametrize("is_active", [True, False])
def test_a_role_that_somebody_has_is_not_deleted(work: FakeWork, is_active: bool) -> None:
    role_id = made_role(work)
    work.people.users[2] = User(2, "s", "Una", "una@acme.test", "lead", in_team(None), None, {}, is_active)
    with pytest.raises(Conflict, match=r"by 1 user\(s\), deactivated ones included, and 0 grant") as refusal:
        delete_role(role_id, ADA, work)
    assert refusal.value.code == "role_in_use"
    assert (list(work.people.roles), work.audit.entries) == ([role_id], [])


def test_a_role_that_a_grant_names_is_not_deleted(work: FakeWork) -> None:
    role_id = made_role(work)
    work.people.grants["lead"] = (GrantedKpi(7, Category.SALES, Grant(can_view=True)),)
    with pytest.raises(Conflict, match=r"by 0 user\(s\), deactivated ones included, and 1 grant") as refusal:
        delete_role(role_id, ADA, work)
    assert refusal.value.code == "role_in_use"


def test_a_role_that_there_is_not_is_not_found(work: FakeWork) -> None:
    for act in (lambda: change(work, NOWHERE), lambda: delete_role(NOWHERE, ADA, work)):
        with pytest.raises(NotFound, match="There is no such role"):
            act()


def test_nobody_makes_or_widens_a_role_beyond_their_own(work: FakeWork) -> None:
    own, other = made_role(work, "users.manage", name="personnel"), made_role(work)
    with pytest.raises(Forbidden, match=r"hold kpis\.view_all yourself"):
        create_role(RoleDraft(name="mine", permissions=["users.manage", "kpis.view_all"]), PIA, work)
    for role_id in (own, other):  # the role that they have themselves, and another one
        with pytest.raises(Forbidden, match=r"hold audit\.view yourself"):
            change(work, role_id, PIA, permissions=["users.manage", "audit.view"])
    assert work.audit.entries == []
    assert change(work, other, PIA, permissions=["users.manage"]).permissions == {"users.manage"}


@pytest.mark.parametrize("fields", [{"permissions": ["users.manage"]}, {"description": "Mine."}, {}])
def test_nobody_changes_or_deletes_a_role_that_holds_more(work: FakeWork, fields: dict[str, Any]) -> None:
    above = made_role(work, "kpis.create", "users.manage")
    with pytest.raises(
        Forbidden, match=r'hold kpis\.create yourself to make, change or give the role "lead"'
    ):
        change(work, above, PIA, **fields)
    with pytest.raises(Forbidden, match=r"hold kpis\.create yourself"):
        delete_role(above, PIA, work)
    assert (list(work.people.roles), work.audit.entries) == ([above], [])


def test_the_built_in_roles_of_a_company_are_listed_with_their_keys(work: FakeWork) -> None:
    view, asked = shown(list_roles(PageQuery(limit=1), work).text)
    built_in = json.loads(asked["built_in"])
    assert (view, asked["limit"]) == ("roles", 1)
    assert [role["name"] for role in built_in] == ["user", "manager", "admin"]
    assert built_in[0]["permissions"] == []
    assert built_in[2]["permissions"] == sorted(permissions_of(Role.ADMIN)) == sorted(COMPANY_KEYS)
    assert [role["notes"] for role in built_in] == [[], [], [NOTES_ON_KEYS[KPIS_CREATE]]]


def test_the_right_to_read_every_source_is_given_by_who_holds_it_alone(work: FakeWork) -> None:
    everything_else = caller_of("chief", COMPANY_KEYS - {KPIS_CREATE})
    own = work.people.add_role(CompanyRole(0, "plain", "", frozenset()))
    author = work.people.add_role(CompanyRole(0, "author", "", frozenset({KPIS_CREATE})))
    draft = RoleDraft(name="mine", permissions=[KPIS_CREATE])
    for act in (
        lambda who: create_role(draft, who, work),
        lambda who: change_role(own, RoleChange(permissions=[KPIS_CREATE]), who, work),
        lambda who: require_right_to_give(work.people.roles[author].name, who.actor, work),
        lambda who: require_right_to_give(Role.ADMIN, who.actor, work),
    ):
        with pytest.raises(Forbidden, match=r"hold kpis\.create yourself"):
            act(everything_else)
        act(caller_of(Role.ADMIN))
