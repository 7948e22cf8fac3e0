from dataclasses import replace
from itertools import pairwise

import pytest

from lodestar.domain.definitions import Category
from lodestar.domain.permissions import (
    COMPANY_KEYS,
    Actor,
    Grant,
    Role,
    TeamVisibility,
    may_assign,
    may_bestow,
    may_edit_kpi,
    may_enter_value,
    may_manage_user,
    may_read_definition,
    may_read_definitions,
    may_set_targets,
    may_view_kpi,
    may_view_team,
    may_view_user,
    permissions_of,
)
from lodestar.domain.sources import EnteredBy

ME, COLLEAGUE, STRANGER = 1, 2, 3
MY_TEAM, THEIR_TEAM = 10, 20
KPI, ANOTHER_KPI = 7, 8


def actor(role: Role, *managed: int, extra: frozenset[str] = frozenset()) -> Actor:
    return Actor(ME, 1, role, permissions_of(role) | extra, frozenset(managed), MY_TEAM)


USER = actor(Role.USER)
MANAGER = actor(Role.MANAGER, MY_TEAM)
MANAGER_ELSEWHERE = actor(Role.MANAGER, THEIR_TEAM)
ADMIN = actor(Role.ADMIN)
SUPERUSER = actor(Role.SUPERUSER)
CEO = actor(Role.USER, extra=frozenset({"kpis.view_all"}))
NAMED_ONLY = actor(Role.USER, MY_TEAM)  # a team names them as its manager, their role gives nothing
NOBODY = Actor(ME, 1, "intern", frozenset())


def test_each_role_holds_all_that_the_one_below_holds() -> None:
    keys = [permissions_of(role) for role in (Role.USER, Role.MANAGER, Role.ADMIN, Role.SUPERUSER)]
    assert all(below < above for below, above in pairwise(keys))
    assert keys[0] == set()
    assert keys[3] - keys[2] == {"companies.manage"}


def test_an_admin_holds_every_key_of_the_company() -> None:
    named_in_the_spec = {"kpis.view_all", "kpis.create", "kpis.edit_targets", "kpis.delete"}
    named_in_the_spec |= {"alerts.manage", "users.manage", "audit.view"}
    assert named_in_the_spec <= permissions_of(Role.ADMIN)


@pytest.mark.parametrize(
    ("who", "self_", "colleague", "stranger"),
    [
        (NOBODY, True, False, False),
        (USER, True, False, False),
        (NAMED_ONLY, True, False, False),
        (MANAGER, True, True, False),
        (MANAGER_ELSEWHERE, True, False, True),
        (CEO, True, True, True),
        (ADMIN, True, True, True),
        (SUPERUSER, True, True, True),
    ],
)
def test_whose_kpis_may_be_seen(who: Actor, self_: bool, colleague: bool, stranger: bool) -> None:
    assert may_view_user(who, ME, MY_TEAM) is self_
    assert may_view_user(who, COLLEAGUE, MY_TEAM) is colleague
    assert may_view_user(who, STRANGER, THEIR_TEAM) is stranger


@pytest.mark.parametrize(
    ("who", "self_", "colleague", "stranger"),
    [
        (NOBODY, False, False, False),
        (USER, False, False, False),
        (NAMED_ONLY, False, False, False),
        (MANAGER, False, True, False),
        (MANAGER_ELSEWHERE, False, False, True),
        (CEO, False, False, False),
        (ADMIN, True, True, True),
        (SUPERUSER, True, True, True),
    ],
)
def test_whose_kpis_may_be_assigned(who: Actor, self_: bool, colleague: bool, stranger: bool) -> None:
    assert may_manage_user(who, ME, MY_TEAM) is self_
    assert may_manage_user(who, COLLEAGUE, MY_TEAM) is colleague
    assert may_manage_user(who, STRANGER, THEIR_TEAM) is stranger


@pytest.mark.parametrize("who", [USER, CEO, NAMED_ONLY, NOBODY, MANAGER, MANAGER_ELSEWHERE, ADMIN])
def test_who_may_change_anybodys_kpis_is_one_who_assigns(who: Actor) -> None:
    reached = [may_manage_user(who, COLLEAGUE, team) for team in (MY_TEAM, THEIR_TEAM)]
    assert may_assign(who) == any(reached)
    assert may_assign(replace(NOBODY, permissions=frozenset({"kpis.assign_all"})))


def test_a_person_without_a_team_is_the_business_of_admins() -> None:
    assert not may_view_user(MANAGER, STRANGER, None)
    assert not may_manage_user(MANAGER, STRANGER, None)
    assert may_manage_user(ADMIN, STRANGER, None)


@pytest.mark.parametrize(
    ("who", "mine", "theirs"),
    [
        (NOBODY, None, None),
        (USER, TeamVisibility.AVERAGES, None),
        (NAMED_ONLY, TeamVisibility.AVERAGES, None),
        (MANAGER, TeamVisibility.FULL, None),
        (MANAGER_ELSEWHERE, TeamVisibility.AVERAGES, TeamVisibility.FULL),
        (CEO, TeamVisibility.FULL, TeamVisibility.FULL),
        (ADMIN, TeamVisibility.FULL, TeamVisibility.FULL),
    ],
)
def test_how_much_of_a_team_may_be_seen(
    who: Actor, mine: TeamVisibility | None, theirs: TeamVisibility | None
) -> None:
    assert may_view_team(who, MY_TEAM) is mine
    assert may_view_team(who, THEIR_TEAM) is theirs


@pytest.mark.parametrize(
    ("who", "of", "team", "entered_by", "allowed"),
    [
        (USER, ME, MY_TEAM, EnteredBy.USER, True),
        (USER, ME, MY_TEAM, EnteredBy.MANAGER, False),
        (USER, COLLEAGUE, MY_TEAM, EnteredBy.USER, False),
        (MANAGER, COLLEAGUE, MY_TEAM, EnteredBy.USER, True),
        (MANAGER, COLLEAGUE, MY_TEAM, EnteredBy.MANAGER, True),
        (MANAGER, ME, MY_TEAM, EnteredBy.MANAGER, False),
        (MANAGER, STRANGER, THEIR_TEAM, EnteredBy.MANAGER, False),
        (CEO, COLLEAGUE, MY_TEAM, EnteredBy.MANAGER, False),
        (ADMIN, STRANGER, THEIR_TEAM, EnteredBy.MANAGER, True),
    ],
)
def test_who_may_enter_a_manual_value(
    who: Actor, of: int, team: int, entered_by: EnteredBy, allowed: bool
) -> None:
    assert may_enter_value(who, of, team, entered_by) is allowed


def granted(**rights: bool) -> Actor:
    return replace(USER, grants={KPI: Grant(**rights)})


def test_a_company_kpi_shows_to_who_holds_all_its_category_or_a_grant() -> None:
    sales = actor(Role.USER, extra=frozenset({"kpis.sales.view"}))
    assert may_view_kpi(ADMIN, KPI, Category.FINANCE)
    assert may_view_kpi(sales, KPI, Category.SALES)
    assert not may_view_kpi(sales, KPI, Category.FINANCE)
    assert may_view_kpi(granted(can_view=True), KPI, Category.FINANCE)
    assert not may_view_kpi(granted(can_view=True), ANOTHER_KPI, Category.FINANCE)
    assert not may_view_kpi(granted(can_edit=True, can_set_targets=True), KPI, Category.SALES)


def test_a_grant_gives_exactly_what_it_names() -> None:
    editor, setter = granted(can_view=True, can_edit=True), granted(can_view=True, can_set_targets=True)
    assert may_edit_kpi(editor, KPI, Category.SALES)
    assert not may_edit_kpi(editor, ANOTHER_KPI, Category.SALES)
    assert not may_edit_kpi(setter, KPI, Category.SALES)
    assert may_set_targets(setter, KPI, Category.SALES)
    assert not may_set_targets(setter, ANOTHER_KPI, Category.SALES)
    assert not may_set_targets(editor, KPI, Category.SALES)


@pytest.mark.parametrize("key", ["kpis.create", "kpis.edit_targets"])
def test_what_is_locked_for_somebody_they_do_not_write_either(key: str) -> None:
    writer = actor(Role.USER, extra=frozenset({key, "kpis.sales.view"}))
    allows = {"kpis.create": may_edit_kpi, "kpis.edit_targets": may_set_targets}[key]
    assert allows(writer, KPI, Category.SALES)
    assert not allows(writer, KPI, Category.FINANCE)
    assert not allows(writer, KPI, None)


@pytest.mark.parametrize(("who", "allowed"), [(NOBODY, False), (MANAGER, False), (CEO, False), (ADMIN, True)])
def test_without_a_grant_a_company_kpi_is_changed_by_admins(who: Actor, allowed: bool) -> None:
    assert may_edit_kpi(who, KPI, Category.SALES) is allowed
    assert may_set_targets(who, KPI, Category.SALES) is allowed


def test_nobody_hands_out_more_than_they_hold() -> None:
    personnel = actor(Role.USER, extra=frozenset({"users.manage"}))
    assert may_bestow(personnel, {"users.manage"})
    assert not may_bestow(personnel, {"users.manage", "kpis.view_all"})
    assert may_bestow(ADMIN, COMPANY_KEYS)
    assert not may_bestow(ADMIN, permissions_of(Role.SUPERUSER))


def test_definitions_are_read_by_those_who_assign_define_or_see_them_all() -> None:
    author = actor(Role.USER, extra=frozenset({"kpis.create"}))
    assigner = actor(Role.USER, extra=frozenset({"kpis.assign_all"}))
    for reader in (MANAGER, ADMIN, SUPERUSER, CEO, author, assigner):
        assert may_read_definitions(reader)
        assert may_read_definition(reader, KPI)
    for other in (USER, NAMED_ONLY, NOBODY, actor(Role.USER, extra=frozenset({"kpis.sales.view"}))):
        assert not may_read_definitions(other)
        assert not may_read_definition(other, KPI)


def test_a_grant_to_see_or_edit_a_kpi_shows_its_definition_and_no_other() -> None:
    for right, reads in (("can_view", True), ("can_edit", True), ("can_set_targets", False)):
        reader = granted(**{right: True})
        assert may_read_definition(reader, KPI) is reads
        assert not may_read_definition(reader, ANOTHER_KPI)
        assert not may_read_definitions(reader)
