"""Giving a KPI to somebody and changing it: who may, what is refused, what is written down."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.assignments.shapes import (
    AssignmentChange,
    AssignmentDraft,
    GroupAssignmentDraft,
    WithdrawalQuery,
)
from lodestar.application.caller import Caller
from lodestar.application.workflows.assigning import (
    Assigned,
    KpiAssignmentIds,
    assign_kpi,
    assign_to_group,
    change_assignment,
    change_group_assignment,
    withdraw_assignment,
    withdraw_group_assignment,
)
from lodestar.domain.assignments import Assignment, SubjectType, UserKpiIds
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Actor, Role
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, InvalidRequest, NotFound
from lodestar.wire.preconditions import Edit, Precondition
from tests.fakes.firm import LONG_AGO, NOBODY, Firm, point
from tests.fakes.work import shown

START = date(2026, 1, 1)
YESTERDAY, TODAY = date(2026, 3, 9), date(2026, 3, 10)


@pytest.fixture
def firm() -> Firm:
    return Firm()


def draft(kpi: int, **fields: Any) -> AssignmentDraft:
    return AssignmentDraft.model_validate({"kpi_definition_id": kpi, "start_date": START} | fields)


def assign(firm: Firm, user_id: int, body: AssignmentDraft, caller: Caller | None = None) -> Assigned:
    return assign_kpi(user_id, body, firm.context(caller))


def change(firm: Firm, kpi: UserKpiIds, caller: Caller | None = None, **fields: Any) -> str:
    edit = Edit(AssignmentChange.model_validate(fields))
    return change_assignment(kpi, edit, firm.context(caller)).text


def dates(firm: Firm, assignment: Assignment) -> list[tuple[date, date | None]]:
    return [(each.start_date, each.end_date) for each in firm.assignments.by_id[assignment.id].terms]


def weights(firm: Firm, assignment: Assignment) -> list[tuple[date, int]]:
    return [(each.start_date, int(each.weight)) for each in firm.assignments.by_id[assignment.id].terms]


def test_a_kpi_is_given_to_a_person_and_written_down(firm: Firm) -> None:
    kpi, una = firm.definition(), firm.user()
    answer = assign(firm, una, draft(kpi.id, target_value=5, weight=2))
    (given,) = firm.assignments.by_id.values()
    (terms,) = given.terms
    assert (given.user_id, given.subject_type, terms.target, terms.weight) == (
        una,
        SubjectType.USER,
        point(5),
        2,
    )
    assert answer.is_new
    assert shown(answer.view.text) == ("assignment", {"id": given.id, "today": "2026-03-10"})
    assert firm.audited() == [
        (
            "assignment.created",
            None,
            {
                "definition_id": kpi.id,
                "subject_type": "user",
                "user_id": una,
                "team_id": None,
                "terms": [
                    {
                        "start_date": START,
                        "end_date": None,
                        "weight": 2,
                        "target": [5, 5],
                        "for_people": False,
                    }
                ],
            },
        )
    ]
    assert firm.work.commits == 1


def test_the_same_terms_again_change_nothing_and_answer_the_same(firm: Firm) -> None:
    kpi, una = firm.definition(), firm.user()
    first = assign(firm, una, draft(kpi.id))
    before = firm.state()
    again = assign(firm, una, draft(kpi.id))
    assert (first.is_new, again.is_new) == (True, False)
    assert again.view == first.view
    assert firm.state() == before


@pytest.mark.parametrize(
    ("first", "last", "is_refused"),
    [
        (date(2025, 12, 1), date(2025, 12, 31), False),
        (date(2025, 12, 1), date(2026, 1, 1), True),
        (date(2026, 6, 30), None, True),
        (date(2026, 7, 1), None, False),
    ],
)
def test_who_has_a_kpi_gets_further_terms_of_it_in_dates_beside_the_others_only(
    firm: Firm, first: date, last: date | None, is_refused: bool
) -> None:
    kpi, una = firm.definition(), firm.user()
    there = firm.assignment(kpi, una, start_date=first, end_date=last)
    wanted = draft(kpi.id, end_date=date(2026, 6, 30), weight=3)
    if not is_refused:
        assert assign(firm, una, wanted).is_new
        assert sorted([(first, last), (START, date(2026, 6, 30))]) == dates(firm, there)
        assert list(firm.assignments.by_id) == [there.id]
        assert [action for action, *_ in firm.audited()] == ["assignment.changed"]
        return
    with pytest.raises(Conflict) as refused:
        assign(firm, una, wanted)
    assert refused.value.code == "assignment_overlap"
    assert refused.value.message == (
        f"This KPI is assigned from {first} to {last or 'an open end'} already: change the assignment, "
        "choose dates beside it, or set renew to true, which ends the older terms the day before."
    )


def test_renewed_terms_end_the_older_ones_the_day_before(firm: Firm) -> None:
    kpi, una = firm.definition(), firm.user()
    there = firm.assignment(kpi, una)
    assign(firm, una, draft(kpi.id, weight=3, renew=True))
    assert weights(firm, there) == [(LONG_AGO, 1), (START, 3)]
    assert dates(firm, there) == [(LONG_AGO, date(2025, 12, 31)), (START, None)]


@pytest.mark.parametrize(
    ("fields", "error", "sentence"),
    [
        (
            {"end_date": "2025-12-31"},
            InvalidRequest,
            "end_date 2025-12-31 must not lie before start_date 2026-01-01.",
        ),
        (
            {"kpi_definition_id": NOBODY},
            InvalidContent,
            "kpi_definition_id must be the id of a KPI definition of your company.",
        ),
        (
            {"target_value": {"min": 1, "max": 2}},
            InvalidContent,
            "target_value of a higher_better KPI must be one number.",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_written(
    firm: Firm, fields: dict[str, Any], error: type[Exception], sentence: str
) -> None:
    kpi, una = firm.definition(), firm.user()
    before = firm.state()
    with pytest.raises(error) as refused:
        assign(firm, una, draft(kpi.id, **fields))
    assert str(refused.value) == sentence
    assert firm.state() == before
    assert firm.work.commits == 0


def test_a_retired_kpi_is_given_to_nobody(firm: Firm) -> None:
    kpi = firm.definition(key="calls")
    firm.retire(kpi)
    with pytest.raises(InvalidContent) as refused:
        assign(firm, firm.user(), draft(kpi.id))
    assert refused.value.message == 'The KPI "calls" is retired: choose another.'


def test_only_the_manager_of_a_person_and_admins_give_them_kpis(firm: Firm) -> None:
    kpi, team = firm.definition(), firm.team()
    una, ugo = firm.user(team_id=team), firm.user()
    manager = firm.caller(firm.user(Role.MANAGER), Role.MANAGER, managed_team_ids=frozenset({team}))
    assign(firm, una, draft(kpi.id), manager)
    for user_id, caller in ((ugo, manager), (una, firm.caller(una, Role.USER))):
        with pytest.raises(Forbidden):
            assign(firm, user_id, draft(kpi.id), caller)


def test_nobody_is_found_and_a_deactivated_person_is_told_to_be_activated_first(firm: Firm) -> None:
    kpi, gone = firm.definition(), firm.user(is_active=False)
    with pytest.raises(NotFound, match="There is no such user"):
        assign(firm, NOBODY, draft(kpi.id))
    with pytest.raises(InvalidContent, match="deactivated: activate them before"):
        assign(firm, gone, draft(kpi.id))


def test_a_team_or_the_company_itself_has_a_kpi(firm: Firm) -> None:
    kpi, team = firm.definition(), firm.team()
    for team_id in (team, None):
        fields = {"team_id": team_id, "target_value": 5, "start_date": START}
        assign_to_group(kpi.id, GroupAssignmentDraft.model_validate(fields), firm.context())
    found = [
        (given.subject_type, given.team_id, given.terms[0].target)
        for given in firm.assignments.by_id.values()
    ]
    assert found == [(SubjectType.TEAM, team, point(5)), (SubjectType.COMPANY, None, point(5))]


def test_a_target_of_the_company_is_for_people_where_it_says_so(firm: Firm) -> None:
    for kpi, for_people in ((firm.definition(), True), (firm.definition(), False)):
        fields = {"target_value": 5, "start_date": START, "for_people": for_people}
        assign_to_group(kpi.id, GroupAssignmentDraft.model_validate(fields), firm.context())
    found = [given.terms[0].for_people for given in firm.assignments.by_id.values()]
    assert found == [True, False]


def test_an_unknown_kpi_is_not_found_and_an_unknown_team_is_refused_by_its_field(firm: Firm) -> None:
    body = GroupAssignmentDraft.model_validate({"team_id": NOBODY, "start_date": START})
    with pytest.raises(NotFound, match="There is no such KPI"):
        assign_to_group(NOBODY, body, firm.context())
    with pytest.raises(InvalidContent, match="team_id must be the id of a team of your company"):
        assign_to_group(firm.definition().id, body, firm.context())


# Changes


@pytest.mark.parametrize("longer", [{"end_date": None}, {"end_date": "2026-05-01"}, {"is_active": True}])
def test_no_kpi_goes_on_for_who_has_left_and_what_was_can_be_corrected(
    firm: Firm, longer: dict[str, Any]
) -> None:
    kpi, una, team = firm.definition(), firm.user(), firm.team()
    own = firm.assignment(kpi, una, end_date=YESTERDAY)
    firm.work.people.users[una] = replace(firm.work.people.users[una], is_active=False)
    with pytest.raises(InvalidContent, match="This user is deactivated, and their KPIs have ended"):
        change(firm, UserKpiIds(una, own.id), **longer)
    change(firm, UserKpiIds(una, own.id), weight=3, effective_from=START)
    change(firm, UserKpiIds(una, own.id), end_date=START)
    of_team = firm.assignment(kpi, team_id=team, end_date=YESTERDAY)
    firm.work.people.teams[team] = replace(firm.work.people.teams[team], is_active=False)
    edit = Edit(AssignmentChange.model_validate(longer))
    with pytest.raises(InvalidContent, match="This team is dissolved, and its KPIs have ended"):
        change_group_assignment(KpiAssignmentIds(kpi.id, of_team.id), edit, firm.context())


def test_a_change_counts_from_the_running_period_on_and_what_it_leaves_out_stays(firm: Firm) -> None:
    una = firm.user()
    given = firm.assignment(firm.definition(), una, target=point(5), end_date=date(2026, 12, 31))
    kpi = UserKpiIds(una, given.id)
    text = change(firm, kpi, weight=3)
    assert shown(text) == ("assignment", {"id": given.id, "today": "2026-03-10"})
    old, new = firm.assignments.by_id[given.id].terms
    assert (old.start_date, old.end_date, old.weight, old.target) == (LONG_AGO, YESTERDAY, 1, point(5))
    assert (new.start_date, new.end_date, new.weight, new.target) == (TODAY, date(2026, 12, 31), 3, point(5))
    change(firm, kpi, target_value=None)
    old, new = firm.assignments.by_id[given.id].terms
    assert (old.target, new.target, new.weight) == (point(5), None, 3)
    told = [
        (action, [each["weight"] for each in before["terms"]], [each["weight"] for each in after["terms"]])
        for action, before, after in firm.audited()
    ]
    assert told == [("assignment.changed", [1], [1, 3]), ("assignment.changed", [1, 3], [1, 3])]


def test_the_running_period_is_the_one_of_the_kpis_cadence(firm: Firm) -> None:
    una = firm.user()
    given = firm.assignment(firm.definition(aggregation_period=Cadence.QUARTERLY), una)
    change(firm, UserKpiIds(una, given.id), weight=3)
    assert weights(firm, given) == [(LONG_AGO, 1), (START, 3)]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-02-01", [(LONG_AGO, 1), (date(2026, 2, 1), 3), (date(2026, 4, 1), 9)]),
        ("2025-01-01", [(LONG_AGO, 3), (date(2026, 4, 1), 9)]),
        ("2026-04-01", [(LONG_AGO, 1), (date(2026, 4, 1), 3)]),
        ("2026-05-01", [(LONG_AGO, 1), (date(2026, 4, 1), 9), (date(2026, 5, 1), 3)]),
    ],
)
def test_a_change_from_a_day_on_runs_to_where_the_terms_of_that_day_end(
    firm: Firm, day: str, expected: list[tuple[date, int]]
) -> None:
    una, kpi = firm.user(), firm.definition()
    firm.assignment(kpi, una, end_date=date(2026, 3, 31))
    given = firm.assignment(kpi, una, start_date=date(2026, 4, 1), weight=Decimal(9))
    change(firm, UserKpiIds(una, given.id), weight=3, effective_from=day)
    assert weights(firm, given) == expected
    assert dates(firm, given)[-1][1] is None


def test_terms_that_are_planned_only_are_changed_from_their_first_day(firm: Firm) -> None:
    una = firm.user()
    given = firm.assignment(firm.definition(), una, start_date=date(2026, 5, 1))
    change(firm, UserKpiIds(una, given.id), weight=3)
    assert weights(firm, given) == [(date(2026, 5, 1), 3)]


def test_a_change_in_a_gap_is_refused_by_its_field(firm: Firm) -> None:
    una, kpi = firm.user(), firm.definition()
    firm.assignment(kpi, una, end_date=date(2026, 3, 3))
    given = firm.assignment(kpi, una, start_date=date(2026, 3, 20))
    with pytest.raises(InvalidContent) as refused:
        change(firm, UserKpiIds(una, given.id), weight=3, effective_from="2026-03-15")
    assert [detail.field for detail in refused.value.details] == ["effective_from"]
    assert firm.work.commits == 0


def test_a_first_day_without_anything_that_counts_from_it_is_refused(firm: Firm) -> None:
    una = firm.user()
    given = firm.assignment(firm.definition(), una)
    with pytest.raises(InvalidContent, match="effective_from needs a target_value or a weight"):
        change(firm, UserKpiIds(una, given.id), effective_from="2026-03-15")


def test_an_end_drops_later_terms_and_none_opens_the_last(firm: Firm) -> None:
    una, kpi = firm.user(), firm.definition()
    firm.assignment(kpi, una, end_date=date(2026, 3, 31))
    given = firm.assignment(kpi, una, start_date=date(2026, 6, 1))
    change(firm, UserKpiIds(una, given.id), end_date="2026-04-30")
    assert dates(firm, given) == [(LONG_AGO, date(2026, 4, 30))]
    change(firm, UserKpiIds(una, given.id), end_date=None)
    assert dates(firm, given) == [(LONG_AGO, None)]


def test_an_end_before_the_beginning_is_refused(firm: Firm) -> None:
    una = firm.user()
    given = firm.assignment(firm.definition(), una)
    with pytest.raises(InvalidRequest, match="end_date 2024-12-31 must not lie before start_date 2025-01-01"):
        change(firm, UserKpiIds(una, given.id), end_date="2024-12-31")
    assert firm.assignments.by_id[given.id] == given


def test_what_is_not_active_ends_today_and_what_is_active_again_begins_today(firm: Firm) -> None:
    una, kpi = firm.user(), firm.definition()
    given = firm.assignment(kpi, una, end_date=date(2026, 12, 31))
    change(firm, UserKpiIds(una, given.id), is_active=False)
    assert dates(firm, given) == [(LONG_AGO, TODAY)]
    change(firm, UserKpiIds(una, given.id), is_active=True)
    assert dates(firm, given) == [(LONG_AGO, None)]
    change(firm, UserKpiIds(una, given.id), end_date="2026-02-28")
    change(firm, UserKpiIds(una, given.id), is_active=True)
    assert dates(firm, given) == [(LONG_AGO, date(2026, 2, 28)), (TODAY, None)]


def test_a_change_of_nothing_is_not_written_down(firm: Firm) -> None:
    una = firm.user()
    given = firm.assignment(firm.definition(), una, target=point(5))
    before = firm.state()
    text = change(firm, UserKpiIds(una, given.id), weight=1, target_value=5, is_active=True, end_date=None)
    assert shown(text) == ("assignment", {"id": given.id, "today": "2026-03-10"})
    assert firm.state() == before
    assert firm.assignments.effects == {}


def test_the_assignment_of_a_retired_kpi_can_still_be_ended(firm: Firm) -> None:
    una, kpi = firm.user(), firm.definition()
    given = firm.assignment(kpi, una)
    firm.retire(kpi)
    change(firm, UserKpiIds(una, given.id), end_date="2026-03-31")
    assert dates(firm, given) == [(LONG_AGO, date(2026, 3, 31))]


def test_a_change_of_a_state_that_is_gone_is_refused(firm: Firm) -> None:
    una = firm.user()
    given = firm.assignment(firm.definition(), una)
    edit = Edit(AssignmentChange(weight=Decimal(7)), Precondition.of('"stale"'))
    with pytest.raises(Conflict) as refused:
        change_assignment(UserKpiIds(una, given.id), edit, firm.context())
    assert refused.value.code == "version_mismatch"
    assert firm.assignments.by_id[given.id] == given


def test_a_dry_run_commits_nothing(firm: Firm) -> None:
    una = firm.user()
    given = firm.assignment(firm.definition(), una)
    change(firm, UserKpiIds(una, given.id), end_date="2026-02-28", dry_run=True)
    withdraw_assignment(UserKpiIds(una, given.id), WithdrawalQuery(dry_run=True), firm.context())
    assert (firm.work.commits, firm.messages.sent) == (0, [])


def test_an_assignment_is_changed_under_its_own_user_only(firm: Firm) -> None:
    una, ugo = firm.user(), firm.user()
    given = firm.assignment(firm.definition(), una)
    for kpi in (UserKpiIds(ugo, given.id), UserKpiIds(una, NOBODY)):
        with pytest.raises(NotFound, match="This user has no KPI with that id"):
            change(firm, kpi, weight=2)
        with pytest.raises(NotFound, match="This user has no KPI with that id"):
            withdraw_assignment(kpi, WithdrawalQuery(), firm.context())


def test_a_person_changes_and_withdraws_their_own_assignment_not(firm: Firm) -> None:
    una = firm.user()
    given = firm.assignment(firm.definition(), una)
    kpi, herself = UserKpiIds(una, given.id), firm.caller(una, Role.USER)
    with pytest.raises(Forbidden):
        change(firm, kpi, herself, weight=9)
    with pytest.raises(Forbidden):
        withdraw_assignment(kpi, WithdrawalQuery(), firm.context(herself))
    assert firm.assignments.by_id[given.id] == given


# Mistakes


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (None, []),
        ("2026-02-01", [(LONG_AGO, date(2026, 1, 31))]),
        ("2027-01-01", [(LONG_AGO, date(2026, 12, 31))]),
    ],
)
def test_a_mistake_is_taken_back_whole_or_from_a_day_on(
    firm: Firm, first: str | None, expected: list[tuple[date, date | None]]
) -> None:
    una = firm.user()
    given = firm.assignment(firm.definition(), una)
    query = WithdrawalQuery.model_validate({} if first is None else {"from": first})
    text = withdraw_assignment(UserKpiIds(una, given.id), query, firm.context()).text
    assert shown(text)[0] == "assignment"
    assert dates(firm, given) == expected
    assert [action for action, *_ in firm.audited()] == ["assignment.changed"]


def test_what_was_a_mistake_can_be_given_again_on_the_same_assignment(firm: Firm) -> None:
    una, kpi = firm.user(), firm.definition()
    given = firm.assignment(kpi, una)
    withdraw_assignment(UserKpiIds(una, given.id), WithdrawalQuery(), firm.context())
    assert assign(firm, una, draft(kpi.id)).is_new
    assert dates(firm, given) == [(START, None)]


# Teams and the company


@pytest.mark.parametrize("is_team", [True, False])
def test_what_a_team_or_the_company_has_is_changed_and_taken_back(firm: Firm, is_team: bool) -> None:
    kpi = firm.definition()
    given = firm.assignment(kpi, team_id=firm.team() if is_team else None)
    ids = KpiAssignmentIds(kpi.id, given.id)
    edit = Edit(AssignmentChange(end_date=date(2026, 3, 31), for_people=True))
    change_group_assignment(ids, edit, firm.context())
    assert dates(firm, given) == [(LONG_AGO, YESTERDAY), (TODAY, date(2026, 3, 31))]
    assert [each.for_people for each in firm.assignments.by_id[given.id].terms] == [False, True]
    withdraw_group_assignment(ids, WithdrawalQuery(), firm.context())
    assert dates(firm, given) == []


def test_what_the_company_has_of_a_kpi_that_is_locked_for_somebody_they_do_not_write(firm: Firm) -> None:
    kpi, team = firm.definition(), firm.team()
    of_company, of_team = firm.assignment(kpi), firm.assignment(kpi, team_id=team)
    actor = Actor(firm.user(), firm.company.id, "assigner", frozenset({"kpis.assign_all"}))
    context = firm.context(replace(firm.caller(), actor=actor))
    before = firm.state()
    ids, edit = KpiAssignmentIds(kpi.id, of_company.id), Edit(AssignmentChange(target_value=1))
    draft = GroupAssignmentDraft.model_validate({"target_value": 5, "start_date": START, "renew": True})
    for write in (
        lambda: assign_to_group(kpi.id, draft, context),
        lambda: change_group_assignment(ids, edit, context),
        lambda: withdraw_group_assignment(ids, WithdrawalQuery(), context),
    ):
        with pytest.raises(Forbidden, match='"KPI" is locked for you'):
            write()
    assert firm.state() == before
    change_group_assignment(KpiAssignmentIds(kpi.id, of_team.id), edit, context)  # not the company's


def test_a_person_or_another_kpi_has_no_assignment_of_a_group(firm: Firm) -> None:
    kpi, other = firm.definition(), firm.definition()
    of_una, of_company = firm.assignment(kpi, firm.user()), firm.assignment(kpi)
    for ids in (
        KpiAssignmentIds(kpi.id, of_una.id),
        KpiAssignmentIds(other.id, of_company.id),
        KpiAssignmentIds(kpi.id, NOBODY),
    ):
        with pytest.raises(
            NotFound, match="There is no such assignment of this KPI to a team or to the company"
        ):
            change_group_assignment(ids, Edit(AssignmentChange(weight=Decimal(2))), firm.context())
        with pytest.raises(NotFound, match="There is no such assignment"):
            withdraw_group_assignment(ids, WithdrawalQuery(), firm.context())
