"""Who sees a person's KPIs, a team's and a history, of which day, and what the views are asked."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from lodestar.application.caller import Caller
from lodestar.application.insight.people_kpis import (
    PERIODS_FOR_TREND,
    history_of_group,
    history_of_user,
    kpis_of_team,
    kpis_of_user,
)
from lodestar.application.insight.scores import scores_of
from lodestar.application.insight.shapes import GroupHistoryQuery, HistoryQuery, ScoresQuery
from lodestar.domain.assignments import Assignment, Subject
from lodestar.domain.definitions import Category
from lodestar.domain.people import Team
from lodestar.domain.permissions import Grant, Role, permissions_of
from lodestar.domain.refusals import Forbidden, InvalidRequest, NotFound
from tests.fakes.people import ACME, caller_of, in_team
from tests.fakes.work import FakeWork, shown
from tests.unit.application.insight.acme import (
    ADMIN,
    MANAGER,
    MAX,
    MEMBER,
    NOBODY,
    SALES,
    STRANGER,
    SUPPORT,
    TODAY,
    UGO,
    UNA,
    Acme,
)

HISTORY, OF_COMPANY = HistoryQuery(), GroupHistoryQuery()
YESTERDAY = date(2026, 3, 3)
LONG_PAST = date(2026, 1, 31)


@pytest.fixture
def acme() -> Acme:
    return Acme()


# A person's list


def listed(acme: Acme, on: date | None = None, user_id: int = UNA) -> dict[str, Any]:
    """What the view is asked with."""
    asked: dict[str, Any] = {}
    acme.work.views.answers["user_kpis"] = lambda parameters: asked.update(parameters) or "{}"
    kpis_of_user(user_id, on, acme.caller, acme.work)
    assert acme.work.commits == 1
    return asked


@pytest.mark.parametrize("caller", [ADMIN, MANAGER], ids=["an admin", "their manager"])
def test_a_persons_kpis_are_seen_by_their_manager_and_admins(acme: Acme, caller: Caller) -> None:
    assert listed(acme.as_caller(caller))["users"] == [UNA]


def test_a_persons_kpis_are_seen_by_themselves(acme: Acme) -> None:
    assert listed(acme)["users"] == [UNA]


def test_a_persons_own_list_is_not_looked_up_again(acme: Acme) -> None:
    acme.work.people.users.clear()
    assert listed(acme)["users"] == [UNA]


def test_a_persons_kpis_are_not_for_a_colleague(acme: Acme) -> None:
    with pytest.raises(Forbidden, match="Only this person, their manager and admins"):
        kpis_of_user(UNA, None, STRANGER, acme.work)


def test_a_manager_of_another_team_sees_nothing_of_a_person(acme: Acme) -> None:
    caller = caller_of(Role.MANAGER, user_id=UGO, managed_team_ids=frozenset({SALES}))
    with pytest.raises(Forbidden):
        kpis_of_user(UNA, None, caller, acme.work)


def test_nobody_is_not_found_even_by_an_admin(acme: Acme) -> None:
    with pytest.raises(NotFound, match=r"There is no such user\."):
        kpis_of_user(NOBODY, None, ADMIN, acme.work)


@pytest.mark.parametrize(
    ("on", "day", "closed_through"),
    [
        (None, TODAY, YESTERDAY),
        (TODAY, TODAY, YESTERDAY),
        (YESTERDAY, YESTERDAY, YESTERDAY),
        (LONG_PAST, LONG_PAST, LONG_PAST),
        (date(2026, 12, 31), date(2026, 12, 31), YESTERDAY),
    ],
    ids=["by default today", "today", "yesterday", "a day long past", "a day that lies ahead"],
)
def test_what_is_closed_on_a_day_is_closed_by_its_end_and_by_yesterday(
    acme: Acme, on: date | None, day: date, closed_through: date
) -> None:
    asked = listed(acme, on)
    assert asked["on"] == day
    assert asked["calendar"] == (ACME.calendar, closed_through, PERIODS_FOR_TREND)


def test_the_day_is_the_companys(acme: Acme) -> None:
    late = FakeWork(now=acme.work.now.replace(hour=23, minute=30))
    view, asked = shown(kpis_of_user(UNA, None, acme.caller, late).text)
    assert (view, asked["on"]) == ("user_kpis", "2026-03-05")


# A team's list


def team(acme: Acme, caller: Caller, on: date | None = None) -> dict[str, Any]:
    acme.work.commits = 0
    view, parameters = shown(kpis_of_team(SUPPORT, on, caller, acme.work).text)
    assert (view, acme.work.commits) == ("team_kpis", 1)
    return parameters


@pytest.mark.parametrize(
    ("caller", "with_members"),
    [(ADMIN, True), (MANAGER, True), (MEMBER, False)],
    ids=["an admin", "its manager", "a member"],
)
def test_a_member_sees_the_averages_alone(acme: Acme, caller: Caller, with_members: bool) -> None:
    assert team(acme, caller)["with_members"] is with_members


def test_the_members_of_a_team_are_those_of_the_day_whatever_became_of_them(acme: Acme) -> None:
    people = acme.work.people
    people.save_memberships({UGO: in_team(SUPPORT).ended(YESTERDAY), MAX: in_team(SUPPORT, TODAY)})
    people.users[UGO] = replace(people.users[UGO], is_active=False)
    assert team(acme, ADMIN)["users"] == [UNA, MAX]
    assert team(acme, ADMIN, YESTERDAY)["users"] == [UNA, UGO]


def test_averages_are_cut_to_what_the_caller_may_see_and_to_the_companys_group_size(acme: Acme) -> None:
    keys = permissions_of(Role.USER) | {"kpis.sales.view"}
    company = replace(MEMBER.company, min_group_size=5)
    actor = replace(MEMBER.actor, permissions=keys, grants={7: Grant(can_view=True)})
    asked = team(acme, replace(MEMBER, actor=actor, company=company))
    assert {name: asked[name] for name in ("team", "me", "min_group_size", "categories", "granted")} == {
        "team": SUPPORT,
        "me": UGO,
        "min_group_size": 5,
        "categories": ["sales"],
        "granted": [7],
    }


@pytest.mark.parametrize("caller", [STRANGER, caller_of(Role.MANAGER, user_id=UGO)])
def test_a_team_is_not_for_others(acme: Acme, caller: Caller) -> None:
    with pytest.raises(Forbidden, match="Only the manager of this team, its members and admins"):
        kpis_of_team(SUPPORT, None, caller, acme.work)


def test_a_team_that_never_was_is_not_found(acme: Acme) -> None:
    with pytest.raises(NotFound, match=r"There is no such team\."):
        kpis_of_team(NOBODY, None, ADMIN, acme.work)


def test_a_dissolved_team_is_read_by_admins_and_by_who_managed_it_last(acme: Acme) -> None:
    acme.work.people.teams[SUPPORT] = Team(SUPPORT, "Support", MAX, is_active=False)
    last_manager = caller_of(Role.MANAGER, user_id=MAX)
    for caller in (ADMIN, last_manager):
        asked = team(acme, caller, LONG_PAST)
        assert (asked["users"], asked["with_members"]) == ([UNA], True)
    for caller in (caller_of(Role.MANAGER, user_id=UGO), caller_of(Role.USER, user_id=MAX)):
        with pytest.raises(Forbidden):
            kpis_of_team(SUPPORT, LONG_PAST, caller, acme.work)


# Histories


def test_a_history_is_that_of_the_assignment_between_the_dates_as_it_was_believed(acme: Acme) -> None:
    assignment = acme.assign(acme.define(), UNA)
    query = HistoryQuery.model_validate(
        {"from": "2026-01-01", "to": "2026-01-31", "as_of": "2026-02-01T00:00:00Z", "limit": 7}
    )
    view, asked = shown(history_of_user(UNA, assignment, query, acme.caller, acme.work).text)
    assert (view, acme.work.commits) == ("history", 1)
    assert asked == {
        "id": assignment,
        "from": "2026-01-01",
        "to": "2026-01-31",
        "as_of": "2026-02-01 00:00:00+00:00",
        "limit": 7,
        "cursor": None,
    }


def test_a_history_needs_the_person_and_the_assignment_to_belong_together(acme: Acme) -> None:
    of_ugo = acme.assign(acme.define(), UGO)
    of_company = acme.assign(acme.define())
    for assignment in (of_ugo, of_company, NOBODY):
        with pytest.raises(NotFound, match="This user has no KPI with that id"):
            history_of_user(UNA, assignment, HISTORY, ADMIN, acme.work)
    with pytest.raises(NotFound, match="There is no such user"):
        history_of_user(NOBODY, of_ugo, HISTORY, ADMIN, acme.work)


def test_a_history_is_refused_before_the_assignment_is_looked_for(acme: Acme) -> None:
    with pytest.raises(Forbidden):
        history_of_user(UNA, NOBODY, HISTORY, STRANGER, acme.work)


def test_a_history_that_ends_before_it_begins_is_refused(acme: Acme) -> None:
    assignment = acme.assign(acme.define(), UNA)
    query = HistoryQuery.model_validate({"from": "2026-02-01", "to": "2026-01-31"})
    with pytest.raises(InvalidRequest, match="must not lie before from"):
        history_of_user(UNA, assignment, query, acme.caller, acme.work)


def test_the_history_of_a_company_kpi_is_that_of_all_its_terms(acme: Acme) -> None:
    kpi = acme.define()
    assignment = acme.assign(kpi, end_date=date(2025, 12, 31))
    acme.assign(kpi, start_date=date(2027, 1, 1))
    acme.assign(kpi, UNA)
    view, asked = shown(history_of_group(kpi.id, OF_COMPANY, ADMIN, acme.work).text)
    assert (view, asked["id"]) == ("history", assignment)


def test_the_history_of_a_kpi_that_was_retired_or_taken_away_can_still_be_read(acme: Acme) -> None:
    kpi = acme.define(is_active=False)
    ended = acme.assign(kpi, end_date=date(2025, 12, 31))
    assert shown(history_of_group(kpi.id, OF_COMPANY, ADMIN, acme.work).text)[1]["id"] == ended


def test_what_was_never_the_companys_has_no_history(acme: Acme) -> None:
    personal = acme.define()
    acme.assign(personal, UNA)
    for kpi_id, why in ((personal.id, "was never assigned to the company"), (NOBODY, "no such KPI")):
        with pytest.raises(NotFound, match=why):
            history_of_group(kpi_id, OF_COMPANY, ADMIN, acme.work)


def test_the_history_of_a_teams_own_kpi_is_for_who_sees_the_team_in_full(acme: Acme) -> None:
    kpi = acme.define()
    acme.assign(kpi)
    own = acme.work.assignments.add(Assignment(0, kpi.id, Subject(team_id=SUPPORT), ()))
    query = GroupHistoryQuery(team_id=SUPPORT)
    for caller in (ADMIN, MANAGER):
        assert shown(history_of_group(kpi.id, query, caller, acme.work).text)[1]["id"] == own
    for caller in (MEMBER, STRANGER):
        with pytest.raises(Forbidden, match="Only the manager of this team and admins"):
            history_of_group(kpi.id, query, caller, acme.work)
    with pytest.raises(NotFound, match="was never assigned to this team"):
        history_of_group(kpi.id, GroupHistoryQuery(team_id=SALES), ADMIN, acme.work)
    with pytest.raises(NotFound, match="There is no such team"):
        history_of_group(kpi.id, GroupHistoryQuery(team_id=NOBODY), ADMIN, acme.work)


def test_a_dissolved_team_leaves_its_history_to_who_managed_it_last(acme: Acme) -> None:
    kpi = acme.define()
    own = acme.work.assignments.add(Assignment(0, kpi.id, Subject(team_id=SUPPORT), ()))
    teams = acme.work.people.teams
    teams[SUPPORT] = replace(teams[SUPPORT], manager_id=MANAGER.user_id, is_active=False)
    without_teams = replace(MANAGER, actor=replace(MANAGER.actor, managed_team_ids=frozenset()))
    told = history_of_group(kpi.id, GroupHistoryQuery(team_id=SUPPORT), without_teams, acme.work)
    assert shown(told.text)[1]["id"] == own


def test_the_history_of_a_locked_kpi_is_locked_and_opened_by_a_grant(acme: Acme) -> None:
    kpi = acme.define(category=Category.FINANCE, name="Margin")
    acme.assign(kpi)
    with pytest.raises(Forbidden, match=r'"Margin" is locked for you: .* a role that sees finance KPIs'):
        history_of_group(kpi.id, OF_COMPANY, acme.caller, acme.work)
    granted = caller_of(Role.USER, user_id=UNA, grants={kpi.id: Grant(can_view=True)})
    assert shown(history_of_group(kpi.id, OF_COMPANY, granted, acme.work).text)[0] == "history"


# Scores


def test_scores_are_asked_between_the_days_and_behind_the_cursor(acme: Acme) -> None:
    query = ScoresQuery.model_validate({"from": "2026-03-01", "to": "2026-03-03", "cursor": "2026-03-02"})
    view, asked = shown(scores_of(UNA, query, acme.caller, acme.work).text)
    assert (view, acme.work.commits) == ("scores", 1)
    assert asked == {
        "id": UNA,
        "from": "2026-03-01",
        "to": "2026-03-03",
        "cursor": "2026-03-02",
        "limit": 50,
        "as_of": None,
    }


def test_scores_are_asked_as_they_were_believed_at_an_instant(acme: Acme) -> None:
    query = ScoresQuery.model_validate({"as_of": "2026-03-02T12:00:00Z"})
    asked = shown(scores_of(UNA, query, acme.caller, acme.work).text)[1]
    assert asked["as_of"] == "2026-03-02 12:00:00+00:00"


def test_scores_are_for_those_who_see_the_person(acme: Acme) -> None:
    assert shown(scores_of(UNA, ScoresQuery(), MANAGER, acme.work).text)[0] == "scores"
    with pytest.raises(Forbidden):
        scores_of(UNA, ScoresQuery(), STRANGER, acme.work)
    with pytest.raises(NotFound):
        scores_of(NOBODY, ScoresQuery(), ADMIN, acme.work)


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"from": "2026-03-02", "to": "2026-03-01"}, "must not lie before from"),
        ({"cursor": "x"}, "next_cursor"),
        ({"cursor": "17"}, "next_cursor"),
    ],
)
def test_scores_of_no_days_are_refused(acme: Acme, query: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        scores_of(UNA, ScoresQuery.model_validate(query), acme.caller, acme.work)
