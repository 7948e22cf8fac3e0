"""Giving a KPI to somebody and changing it: who may, what is refused, what is written down."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.assignments.assigning import (
    assign_kpi,
    assign_to_group,
    change_assignment,
    get_assignment,
)
from lodestar.application.assignments.shapes import (
    AssignmentChange,
    AssignmentDraft,
    GroupAssignmentDraft,
)
from lodestar.application.caller import Caller
from lodestar.domain.assignments import SubjectType, UserKpiIds
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Conflict, Forbidden, InvalidContent, InvalidRequest, NotFound
from lodestar.wire.preconditions import Edit, Precondition
from tests.fakes.firm import NOBODY, Firm, point
from tests.fakes.work import shown

START = date(2026, 1, 1)


@pytest.fixture
def firm() -> Firm:
    return Firm()


def draft(kpi: int, **fields: Any) -> AssignmentDraft:
    return AssignmentDraft.model_validate({"kpi_definition_id": kpi, "start_date": START} | fields)


def change(firm: Firm, kpi: UserKpiIds, caller: Caller | None = None, **fields: Any) -> str:
    edit = Edit(AssignmentChange.model_validate(fields))
    return change_assignment(kpi, edit, caller or firm.caller(), firm.work).text


def test_a_kpi_is_given_to_a_person_and_written_down(firm: Firm) -> None:
    kpi, una = firm.definition(), firm.user()
    answer = assign_kpi(una, draft(kpi.id, target_value=5, weight=2), firm.caller(), firm.work)
    (given,) = firm.assignments.by_id.values()
    assert (given.user_id, given.subject_type, given.target, given.weight) == (
        una,
        SubjectType.USER,
        point(5),
        2,
    )
    assert shown(answer.text) == ("assignment", {"id": given.id})
    assert firm.audited() == [
        (
            "assignment.created",
            None,
            {
                "definition_id": kpi.id,
                "subject_type": "user",
                "user_id": una,
                "team_id": None,
                "weight": 2,
                "target": [5, 5],
                "start_date": START,
                "end_date": None,
                "is_active": True,
            },
        )
    ]
    assert firm.work.commits == 1


def test_the_same_assignment_again_changes_nothing_and_answers_the_same(firm: Firm) -> None:
    kpi, una = firm.definition(), firm.user()
    first = assign_kpi(una, draft(kpi.id), firm.caller(), firm.work)
    before = firm.state()
    assert assign_kpi(una, draft(kpi.id), firm.caller(), firm.work) == first
    assert firm.state() == before


@pytest.mark.parametrize(
    ("first", "last", "is_active", "is_refused"),
    [
        (date(2025, 12, 1), date(2025, 12, 31), True, False),
        (date(2025, 12, 1), date(2026, 1, 1), True, True),
        (date(2026, 6, 30), None, True, True),
        (date(2026, 7, 1), None, True, False),
        (date(2026, 2, 1), None, False, False),
        (date(2026, 1, 1), None, False, True),
    ],
)
def test_dates_that_overlap_an_active_assignment_or_begin_with_any_are_refused(
    firm: Firm, first: date, last: date | None, is_active: bool, is_refused: bool
) -> None:
    kpi, una = firm.definition(), firm.user()
    there = firm.assignment(kpi, una, start_date=first, end_date=last, is_active=is_active)
    wanted = draft(kpi.id, end_date=date(2026, 6, 30), weight=3)
    if not is_refused:
        assign_kpi(una, wanted, firm.caller(), firm.work)
        return
    with pytest.raises(Conflict) as refused:
        assign_kpi(una, wanted, firm.caller(), firm.work)
    assert refused.value.code == "assignment_overlap"
    assert refused.value.message == (
        f"This KPI is assigned from {first} to {last or 'an open end'} already: "
        f"change assignment {there.id}, or choose dates beside it."
    )


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
        assign_kpi(una, draft(kpi.id, **fields), firm.caller(), firm.work)
    assert str(refused.value) == sentence
    assert firm.state() == before
    assert firm.work.commits == 0


def test_a_retired_kpi_is_given_to_nobody(firm: Firm) -> None:
    kpi = firm.definition(key="calls")
    firm.retire(kpi)
    with pytest.raises(InvalidContent) as refused:
        assign_kpi(firm.user(), draft(kpi.id), firm.caller(), firm.work)
    assert refused.value.message == 'The KPI "calls" is retired: choose another.'


def test_only_the_manager_of_a_person_and_admins_give_them_kpis(firm: Firm) -> None:
    kpi, team = firm.definition(), firm.team()
    una, ugo = firm.user(team_id=team), firm.user()
    manager = firm.caller(firm.user(Role.MANAGER), Role.MANAGER, managed_team_ids=frozenset({team}))
    assign_kpi(una, draft(kpi.id), manager, firm.work)
    for user_id, caller in ((ugo, manager), (una, firm.caller(una, Role.USER))):
        with pytest.raises(Forbidden):
            assign_kpi(user_id, draft(kpi.id), caller, firm.work)


def test_nobody_is_found_and_a_deactivated_person_is_told_to_be_activated_first(firm: Firm) -> None:
    kpi, gone = firm.definition(), firm.user(is_active=False)
    with pytest.raises(NotFound, match="There is no such user"):
        assign_kpi(NOBODY, draft(kpi.id), firm.caller(), firm.work)
    with pytest.raises(InvalidContent, match="deactivated: activate them before"):
        assign_kpi(gone, draft(kpi.id), firm.caller(), firm.work)


def test_a_team_or_the_company_itself_has_a_kpi(firm: Firm) -> None:
    kpi, team = firm.definition(), firm.team()
    for team_id in (team, None):
        fields = {"team_id": team_id, "target_value": 5, "start_date": START}
        assign_to_group(kpi.id, GroupAssignmentDraft.model_validate(fields), firm.work)
    found = [(given.subject_type, given.team_id, given.target) for given in firm.assignments.by_id.values()]
    assert found == [(SubjectType.TEAM, team, point(5)), (SubjectType.COMPANY, None, point(5))]


def test_an_unknown_kpi_is_not_found_and_an_unknown_team_is_refused_by_its_field(firm: Firm) -> None:
    body = GroupAssignmentDraft.model_validate({"team_id": NOBODY, "start_date": START})
    with pytest.raises(NotFound, match="There is no such KPI"):
        assign_to_group(NOBODY, body, firm.work)
    with pytest.raises(InvalidContent, match="team_id must be the id of a team of your company"):
        assign_to_group(firm.definition().id, body, firm.work)


def test_what_a_change_leaves_out_stays_and_what_it_clears_is_cleared(firm: Firm) -> None:
    una = firm.user()
    given = firm.assignment(firm.definition(), una, target=point(5), end_date=date(2026, 12, 31))
    kpi = UserKpiIds(una, given.id)
    change(firm, kpi, weight=3)
    now = firm.assignments.by_id[given.id]
    assert (now.weight, now.target, now.end_date, now.is_active) == (3, point(5), date(2026, 12, 31), True)
    change(firm, kpi, target_value=None, end_date=None, is_active=False)
    now = firm.assignments.by_id[given.id]
    assert (now.weight, now.target, now.end_date, now.is_active) == (3, None, None, False)
    assert [(action, before["weight"], after["weight"]) for action, before, after in firm.audited()] == [
        ("assignment.changed", 1, 3),
        ("assignment.changed", 3, 3),
    ]


def test_a_change_of_nothing_is_not_written_down(firm: Firm) -> None:
    una = firm.user()
    given = firm.assignment(firm.definition(), una, target=point(5))
    before = firm.state()
    text = change(firm, UserKpiIds(una, given.id), weight=1, target_value=5)
    assert shown(text) == ("assignment", {"id": given.id})
    assert firm.state() == before


def test_the_assignment_of_a_retired_kpi_can_still_be_ended(firm: Firm) -> None:
    una, kpi = firm.user(), firm.definition()
    given = firm.assignment(kpi, una)
    firm.retire(kpi)
    change(firm, UserKpiIds(una, given.id), end_date="2026-03-31")
    assert firm.assignments.by_id[given.id].end_date == date(2026, 3, 31)


def test_a_change_into_another_assignment_or_out_of_order_is_refused(firm: Firm) -> None:
    una, kpi = firm.user(), firm.definition()
    given = firm.assignment(kpi, una, end_date=date(2025, 12, 31))
    firm.assignment(kpi, una, start_date=START)
    with pytest.raises(Conflict, match="is assigned from 2026-01-01 to an open end already"):
        change(firm, UserKpiIds(una, given.id), end_date=None)
    with pytest.raises(InvalidRequest, match="end_date 2024-12-31 must not lie before start_date 2025-01-01"):
        change(firm, UserKpiIds(una, given.id), end_date="2024-12-31")
    assert firm.assignments.by_id[given.id] == given


def test_a_change_of_a_state_that_is_gone_is_refused(firm: Firm) -> None:
    una = firm.user()
    given = firm.assignment(firm.definition(), una)
    edit = Edit(AssignmentChange(weight=Decimal(7)), Precondition.of('"stale"'))
    with pytest.raises(Conflict) as refused:
        change_assignment(UserKpiIds(una, given.id), edit, firm.caller(), firm.work)
    assert refused.value.code == "version_mismatch"
    assert firm.assignments.by_id[given.id] == given


def test_an_assignment_is_found_under_its_own_user_only(firm: Firm) -> None:
    una, ugo = firm.user(), firm.user()
    given = firm.assignment(firm.definition(), una)
    assert shown(get_assignment(UserKpiIds(una, given.id), firm.caller(), firm.work).text)[0] == "assignment"
    for kpi in (UserKpiIds(ugo, given.id), UserKpiIds(una, NOBODY)):
        with pytest.raises(NotFound, match="This user has no KPI with that id"):
            get_assignment(kpi, firm.caller(), firm.work)
        with pytest.raises(NotFound, match="This user has no KPI with that id"):
            change(firm, kpi, weight=2)


def test_a_person_sees_their_own_assignment_and_changes_it_not(firm: Firm) -> None:
    una, ugo = firm.user(), firm.user()
    kpi = UserKpiIds(una, firm.assignment(firm.definition(), una).id)
    get_assignment(kpi, firm.caller(una, Role.USER), firm.work)
    with pytest.raises(Forbidden):
        change(firm, kpi, firm.caller(una, Role.USER), weight=9)
    with pytest.raises(Forbidden):
        get_assignment(kpi, firm.caller(ugo, Role.USER), firm.work)
