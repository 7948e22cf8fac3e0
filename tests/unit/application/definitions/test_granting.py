"""Grants on single KPIs: nobody hands out more than they hold, and the log tells what was there before."""

from typing import Any

import pytest
from pydantic import ValidationError

from lodestar.application.caller import Caller
from lodestar.application.definitions.granting import grant_to_roles, grant_to_user, list_grants
from lodestar.application.definitions.ports import Grantee
from lodestar.application.definitions.shapes import GrantBody, RoleGrants
from lodestar.domain.definitions import Definition
from lodestar.domain.people import User
from lodestar.domain.permissions import Grant, Role
from lodestar.domain.refusals import Forbidden, InvalidContent, NotFound
from lodestar.wire.paging import PageQuery
from tests.fakes.definitions import KPI
from tests.fakes.people import caller_of, in_team
from tests.fakes.work import FakeWork, shown

NOWHERE, UNA = 10**15, 2
ADMIN = caller_of(Role.ADMIN)


@pytest.fixture
def work() -> FakeWork:
    made = FakeWork()
    made.people.users[UNA] = User(
        UNA, "s", "Una", "una@acme.test", "user", in_team(None), None, {}, is_active=True
    )
    return made


@pytest.fixture
def kpi(work: FakeWork) -> Definition:
    return work.definitions.add(KPI)


def body(view: bool = False, edit: bool = False, targets: bool = False) -> GrantBody:
    return GrantBody(can_view=view, can_edit=edit, can_set_targets=targets)


def grants(work: FakeWork) -> dict[Any, Grant]:
    return {grantee.user_id or grantee.role: grant for (_, grantee), grant in work.definitions.grants.items()}


def test_a_grant_is_given_changed_and_taken_away(work: FakeWork, kpi: Definition) -> None:
    for sent, held in (
        (body(), {}),
        (body(view=True), {UNA: Grant(can_view=True)}),
        (body(view=True, edit=True), {UNA: Grant(can_view=True, can_edit=True)}),
        (body(view=True, targets=True), {UNA: Grant(can_view=True, can_set_targets=True)}),
        (body(), {}),
    ):
        answer = grant_to_user(kpi.id, UNA, sent, ADMIN, work)
        assert answer.model_dump() == {"kpi_id": kpi.id, "user_id": UNA, **sent.model_dump()}
        assert grants(work) == held
    assert work.commits == 5
    assert work.audit.actions == ["grant.changed"] * 4  # the first changed nothing
    first, second, *_, last = work.audit.entries
    nothing = {"user_id": UNA, "role": None, "can_view": False, "can_edit": False, "can_set_targets": False}
    assert (first.about.type, first.about.id, first.before) == ("definition", kpi.id, nothing)
    assert second.before == first.after == {**nothing, "can_view": True}
    assert last.after == nothing


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        (body(edit=True), "can_edit"),
        (body(targets=True), "can_set_targets"),
        (body(edit=True, targets=True), "can_edit"),
    ],
)
def test_who_changes_a_kpi_has_to_see_it(
    work: FakeWork, kpi: Definition, sent: GrantBody, field: str
) -> None:
    with pytest.raises(InvalidContent, match=f"{field} needs can_view") as refusal:
        grant_to_user(kpi.id, UNA, sent, ADMIN, work)
    assert refusal.value.details[0].field == f"{field}"
    assert (grants(work), work.commits) == ({}, 0)


@pytest.mark.parametrize(
    ("caller", "sent", "may"),
    [
        (caller_of("author", {"kpis.create"}), body(view=True), False),
        (caller_of("author", {"kpis.create", "kpis.sales.view"}), body(view=True), True),
        (caller_of("author", {"kpis.create", "kpis.sales.view"}), body(view=True, edit=True), True),
        (caller_of("author", {"kpis.create", "kpis.sales.view"}), body(view=True, targets=True), False),
        (caller_of("setter", {"kpis.sales.view", "kpis.edit_targets"}), body(view=True, targets=True), True),
        (caller_of("setter", {"kpis.sales.view", "kpis.edit_targets"}), body(view=True, edit=True), False),
        (caller_of("seer", grants={100: Grant(can_view=True)}, permissions=()), body(view=True), True),
        (caller_of("seer", grants={101: Grant(can_view=True)}, permissions=()), body(view=True), False),
    ],
)
def test_nobody_hands_out_more_than_they_hold(
    work: FakeWork, kpi: Definition, caller: Caller, sent: GrantBody, may: bool
) -> None:
    assert kpi.id == 100
    if may:
        grant_to_user(kpi.id, UNA, sent, caller, work)
        assert grants(work) == {UNA: Grant(**sent.model_dump())}
        return
    with pytest.raises(Forbidden, match=r'"Deals" (is locked for you|you can hand out only what you may do)'):
        grant_to_user(kpi.id, UNA, sent, caller, work)
    assert (grants(work), work.audit.entries, work.commits) == ({}, [], 0)


def test_a_grant_on_what_is_locked_for_somebody_they_do_not_take_back(
    work: FakeWork, kpi: Definition
) -> None:
    grant_to_user(kpi.id, UNA, body(view=True), ADMIN, work)
    with pytest.raises(Forbidden, match='"Deals" is locked for you'):
        grant_to_user(kpi.id, UNA, body(), caller_of("author", {"kpis.create"}), work)
    assert grants(work) == {UNA: Grant(can_view=True)}


def test_a_grant_is_for_a_kpi_and_a_user_that_there_are(work: FakeWork, kpi: Definition) -> None:
    for ids, says in (
        ((NOWHERE, UNA), "There is no such KPI."),
        ((kpi.id, NOWHERE), "There is no such user."),
    ):
        with pytest.raises(NotFound, match=says):
            grant_to_user(*ids, body(view=True), ADMIN, work)
    with pytest.raises(NotFound, match="There is no such KPI"):
        list_grants(NOWHERE, PageQuery(), work)


def test_the_grants_on_a_kpi_are_asked_for_by_its_id(work: FakeWork, kpi: Definition) -> None:
    view, asked = shown(list_grants(kpi.id, PageQuery(limit=3), work).text)
    assert (view, asked["kpi_id"], asked["limit"]) == ("grants", kpi.id, 3)


def test_roles_see_a_new_kpi_and_those_that_edit_it_see_it_too(work: FakeWork, kpi: Definition) -> None:
    work.definitions.company_roles = {"viewer", "editor"}
    grant_to_roles(kpi, RoleGrants(view=["viewer", "user"], edit=["editor", "viewer"]), ADMIN, work)
    both = Grant(can_view=True, can_edit=True)
    assert grants(work) == {"viewer": both, "editor": both, "user": Grant(can_view=True)}
    assert [entry.after["role"] for entry in work.audit.entries] == ["editor", "user", "viewer"]


def test_a_role_that_the_company_lacks_is_made_without_permissions(work: FakeWork, kpi: Definition) -> None:
    work.definitions.company_roles = {"viewer"}
    wanted = RoleGrants(view=["viewer", "rep", "user"], edit=["chief", "rep"])
    assert grant_to_roles(kpi, wanted, ADMIN, work) == ["chief", "rep"]
    assert [(role.name, role.permissions) for role in work.people.roles.values()] == [
        ("chief", frozenset()),
        ("rep", frozenset()),
    ]
    assert grants(work).keys() == {"viewer", "rep", "user", "chief"}
    assert work.audit.actions[:2] == ["role.created"] * 2


@pytest.mark.parametrize("name", ["superuser", "Sales Manager", "", "a"])
def test_a_role_is_named_as_roles_of_companies_can_be(name: str) -> None:
    for field in ("view", "edit"):
        with pytest.raises(ValidationError, match=f"{field}.1"):
            RoleGrants(**{field: ["user", name]})


def test_a_role_is_granted_nothing_that_the_caller_does_not_hold(work: FakeWork, kpi: Definition) -> None:
    with pytest.raises(Forbidden, match="only what you may do yourself"):
        grant_to_roles(kpi, RoleGrants(view=["user"]), caller_of("author", {"kpis.create"}), work)
    assert work.definitions.grant_for_update(kpi.id, Grantee(role="user")) is None
