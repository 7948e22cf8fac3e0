"""The worked examples of docs/rules/permissions.md, computed."""

import re
from collections.abc import Mapping

import pytest

from lodestar.domain.definitions import Category
from lodestar.domain.permissions import (
    COMPANIES_MANAGE,
    COMPANY_KEYS,
    Actor,
    Grant,
    Role,
    may_edit_kpi,
    may_enter_value,
    may_manage_user,
    may_read_definition,
    may_see_team,
    may_see_user,
    may_set_targets,
    may_view_kpi,
    may_view_team,
    may_view_user,
    permissions_of,
)
from lodestar.domain.sources import EnteredBy
from tests.unit.documents import Row, table

SUPPORT, SALES = 1, 2
LENA, MARCO, MAYA, MAX, ROBERT, NORA, UMA = range(10, 17)


def person(user_id: int, keys: frozenset[str], *managed: int, team: int | None = None) -> Actor:
    return Actor(user_id, 1, "any", keys, frozenset(managed), team)


PEOPLE: Mapping[str, Actor] = {
    "Lena": person(LENA, permissions_of(Role.USER), team=SUPPORT),
    "Marco": person(MARCO, permissions_of(Role.USER), team=SUPPORT),
    "Maya": person(MAYA, permissions_of(Role.MANAGER), SUPPORT, team=SUPPORT),
    "Max": person(MAX, permissions_of(Role.MANAGER), SALES),
    "Robert": person(ROBERT, permissions_of(Role.ADMIN)),
    "Nora": person(NORA, frozenset({"kpis.view_all"})),
    "Uma": person(UMA, frozenset({"users.manage"})),
}
YES_OR_NO = {True: "yes", False: "no"}


@pytest.mark.parametrize(
    "row",
    table(
        "permissions.md",
        "who",
        "Lena's KPIs",
        "Support's KPIs",
        "assign KPIs to Lena",
        "assign KPIs to Maya",
        "enter Lena's value",
        "Lena's entry",
        "Support's entry",
    ),
)
def test_people_may_see_and_do_what_is_documented(row: Row) -> None:
    actor = PEOPLE[row["who"]]
    assert [*row.values()][1:] == [
        YES_OR_NO[may_view_user(actor, LENA, SUPPORT)],
        may_view_team(actor, SUPPORT) or "no",
        YES_OR_NO[may_manage_user(actor, LENA, SUPPORT)],
        YES_OR_NO[may_manage_user(actor, MAYA, SUPPORT)],
        YES_OR_NO[may_enter_value(actor, LENA, SUPPORT, EnteredBy.USER)],
        YES_OR_NO[may_see_user(actor, LENA, SUPPORT)],
        YES_OR_NO[may_see_team(actor, SUPPORT)],
    ]


@pytest.mark.parametrize(
    "row", table("permissions.md", "holds", "see", "edit", "set targets", "read the definition")
)
def test_grants_and_keys_open_a_kpi_of_the_company_as_documented(row: Row) -> None:
    held = frozenset(re.findall(r"[a-z._]+", row["holds"]))
    grant = Grant(**{name: name in held for name in ("can_view", "can_edit", "can_set_targets")})
    actor = Actor(LENA, 1, "any", held & COMPANY_KEYS, grants={7: grant})
    assert [*row.values()][1:] == [
        YES_OR_NO[may_view_kpi(actor, 7, Category.SALES)],
        YES_OR_NO[may_edit_kpi(actor, 7, Category.SALES)],
        YES_OR_NO[may_set_targets(actor, 7, Category.SALES)],
        YES_OR_NO[may_read_definition(actor, 7)],
    ]


def test_the_documented_keys_are_all_that_there_are() -> None:
    named = {row["key"] for row in table("permissions.md", "key", "allows")}
    categories = {f"kpis.{category}.view" for category in Category}
    assert named - {"kpis.<category>.view"} | categories == COMPANY_KEYS | {COMPANIES_MANAGE}


def test_the_built_in_roles_hold_the_documented_keys() -> None:
    documented = {row["role"]: row["keys"] for row in table("permissions.md", "role", "keys")}
    every_key = COMPANY_KEYS | {COMPANIES_MANAGE}
    meant = {"none": frozenset(), "all but `companies.manage`": COMPANY_KEYS, "all": every_key}
    assert {role: meant.get(keys, frozenset({keys})) for role, keys in documented.items()} == {
        role: permissions_of(role) for role in Role
    }
