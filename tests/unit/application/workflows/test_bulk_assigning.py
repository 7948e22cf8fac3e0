"""Many assignments at once are as many single ones: who gets what, and who is refused in which words."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.application.assignments.bulk_targets import MAX_PEOPLE_PER_CALL
from lodestar.application.assignments.shapes import AssignmentDraft, BulkAssignmentDraft, BulkAssignmentView
from lodestar.application.caller import Caller
from lodestar.application.workflows.assigning import assign_kpi
from lodestar.application.workflows.bulk_assigning import assign_to_many
from lodestar.domain.definitions import Definition
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Forbidden, InvalidContent, InvalidRequest, LodestarError, TooLarge
from lodestar.domain.sources import ManualSource
from tests.fakes.firm import NOBODY, Firm, point

START = date(2026, 1, 1)


@dataclass(frozen=True)
class Office:
    """A company with an admin, a manager of one team, and people: in the team, outside, deactivated."""

    firm: Firm
    definition: Definition
    manager: int
    team: int
    people: tuple[int, ...]

    def as_admin(self) -> Caller:
        return self.firm.caller()

    def as_manager(self) -> Caller:
        return self.firm.caller(
            self.manager, Role.MANAGER, managed_team_ids=frozenset({self.team}), team_id=self.team
        )

    def bulk(self, caller: Caller, **fields: Any) -> BulkAssignmentView:
        plain = {"kpi_definition_id": self.definition.id, "target_value": 5, "start_date": START}
        return assign_to_many(BulkAssignmentDraft.model_validate(plain | fields), self.firm.context(caller))

    def one(self, caller: Caller, user_id: int, **fields: Any) -> str | None:
        """Assign to one person; the refusal in words."""
        plain = {"kpi_definition_id": self.definition.id, "target_value": 5, "start_date": START}
        try:
            assign_kpi(user_id, AssignmentDraft.model_validate(plain | fields), self.firm.context(caller))
        except LodestarError as error:
            return f"{error.code}: {error.message}"
        return None


def new_office() -> Office:
    firm = Firm()
    team = firm.team()
    manager = firm.user(Role.MANAGER, team)
    people = [firm.user(team_id=team) for _ in range(3)]
    people += [firm.user(), firm.user(team_id=team, is_active=False)]
    return Office(firm, firm.definition(), manager, team, tuple(people))


@pytest.fixture
def office() -> Office:
    return new_office()


def outcomes(view: BulkAssignmentView) -> list[tuple[int, str, str | None]]:
    return [(row.user_id, row.outcome, row.code) for row in view.results]


def test_everybody_is_answered_in_the_order_asked_and_a_refusal_stops_no_other(office: Office) -> None:
    una, ugo, uma, outsider, gone = office.people
    stranger = NOBODY + 1
    office.firm.assignment(office.definition, ugo, start_date=date(2025, 6, 1))
    asked = [uma, stranger, gone, ugo, NOBODY, outsider, una, office.manager]
    view = office.bulk(office.as_manager(), user_ids=asked)
    assert outcomes(view) == [
        (uma, "created", None),
        (stranger, "error", "not_found"),
        (gone, "error", "invalid_content"),
        (ugo, "error", "assignment_overlap"),
        (NOBODY, "error", "not_found"),
        (outsider, "error", "forbidden"),
        (una, "created", None),
        (office.manager, "error", "forbidden"),
    ]
    assert (view.created, view.unchanged, view.errors) == (2, 0, 6)
    assert view.results[1].error == view.results[4].error == "There is no such user."


def test_each_new_assignment_is_audited_with_what_it_is(office: Office) -> None:
    una, ugo, *_ = office.people
    view = office.bulk(office.as_admin(), user_ids=[una, ugo], weight=2)
    changes = office.firm.work.audit.entries
    assert [change.about.id for change in changes] == [row.assignment_id for row in view.results]
    assert [(change.action, change.before, change.after["user_id"]) for change in changes] == [
        ("assignment.created", None, una),
        ("assignment.created", None, ugo),
    ]
    (terms,) = changes[0].after["terms"]
    assert (terms["weight"], terms["target"]) == (2, [5, 5])


def test_the_same_again_changes_nothing_and_answers_with_the_same_ids(office: Office) -> None:
    first = office.bulk(office.as_admin(), user_ids=office.people[:3])
    before = office.firm.state()
    again = office.bulk(office.as_admin(), user_ids=office.people[:3])
    assert {row.outcome for row in again.results} == {"unchanged"}
    assert [row.assignment_id for row in again.results] == [row.assignment_id for row in first.results]
    assert office.firm.state() == before


def test_who_had_the_kpi_before_has_further_terms_on_the_same_assignment(office: Office) -> None:
    una, ugo, *_ = office.people
    had = office.firm.assignment(office.definition, ugo, end_date=date(2025, 12, 31))
    view = office.bulk(office.as_admin(), user_ids=[una, ugo])
    assert (view.created, view.renewed) == (2, 0)
    assert view.results[1].assignment_id == had.id
    terms = office.firm.assignments.by_id[had.id].terms
    assert [(each.start_date, each.end_date) for each in terms] == [
        (had.terms[0].start_date, date(2025, 12, 31)),
        (START, None),
    ]
    actions = [entry.action for entry in office.firm.work.audit.entries]
    assert actions == ["assignment.created", "assignment.changed"]


def test_open_terms_of_many_are_renewed_in_one_call_and_counted(office: Office) -> None:
    una, ugo, uma, *_ = office.people
    for user_id in (una, ugo):
        office.firm.assignment(office.definition, user_id, target=point(4))
    assert {row.code for row in office.bulk(office.as_admin(), user_ids=[una, ugo]).results} == {
        "assignment_overlap"
    }
    view = office.bulk(office.as_admin(), user_ids=[una, ugo, uma], renew=True)
    assert (view.created, view.renewed, view.unchanged, view.errors) == (1, 2, 0, 0)
    renewed = office.firm.assignments.by_id[view.results[0].assignment_id or 0]
    assert [(each.start_date, each.end_date, each.target) for each in renewed.terms] == [
        (date(2025, 1, 1), date(2025, 12, 31), point(4)),
        (START, None, point(5)),
    ]
    again = office.bulk(office.as_admin(), user_ids=[una, ugo, uma], renew=True)
    assert (again.unchanged, again.errors) == (3, 0)


def test_one_run_over_the_closed_periods_of_all_of_them_is_named(office: Office) -> None:
    una, ugo, *_ = office.people
    view = office.bulk(office.as_admin(), user_ids=[una, ugo])
    (run,) = office.firm.work.calculation.runs.items()
    assert view.run_id == run[0]
    assert run[1].run.user_ids == (una, ugo)
    assert (run[1].run.period_start, run[1].run.period_end) == (START, date(2026, 3, 9))
    assert office.bulk(office.as_admin(), user_ids=[una, ugo]).run_id is None


def test_who_is_named_twice_has_it_by_the_second_time(office: Office) -> None:
    una = office.people[0]
    view = office.bulk(office.as_admin(), user_ids=[una, una])
    assert outcomes(view) == [(una, "created", None), (una, "unchanged", None)]
    assert view.results[0].assignment_id == view.results[1].assignment_id


def test_who_is_named_twice_is_refused_twice(office: Office) -> None:
    view = office.bulk(office.as_admin(), user_ids=[NOBODY, NOBODY])
    assert [row.outcome for row in view.results] == ["error", "error"]
    assert view.errors == 2


def test_a_team_stands_for_its_active_members(office: Office) -> None:
    view = office.bulk(office.as_manager(), team_id=office.team)
    assert outcomes(view) == [
        (office.manager, "error", "forbidden"),
        *((user_id, "created", None) for user_id in office.people[:3]),
    ]


def test_a_team_without_active_members_gives_nobody_anything(office: Office) -> None:
    view = office.bulk(office.as_admin(), team_id=office.firm.team())
    assert (view.results, view.created, view.errors) == ([], 0, 0)


def test_the_definition_is_locked_so_that_two_calls_cannot_both_find_no_overlap(office: Office) -> None:
    office.bulk(office.as_admin(), user_ids=office.people[:1])
    assert office.firm.definitions.locked == [office.definition.id]


@pytest.mark.parametrize(
    ("fields", "error", "field"),
    [
        ({}, InvalidContent, "user_ids"),
        ({"user_ids": [1], "team_id": 1}, InvalidContent, "user_ids"),
        ({"team_id": NOBODY}, InvalidContent, "team_id"),
        ({"user_ids": [1], "kpi_definition_id": NOBODY}, InvalidContent, "kpi_definition_id"),
        ({"user_ids": [1], "target_value": {"min": 1, "max": 2}}, InvalidContent, "target_value"),
        ({"user_ids": [1], "target_value": 50}, InvalidContent, "target_value"),
        ({"user_ids": [1], "end_date": "2025-12-31"}, InvalidRequest, None),
        ({"user_ids": [1] * (MAX_PEOPLE_PER_CALL + 1)}, TooLarge, None),
    ],
)
def test_what_is_wrong_for_everybody_refuses_the_whole_call(
    office: Office, fields: dict[str, Any], error: type[LodestarError], field: str | None
) -> None:
    ranged = office.firm.definition(data_source=ManualSource(allowed_max=Decimal(10)))
    before = office.firm.state()
    with pytest.raises(error) as refused:
        office.bulk(office.as_admin(), **{"kpi_definition_id": ranged.id} | fields)
    assert [detail.field for detail in refused.value.details] == ([field] if field else [])
    assert office.firm.state() == before
    assert office.firm.work.commits == 0


def test_as_many_people_as_one_call_takes_are_taken(office: Office) -> None:
    user_ids = [office.firm.user() for _ in range(MAX_PEOPLE_PER_CALL)]
    assert office.bulk(office.as_admin(), user_ids=user_ids).created == MAX_PEOPLE_PER_CALL


def test_more_people_than_one_call_takes_are_told_to_be_sent_in_parts(office: Office) -> None:
    with pytest.raises(TooLarge) as refused:
        office.bulk(office.as_admin(), user_ids=[1] * 1001)
    assert refused.value.message == "One call takes at most 1000 people: send the 1001 in parts."


def test_a_retired_kpi_is_given_to_nobody(office: Office) -> None:
    office.firm.retire(office.definition)
    with pytest.raises(InvalidContent, match="is retired: choose another"):
        office.bulk(office.as_admin(), user_ids=office.people[:1])


def test_a_person_without_a_say_is_refused_whatever_they_send(office: Office) -> None:
    una = office.people[0]
    with pytest.raises(Forbidden):
        office.bulk(office.firm.caller(una, Role.USER), user_ids=[una])


existing = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.sampled_from([(2025, 1), (2026, 1), (2026, 6)]),
        st.integers(4, 5),
    ),
    max_size=4,
    unique_by=lambda each: each[:2],
)
asked = st.fixed_dictionaries(
    {"weight": st.integers(1, 2), "renew": st.booleans()}, optional={"end_date": st.just("2026-03-31")}
)


@given(existing, st.lists(st.integers(-1, 5), min_size=1, max_size=7), asked, st.booleans())
def test_many_at_once_are_as_many_single_ones(
    existing: list[tuple[int, tuple[int, int], int]],
    places: list[int],
    fields: dict[str, Any],
    is_admin: bool,
) -> None:
    in_bulk, one_by_one = new_office(), new_office()
    for office in (in_bulk, one_by_one):
        for place, (year, month), target in existing:
            office.firm.assignment(
                office.definition,
                office.people[place],
                start_date=date(year, month, 1),
                end_date=date(year, month, 28),
                target=point(target),
            )
    user_ids = [(*in_bulk.people, in_bulk.manager, NOBODY)[place] for place in places]
    caller = in_bulk.as_admin() if is_admin else in_bulk.as_manager()
    rows = in_bulk.bulk(caller, user_ids=user_ids, **fields).results
    told = [None if row.error is None else f"{row.code}: {row.error}" for row in rows]
    assert told == [one_by_one.one(caller, user_id, **fields) for user_id in user_ids]
    assert in_bulk.firm.state() == one_by_one.firm.state()
