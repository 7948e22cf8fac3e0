"""What values of the company and of teams are made of: which way they took, and which parts who may see."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lodestar.application.caller import Caller
from lodestar.application.insight.breaking_down import break_down, explain_group_value
from lodestar.application.insight.explanation_shapes import (
    Breakdown,
    BreakdownQuery,
    GroupExplanation,
    GroupPeriodQuery,
)
from lodestar.domain.assignments import Assignment, Subject, SubjectType, Terms
from lodestar.domain.definitions import Category, Definition, Rollup
from lodestar.domain.people import Team
from lodestar.domain.permissions import KPIS_VIEW_ALL
from lodestar.domain.refusals import Forbidden, InvalidRequest, NotFound
from lodestar.domain.sources import ManualSource
from tests.fakes.people import caller_of
from tests.unit.application.insight.acme import (
    ADMIN,
    LONG_AGO,
    MANAGER,
    MEMBER,
    NOBODY,
    SALES,
    STRANGER,
    SUPPORT,
    UGO,
    UNA,
    user_of,
)
from tests.unit.application.insight.office import CALLS, DAY, Office

VIEWER = caller_of("viewer", {"kpis.sales.view"}, user_id=UGO)
"""Sees the company's sales KPIs, and of people only themselves."""


@pytest.fixture
def office() -> Office:
    return Office()


def kpi_of(office: Office, *, team: int | None = None, **changes: Any) -> Definition:
    """A KPI of the company, or of a team."""
    definition, _ = office.assigned(CALLS, category=Category.SALES, **changes)
    give(office, definition, team)
    return definition


def give(office: Office, definition: Definition, team: int | None = None) -> None:
    terms = Terms(LONG_AGO, None, Decimal(1), None)
    office.acme.work.assignments.add(Assignment(0, definition.id, Subject(team_id=team), (terms,)))


def measured(office: Office, kpi: Definition, *people: tuple[int | None, int]) -> list[int]:
    """People with a team and a value each, measured on the day; their ids."""
    ids = []
    for team, value in people:
        user_id = 100 + len(office.acme.work.people.users)
        office.acme.work.people.users[user_id] = user_of(user_id, f"user {user_id}", team)
        office.values.add(kpi, DAY, user_id, str(value), team_id=team)
        ids.append(user_id)
    return ids


def broken_down(office: Office, kpi: Definition, caller: Caller = ADMIN, **query: Any) -> dict[str, Any]:
    asked = BreakdownQuery.model_validate({"period_start": DAY, "period_end": DAY} | query)
    told = break_down(kpi.id, asked, caller, office.acme.work)
    Breakdown.model_validate_json(told.text)
    found: dict[str, Any] = json.loads(told.text, parse_float=Decimal)
    return found


def lines(told: dict[str, Any]) -> list[tuple[Any, ...]]:
    key = "lines" if "lines" in told else "parts"
    return [(line["kind"], line["id"], line["value"], line["people"]) for line in told[key]]


def explained(
    office: Office, kpi: Definition, caller: Caller = ADMIN, team_id: int | None = None
) -> dict[str, Any]:
    query = GroupPeriodQuery(period_start=DAY, period_end=DAY, team_id=team_id)
    told = explain_group_value(kpi.id, query, office.context(caller))
    GroupExplanation.model_validate_json(told.text)
    found: dict[str, Any] = json.loads(told.text, parse_float=Decimal)
    return found


# The way a value took


def test_a_rolled_up_value_lists_the_people_that_it_is_made_of(office: Office) -> None:
    kpi = kpi_of(office, rollup=Rollup.SUM)
    una, ugo = measured(office, kpi, (SUPPORT, 3), (None, 4))
    office.store("7")
    told = explained(office, kpi)
    assert (told["way"], told["rollup"], told["value_now"], told["row_count"]) == ("rolled_up", "sum", 7, 2)
    assert (told["team_id"], told["differs"]) == (None, False)
    assert lines(told) == [("user", una, 3, 1), ("user", ugo, 4, 1)]


def test_a_teams_value_is_made_of_those_who_count_for_it(office: Office) -> None:
    kpi = kpi_of(office, team=SUPPORT, rollup=Rollup.AVERAGE)
    of_team = measured(office, kpi, (SUPPORT, 3), (SUPPORT, 5), (SALES, 100))[:2]
    told = explained(office, kpi, MANAGER, SUPPORT)
    assert (told["value_now"], told["team_id"]) == (4, SUPPORT)
    assert lines(told) == [("user", of_team[0], 3, 1), ("user", of_team[1], 5, 1)]


def test_a_value_of_raw_rows_says_so_and_has_no_parts(office: Office) -> None:
    kpi = kpi_of(office)
    measured(office, kpi, (SUPPORT, 3))
    told = explained(office, kpi)
    assert (told["way"], told["rollup"], told["value_now"], told["row_count"]) == (
        "raw_rows",
        None,
        Decimal("10.5"),
        2,
    )
    assert told["parts"] == []


def test_an_entered_kpi_is_rolled_up_where_it_says_so_and_else_entered(office: Office) -> None:
    rolled = kpi_of(office, rollup=Rollup.AVERAGE)
    office.acme.work.definitions.stored[rolled.id] = replace(rolled, data_source=ManualSource())
    measured(office, rolled, (None, 6))
    told = explained(office, rolled)
    assert (told["way"], told["value_now"]) == ("rolled_up", 6)
    entered, _ = office.assigned(ManualSource(), category=Category.SALES)
    give(office, entered)
    office.store("3", entered_by={"id": UNA, "name": "Una"})
    told = explained(office, entered)
    assert (told["way"], told["value_now"], told["measurement"]["actual_value"]) == ("entered", 3, 3)


# By person


def test_who_may_not_be_seen_is_part_of_one_line(office: Office) -> None:
    kpi = kpi_of(office, rollup=Rollup.SUM)
    of_team = measured(office, kpi, (SUPPORT, 1), (SUPPORT, 2))
    measured(office, kpi, (SALES, 10), (SALES, 20), (None, 30))
    told = broken_down(office, kpi, as_viewer(MANAGER), by="user")
    assert lines(told) == [
        ("user", of_team[0], 1, 1),
        ("user", of_team[1], 2, 1),
        ("others", None, 60, 3),
    ]


def test_who_has_moved_is_still_told_to_who_sees_the_team_that_they_counted_for(office: Office) -> None:
    kpi = kpi_of(office, team=SUPPORT, rollup=Rollup.SUM)
    moved, stayed = measured(office, kpi, (SUPPORT, 3), (SUPPORT, 5))
    office.acme.work.people.users[moved] = user_of(moved, "moved", SALES)
    expected = [("user", moved, 3, 1), ("user", stayed, 5, 1)]
    assert lines(broken_down(office, kpi, MANAGER, team_id=SUPPORT, by="user")) == expected
    assert lines(explained(office, kpi, MANAGER, SUPPORT)) == expected


def test_the_line_of_others_who_are_too_few_has_no_value(office: Office) -> None:
    kpi = kpi_of(office, rollup=Rollup.SUM)
    measured(office, kpi, (SUPPORT, 1), (SALES, 10), (SALES, 20))
    told = broken_down(office, kpi, as_viewer(MANAGER), by="user")
    assert lines(told)[1:] == [("others", None, None, 2)]


def as_viewer(caller: Caller) -> Caller:
    """The same with a view of the sales KPIs."""
    actor = replace(caller.actor, permissions=caller.actor.permissions | {"kpis.sales.view"})
    return replace(caller, actor=actor)


# By team


def test_a_team_has_a_line_from_the_least_number_of_people_on(office: Office) -> None:
    kpi = kpi_of(office, rollup=Rollup.SUM)
    measured(office, kpi, *((SUPPORT, 1) for _ in range(3)), (SALES, 10), (None, 100), (None, 200))
    assert lines(broken_down(office, kpi, VIEWER)) == [("team", SUPPORT, 3, 3), ("others", None, 310, 3)]
    assert lines(broken_down(office, kpi)) == [
        ("team", SUPPORT, 3, 3),
        ("team", SALES, 10, 1),
        ("no_team", None, 300, 2),
    ]


def test_a_rest_that_is_too_small_takes_a_team_with_it(office: Office) -> None:
    kpi = kpi_of(office, rollup=Rollup.SUM)
    measured(office, kpi, *((SUPPORT, 1) for _ in range(4)), (SALES, 10))
    assert lines(broken_down(office, kpi, VIEWER)) == [("others", None, 14, 5)]


def test_where_nothing_is_rolled_up_each_team_has_its_own_value(office: Office) -> None:
    kpi = kpi_of(office)
    measured(office, kpi, (SUPPORT, 1), (SALES, 10))
    office.values.add(kpi, DAY, SUPPORT, "77", subject_type=SubjectType.TEAM, team_id=SUPPORT)
    told = broken_down(office, kpi)
    assert (told["way"], told["rollup"]) == ("raw_rows", None)
    assert lines(told) == [("team", SUPPORT, 77, 1), ("team", SALES, None, 1)]


def test_the_value_of_a_team_is_broken_down_by_person_only(office: Office) -> None:
    kpi = kpi_of(office, team=SUPPORT, rollup=Rollup.SUM)
    measured(office, kpi, (SUPPORT, 1), (SALES, 10))
    with pytest.raises(InvalidRequest, match="send by=user"):
        broken_down(office, kpi, team_id=SUPPORT)
    assert [line[2] for line in lines(broken_down(office, kpi, team_id=SUPPORT, by="user"))] == [1]


# Who may


def test_only_who_sees_the_kpi_or_the_team_in_full_is_told(office: Office) -> None:
    kpi = kpi_of(office, team=SUPPORT, rollup=Rollup.SUM)
    give(office, kpi)
    for caller, team in ((STRANGER, None), (MEMBER, SUPPORT), (VIEWER, SUPPORT)):
        with pytest.raises(Forbidden):
            explained(office, kpi, caller, team)
        with pytest.raises(Forbidden):
            broken_down(office, kpi, caller, team_id=team, by="user")
    with pytest.raises(NotFound, match="no such team"):
        explained(office, kpi, team_id=NOBODY)
    with pytest.raises(NotFound, match="was never assigned to this team"):
        explained(office, kpi, team_id=SALES)
    unassigned, _ = office.assigned(CALLS)
    with pytest.raises(NotFound, match="was never assigned to the company"):
        broken_down(office, unassigned)


def test_dates_that_are_no_period_are_refused(office: Office) -> None:
    kpi = kpi_of(office)
    with pytest.raises(InvalidRequest):
        broken_down(office, kpi, period_end=date(2026, 3, 3))


# Everybody once, and nobody by themselves

crowds = st.lists(st.tuples(st.sampled_from([SUPPORT, SALES, 22, None]), st.integers(1, 9)), max_size=12)
callers = st.sampled_from([ADMIN, VIEWER, as_viewer(MANAGER), as_viewer(MEMBER)])


@settings(deadline=None, max_examples=150)
@given(crowds, callers, st.sampled_from(["team", "user"]))
def test_everybody_counts_in_one_line_and_small_groups_are_not_told_apart(
    crowd: list[tuple[int | None, int]], caller: Caller, by: str
) -> None:
    office = Office()
    office.acme.work.people.teams[22] = Team(22, "Depot", None, is_active=True)
    kpi = kpi_of(office, rollup=Rollup.SUM)
    measured(office, kpi, *crowd)
    told = lines(broken_down(office, kpi, caller, by=by))
    assert sum(people for *_, people in told) == len(crowd)
    assert [kind for kind, *_ in told].count("others") <= 1
    if all(value is not None for _, _, value, _ in told):
        assert sum(value for _, _, value, _ in told) == sum(value for _, value in crowd)
    if caller.actor.may(KPIS_VIEW_ALL):
        assert "others" not in [kind for kind, *_ in told]
    sizes = Counter(team for team, _ in crowd)
    for kind, team, value, people in told:
        if kind in ("team", "no_team"):
            assert people == sizes[team]
            may_see = caller.actor.may(KPIS_VIEW_ALL) or caller.actor.leads(team)
            assert may_see or people >= caller.company.min_group_size
        if kind == "others" and value is not None:
            assert people >= caller.company.min_group_size
