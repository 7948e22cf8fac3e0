"""Targets for many people at once: whose, for which dates, and what the same again does."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.assignments.bulk_targets import MAX_PEOPLE_PER_CALL
from lodestar.application.assignments.shapes import BulkTargetDraft, BulkTargetView
from lodestar.application.caller import Caller
from lodestar.application.workflows.targets import set_targets_of_many
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition, TargetType
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Forbidden, InvalidContent, InvalidRequest, LodestarError, TooLarge
from lodestar.domain.sources import ManualSource
from tests.fakes.firm import NOBODY, Firm

MARCH = {"period_start": "2026-03-01", "period_end": "2026-03-31"}


@dataclass(frozen=True)
class Office:
    """A company with a monthly KPI that two people of it have."""

    firm: Firm
    definition: Definition
    una: Assignment
    ugo: Assignment

    def set(self, *rows: dict[str, Any], caller: Caller | None = None, **fields: Any) -> BulkTargetView:
        plain = {"kpi_definition_id": self.definition.id, **MARCH, "targets": rows}
        draft = BulkTargetDraft.model_validate(plain | fields)
        return set_targets_of_many(draft, self.firm.context(caller))

    def audited(self) -> list[tuple[str, Any, Any]]:
        return [
            (action, before and before["target"], after["target"])
            for action, before, after in self.firm.audited()
        ]


@pytest.fixture
def office() -> Office:
    firm = Firm()
    source = ManualSource(allowed_max=Decimal(1000))
    definition = firm.definition(aggregation_period=Cadence.MONTHLY, data_source=source)
    una, ugo = (firm.assignment(definition, firm.user()) for _ in range(2))
    return Office(firm, definition, una, ugo)


def row(assignment: Assignment, value: object, notes: str = "") -> dict[str, Any]:
    return {"user_id": assignment.user_id, "target_value": value, "notes": notes}


def outcomes(view: BulkTargetView) -> list[tuple[str, str | None]]:
    return [(row.outcome, row.code) for row in view.results]


def test_each_person_gets_a_target_for_the_dates(office: Office) -> None:
    view = office.set(row(office.una, 120, "after the launch"), row(office.ugo, 90))
    assert outcomes(view) == [("created", None), ("created", None)]
    assert [row.assignment_id for row in view.results] == [office.una.id, office.ugo.id]
    stored = office.firm.assignments.targets
    assert [row.target_id for row in view.results] == list(stored)
    assert [
        (target.assignment_id, target.dated.target.low, target.dated.first, target.dated.last, target.notes)
        for target in stored.values()
    ] == [
        (office.una.id, 120, date(2026, 3, 1), date(2026, 3, 31), "after the launch"),
        (office.ugo.id, 90, date(2026, 3, 1), date(2026, 3, 31), ""),
    ]
    assert office.audited() == [("target.created", None, [120, 120]), ("target.created", None, [90, 90])]


def test_the_same_again_changes_nothing_and_answers_with_the_same_ids(office: Office) -> None:
    first = office.set(row(office.una, 120), row(office.ugo, 90))
    before = office.firm.state()
    again = office.set(row(office.una, 120), row(office.ugo, 90))
    assert (again.unchanged, again.created, again.updated, again.errors) == (2, 0, 0, 0)
    assert [row.target_id for row in again.results] == [row.target_id for row in first.results]
    assert office.firm.state() == before


def test_another_value_for_the_same_dates_is_refused_unless_it_shall_replace(office: Office) -> None:
    (first,) = office.set(row(office.una, 120)).results
    (refused,) = office.set(row(office.una, 130)).results
    assert (refused.outcome, refused.code) == ("error", "target_overlap")
    assert refused.error == (
        'There is a target for 2026-03-01..2026-03-31 already: send "replace": true to change it.'
    )
    (changed,) = office.set(row(office.una, 130), replace=True).results
    assert (changed.outcome, changed.target_id) == ("updated", first.target_id)
    assert [target.dated.target.low for target in office.firm.assignments.targets.values()] == [130]
    assert office.audited()[1:] == [("target.changed", [120, 120], [130, 130])]


def test_other_notes_alone_are_a_change_too(office: Office) -> None:
    office.set(row(office.una, 120))
    assert outcomes(office.set(row(office.una, 120, "why"))) == [("error", "target_overlap")]
    assert outcomes(office.set(row(office.una, 120, "why"), replace=True)) == [("updated", None)]


@pytest.mark.parametrize(
    ("first", "last", "outcome"),
    [
        ("2026-03-15", "2026-04-30", "error"),
        ("2026-02-15", "2026-03-01", "error"),
        ("2026-03-10", "2026-03-31", "created"),
        ("2026-01-01", "2026-12-31", "created"),
        ("2026-04-01", "2026-04-30", "created"),
    ],
)
def test_dates_may_lie_inside_others_or_beside_them_but_not_cross_them(
    office: Office, first: str, last: str, outcome: str
) -> None:
    office.set(row(office.una, 120))
    view = office.set(row(office.una, 130), period_start=first, period_end=last, replace=True)
    assert [row.outcome for row in view.results] == [outcome]


def test_dates_in_which_no_period_ends_are_refused_with_the_periods_they_could_mean(office: Office) -> None:
    with pytest.raises(InvalidRequest) as refused:
        office.set(row(office.una, 120), period_start="2026-03-05", period_end="2026-03-30")
    assert refused.value.message == (
        "2026-03-05..2026-03-30 holds the last day of no monthly period, so the target could never count: "
        "choose 2026-03-01..2026-03-31 or 2026-02-01..2026-02-28."
    )
    assert office.firm.assignments.targets == {}


def test_a_target_is_the_assignments_whatever_terms_meet_in_its_dates(office: Office) -> None:
    firm, user_id = office.firm, office.firm.user()
    firm.assignment(office.definition, user_id, start_date=date(2026, 1, 1), end_date=date(2026, 3, 14))
    given = firm.assignment(office.definition, user_id, start_date=date(2026, 3, 15))
    (found,) = office.set({"user_id": user_id, "target_value": 5}).results
    assert found.assignment_id == given.id


def test_dates_without_any_terms_take_no_target(office: Office) -> None:
    firm, user_id = office.firm, office.firm.user()
    firm.assignment(office.definition, user_id, end_date=date(2026, 2, 28))
    firm.assignment(office.definition, user_id, start_date=date(2026, 4, 1))
    assert outcomes(office.set({"user_id": user_id, "target_value": 5})) == [("error", "not_assigned")]


def test_a_row_that_cannot_stand_tells_why_and_stops_no_other(office: Office) -> None:
    firm = office.firm
    without, gone = firm.user(), firm.user(is_active=False)
    stranger = NOBODY + 1
    view = office.set(
        {"user_id": stranger, "target_value": 1},
        {"user_id": NOBODY, "target_value": 1},
        {"user_id": without, "target_value": 1},
        {"user_id": gone, "target_value": 1},
        row(office.una, 1001),
        row(office.ugo, {"min": 1, "max": 2}),
        row(office.una, 1),
    )
    assert outcomes(view) == [
        ("error", "not_found"),
        ("error", "not_found"),
        ("error", "not_assigned"),
        ("error", "invalid_content"),
        ("error", "invalid_content"),
        ("error", "invalid_content"),
        ("error", "duplicate_row"),
    ]
    assert view.results[0].error == view.results[1].error
    assert outcomes(office.set(row(office.una, 1001), row(office.ugo, 9)))[1] == ("created", None)


def test_a_manager_sets_targets_for_the_people_of_their_team_only(office: Office) -> None:
    firm = office.firm
    team = firm.team()
    member = firm.assignment(office.definition, firm.user(team_id=team))
    caller = firm.caller(firm.user(Role.MANAGER), Role.MANAGER, managed_team_ids=frozenset({team}))
    view = office.set(row(member, 5), row(office.ugo, 5), caller=caller)
    assert outcomes(view) == [("created", None), ("error", "forbidden")]
    with pytest.raises(Forbidden):
        office.set(row(office.una, 6), caller=firm.caller(office.una.user_id, Role.USER))


def test_a_band_is_the_target_of_a_kpi_that_wants_one(office: Office) -> None:
    definition = office.firm.definition(target_type=TargetType.RANGE)
    assignment = office.firm.assignment(definition, office.firm.user())
    office.set(row(assignment, {"min": 2, "max": 4}), kpi_definition_id=definition.id)
    (stored,) = office.firm.assignments.targets.values()
    assert (stored.dated.target.low, stored.dated.target.high) == (2, 4)


def test_the_definition_is_locked_so_that_two_calls_cannot_both_find_no_overlap(office: Office) -> None:
    office.set(row(office.una, 5))
    assert office.firm.definitions.locked == [office.definition.id]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"kpi_definition_id": NOBODY}, InvalidContent),
        ({"period_end": "2026-02-28"}, InvalidRequest),
        ({"targets": [{"user_id": 1, "target_value": 1}] * (MAX_PEOPLE_PER_CALL + 1)}, TooLarge),
    ],
)
def test_what_is_wrong_for_everybody_refuses_the_whole_call(
    office: Office, fields: dict[str, Any], error: type[LodestarError]
) -> None:
    before = office.firm.state()
    with pytest.raises(error):
        office.set(row(office.una, 5), **fields)
    assert office.firm.state() == before
    assert office.firm.work.commits == 0
