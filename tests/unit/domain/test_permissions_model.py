"""The policy against a second one: a table of reasons, written from the rules in words and not from the code.

Each question has rows of facts. It is answered with yes when all facts of some row are there, so that
nothing is allowed for which the table names no reason.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from lodestar.domain import permissions as policy
from lodestar.domain.definitions import Category
from lodestar.domain.permissions import (
    Actor,
    Grant,
    GrantedKpi,
    Rights,
    Role,
    TeamVisibility,
    WatchedSubject,
)
from lodestar.domain.sources import EnteredBy

type Facts = frozenset[str]
type Reasons = tuple[set[str], ...]

LEADS = {"is named as manager", "kpis.assign"}
SEES_ALL = {"kpis.view_all"}

OF_MANAGER_AND_ABOVE: Reasons = (SEES_ALL, LEADS)
SETS_GOALS: Reasons = ({"kpis.assign_all"}, {"is somebody else", *LEADS})
SEES_KPI: Reasons = (SEES_ALL, {"sees its category"}, {"is granted: view"})


def who_also_sees(*reasons: set[str]) -> Reasons:
    """Each reason, with each of those to see the KPI."""
    return tuple(reason | sees for reason, sees in product(reasons, SEES_KPI))


REASONS: Mapping[str, Reasons] = {
    "see a person's KPIs": ({"is the person"}, *OF_MANAGER_AND_ABOVE),
    "set a person's goals": SETS_GOALS,
    "assign at all": ({"kpis.assign"}, {"kpis.assign_all"}),
    "see a team's members": OF_MANAGER_AND_ABOVE,
    "see a team's averages": (*OF_MANAGER_AND_ABOVE, {"is a member"}),
    "enter a value": ({"is the person", "entered by the person"}, *SETS_GOALS),
    "enter a team's value": ({"kpis.assign_all"}, LEADS),
    "see a KPI": SEES_KPI,
    "be told of a company's alert": SEES_KPI,
    "be told of a team's alert": OF_MANAGER_AND_ABOVE,
    "be told of a person's alert": ({"is the person"}, *OF_MANAGER_AND_ABOVE),
    "edit a KPI": who_also_sees({"kpis.create"}, {"is granted: edit"}),
    "set a KPI's targets": who_also_sees({"kpis.edit_targets"}, {"is granted: targets"}),
    "read definitions": ({"kpis.assign"}, {"kpis.assign_all"}, {"kpis.create"}, SEES_ALL),
    "read a definition": (
        {"kpis.assign"},
        {"kpis.assign_all"},
        {"kpis.create"},
        SEES_ALL,
        {"is granted: view"},
        {"is granted: edit"},
    ),
    "make a role": ({"holds its keys"},),
    "give a role": ({"holds its keys", "may do what it is granted"},),
    "change an address": (
        {"is the person"},
        {"holds its keys", "may do what it is granted", "kpis.view_all", "kpis.assign_all"},
    ),
    "see a person's entry": ({"is the person"}, {"users.manage"}, LEADS),
    "see a team's entry": ({"is a member"}, {"users.manage"}, LEADS),
    "edit a company": ({"companies.manage"}, {"is the own company", "company.edit"}),
    "rename a company": ({"companies.manage"},),
}

CATEGORIES = ("customer_support", "sales", "marketing", "operations", "finance", "custom")
OF_ADMIN = {
    "kpis.view_all",
    "kpis.create",
    "kpis.edit_targets",
    "kpis.delete",
    "kpis.assign",
    "kpis.assign_all",
    "alerts.manage",
    "users.manage",
    "audit.view",
    "runs.manage",
    "records.write",
    "company.edit",
    *(f"kpis.{each}.view" for each in CATEGORIES),
}
OF_ROLE = {
    "user": set[str](),
    "manager": {"kpis.assign"},
    "admin": OF_ADMIN,
    "superuser": OF_ADMIN | {"companies.manage"},
}
KEYS = sorted(OF_ROLE["superuser"])

PEOPLE, TEAMS, KPIS = (1, 2, 3), (10, 20, None), (7, 8)
ME = 1


def allows(question: str, facts: Facts) -> bool:
    """What the table says."""
    return any(reason <= facts for reason in REASONS[question])


def about_kpi(actor: Actor, kpi: int, category: str) -> Facts:
    facts = set(actor.permissions)
    if f"kpis.{category}.view" in actor.permissions:
        facts.add("sees its category")
    if kpi in actor.grants:
        granted = actor.grants[kpi]
        facts |= {"is granted: view"} if granted.can_view else set()
        facts |= {"is granted: edit"} if granted.can_edit else set()
        facts |= {"is granted: targets"} if granted.can_set_targets else set()
    return frozenset(facts)


def about_person(actor: Actor, person: int, team: int | None) -> Facts:
    facts = set(actor.permissions)
    facts.add("is the person" if person == actor.user_id else "is somebody else")
    if team is not None and team in actor.managed_team_ids:
        facts.add("is named as manager")
    return frozenset(facts)


def about_team(actor: Actor, team: int) -> Facts:
    facts = set(actor.permissions)
    if team in actor.managed_team_ids:
        facts.add("is named as manager")
    if team == actor.team_id:
        facts.add("is a member")
    return frozenset(facts)


def about_rights(actor: Actor, rights: Rights, person: int) -> Facts:
    facts = set(about_person(actor, person, None))
    if all(key in actor.permissions for key in rights.permissions):
        facts.add("holds its keys")
    wanted = [
        (question, about_kpi(actor, grant.definition_id, grant.category.value))
        for grant in rights.grants
        for question, is_granted in (
            ("see a KPI", grant.grant.can_view),
            ("edit a KPI", grant.grant.can_edit),
            ("set a KPI's targets", grant.grant.can_set_targets),
        )
        if is_granted
    ]
    if all(allows(question, about) for question, about in wanted):
        facts.add("may do what it is granted")
    return frozenset(facts)


type Decision = tuple[str, Facts, bool]
"""A question, the facts, and what the code decided."""


def decisions_on_people(actor: Actor) -> Iterator[Decision]:
    for person, team in product(PEOPLE, TEAMS):
        facts = about_person(actor, person, team)
        yield "see a person's KPIs", facts, policy.may_view_user(actor, person, team)
        yield "set a person's goals", facts, policy.may_manage_user(actor, person, team)
        yield "see a person's entry", facts, policy.may_see_user(actor, person, team)
        watched = WatchedSubject(KPIS[0], Category.SALES, person, team)
        yield "be told of a person's alert", facts, policy.may_be_told(actor, watched)
        for entered_by in EnteredBy:
            entered = {"entered by the person"} if entered_by is EnteredBy.USER else set()
            found = policy.may_enter_value(actor, person, team, entered_by)
            yield "enter a value", facts | entered, found
    yield "assign at all", actor.permissions, policy.may_assign(actor)


def decisions_on_teams(actor: Actor) -> Iterator[Decision]:
    for team in filter(None, TEAMS):
        facts, seen = about_team(actor, team), policy.may_view_team(actor, team)
        yield "see a team's members", facts, seen is TeamVisibility.FULL
        yield "see a team's averages", facts, seen is not None
        yield "enter a team's value", facts, policy.may_enter_team_value(actor, team)
        yield "see a team's entry", facts, policy.may_see_team(actor, team)
        watched = WatchedSubject(KPIS[0], Category.SALES, None, team)
        yield "be told of a team's alert", facts, policy.may_be_told(actor, watched)


def decisions_on_kpis(actor: Actor) -> Iterator[Decision]:
    scope = policy.visible_kpis(actor)
    for kpi, category in product(KPIS, Category):
        facts = about_kpi(actor, kpi, category.value)
        yield "see a KPI", facts, policy.may_view_kpi(actor, kpi, category)
        yield "see a KPI", facts, scope.shows(kpi, category)
        watched = WatchedSubject(kpi, category, None, None)
        yield "be told of a company's alert", facts, policy.may_be_told(actor, watched)
        yield "edit a KPI", facts, policy.may_edit_kpi(actor, kpi, category)
        yield "set a KPI's targets", facts, policy.may_set_targets(actor, kpi, category)
        yield "read a definition", facts, policy.may_read_definition(actor, kpi)
    yield "read definitions", actor.permissions, policy.may_read_definitions(actor)


def decisions_on_rights(actor: Actor, rights: Rights) -> Iterator[Decision]:
    for person in PEOPLE:
        facts = about_rights(actor, rights, person)
        yield "make a role", facts, policy.may_bestow(actor, rights.permissions)
        yield "give a role", facts, policy.may_hand_out(actor, rights)
        yield "change an address", facts, policy.may_readdress(actor, person, rights)


def decisions_on_companies(actor: Actor) -> Iterator[Decision]:
    for company in (actor.company_id, actor.company_id + 1):
        own = {"is the own company"} if company == actor.company_id else set()
        yield "edit a company", actor.permissions | own, policy.may_edit_company(actor, company)
    yield "rename a company", actor.permissions, policy.may_rename_company(actor)


def decisions(actor: Actor, rights: Rights) -> list[Decision]:
    """Everything that the code decides about one actor."""
    return [
        *decisions_on_people(actor),
        *decisions_on_teams(actor),
        *decisions_on_kpis(actor),
        *decisions_on_rights(actor, rights),
        *decisions_on_companies(actor),
    ]


a_set_of_keys = st.one_of(
    st.sampled_from([frozenset(keys) for keys in OF_ROLE.values()]),
    st.frozensets(st.sampled_from(KEYS)),
    st.frozensets(st.sampled_from(KEYS)).map(lambda missing: frozenset(KEYS) - missing),
)
a_grant = st.builds(Grant, st.booleans(), st.booleans(), st.booleans())
an_actor = st.builds(
    Actor,
    user_id=st.just(ME),
    company_id=st.just(1),
    role=st.sampled_from([*OF_ROLE, "a_role_of_the_company"]),
    permissions=a_set_of_keys,
    managed_team_ids=st.frozensets(st.sampled_from([10, 20, 30])),
    team_id=st.sampled_from(TEAMS),
    grants=st.dictionaries(st.sampled_from([*KPIS, 9]), a_grant),
)
some_rights = st.builds(
    Rights,
    a_set_of_keys,
    st.lists(
        st.builds(GrantedKpi, st.sampled_from(KPIS), st.sampled_from(Category), a_grant), max_size=3
    ).map(tuple),
)

EXAMPLES = 300
ENOUGH = 20_000


def test_the_code_decides_as_the_table_does() -> None:
    decided = 0

    @settings(max_examples=EXAMPLES, deadline=None)
    @given(an_actor, some_rights)
    def agree(actor: Actor, rights: Rights) -> None:
        nonlocal decided
        for question, facts, found in decisions(actor, rights):
            assert found is allows(question, facts), f"{question}: the code says {found} to {sorted(facts)}"
            decided += 1

    agree()
    assert decided >= ENOUGH


def test_the_table_asks_all_that_the_policy_answers() -> None:
    asked = "\n".join(
        map(
            _names_in,
            (
                decisions_on_people,
                decisions_on_teams,
                decisions_on_kpis,
                decisions_on_rights,
                decisions_on_companies,
            ),
        )
    )
    answers = {name for name in vars(policy) if name.startswith("may_")}
    assert {name for name in answers if name not in asked.split("\n")} == set()
    actor = Actor(ME, 1, "user", frozenset())
    assert {question for question, _, _ in decisions(actor, Rights(frozenset()))} == set(REASONS)


def _names_in(function: Callable[..., object]) -> str:
    return "\n".join(function.__code__.co_names)


def test_the_built_in_roles_hold_what_the_spec_gives_them() -> None:
    assert {role.value: set(policy.permissions_of(role)) for role in Role} == OF_ROLE
    assert set(policy.COMPANY_KEYS) == OF_ADMIN
    assert {each.value for each in Category} == set(CATEGORIES)


@settings(deadline=None)
@given(an_actor, some_rights)
def test_who_holds_nothing_gets_nothing_but_their_own(actor: Actor, rights: Rights) -> None:
    nobody = replace(actor, permissions=frozenset(), team_id=None, grants={})
    allowed = {
        (question, "is the person" in facts) for question, facts, found in decisions(nobody, rights) if found
    }
    own = {"see a person's KPIs", "see a person's entry", "enter a value", "change an address"}
    own.add("be told of a person's alert")
    of_nothing = {"make a role", "give a role"} if not rights.permissions else set()
    assert {question for question, is_own in allowed if not is_own} <= of_nothing
    assert {question for question, is_own in allowed if is_own} <= own | of_nothing


@settings(deadline=None)
@given(an_actor, some_rights, a_set_of_keys, a_grant)
def test_more_rights_never_take_anything_away(
    actor: Actor, rights: Rights, keys: Facts, grant: Grant
) -> None:
    more = replace(actor, permissions=actor.permissions | keys)
    for (_, _, before), (question, _, after) in zip(
        decisions(actor, rights), decisions(more, rights), strict=True
    ):
        assert after or not before, question
    wider = replace(actor, grants={**actor.grants, KPIS[0]: _together(actor.grant(KPIS[0]), grant)})
    for (_, _, before), (question, _, after) in zip(
        decisions(actor, rights), decisions(wider, rights), strict=True
    ):
        assert after or not before, question


def _together(one: Grant, other: Grant) -> Grant:
    return Grant(
        one.can_view or other.can_view,
        one.can_edit or other.can_edit,
        one.can_set_targets or other.can_set_targets,
    )


@given(a_set_of_keys, a_set_of_keys)
def test_no_chain_of_gifts_ends_above_where_it_began(giver: Facts, taker: Facts) -> None:
    """Whoever was given a role gives on no more than the first giver holds."""
    first = Actor(ME, 1, "a_role_of_the_company", giver)
    if policy.may_bestow(first, taker):
        second = replace(first, permissions=taker)
        for role in OF_ROLE.values():
            assert policy.may_bestow(first, role) or not policy.may_bestow(second, role)
