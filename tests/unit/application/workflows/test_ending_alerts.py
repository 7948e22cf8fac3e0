"""Whoever leaves, dissolves, retires or takes back lets the alerts about it end, in the same transaction."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from lodestar.application.alerts.ports import AlertFigures
from lodestar.application.assignments.assigning import AssignmentEdit
from lodestar.application.people.shapes import UserChange
from lodestar.application.workflows.leaving import deactivate_user, dissolve_team
from lodestar.application.workflows.moving import PersonnelContext, change_user
from lodestar.application.workflows.retiring import retire_kpi
from lodestar.application.workflows.terms import follow_terms
from lodestar.domain.alerts import CloseReason, Severity
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import CompanyTime, EnteredMeasurement, Slot, Standard, measure
from tests.fakes.firm import NOW, Firm, point
from tests.fakes.people import FakeDirectory

MONDAY = date(2026, 3, 9)


class Desk:
    """Una of a team, the team itself, and an alert about each of them on Monday."""

    def __init__(self) -> None:
        self.firm = Firm()
        self.team = self.firm.team()
        self.una = self.firm.user(team_id=self.team)
        self.calls = self.firm.definition(key="calls")
        self.of_una = self._watched(self.firm.assignment(self.calls, self.una))
        self.of_team = self._watched(self.firm.assignment(self.calls, team_id=self.team))

    def _watched(self, assignment: Assignment) -> Assignment:
        figures = AlertFigures(
            1,
            assignment.id,
            assignment.definition_id,
            Severity.WARNING,
            "…",
            Decimal(5),
            point(10),
            MONDAY,
            MONDAY,
        )
        self.firm.work.alerts.open_alerts([figures], NOW)
        return assignment

    @property
    def reasons(self) -> list[CloseReason | None]:
        """Why Una's alert is over, and her team's."""
        return [alert.close_reason for alert in self.firm.work.alerts.alerts.values()]

    def withdraw_from(self, day: date) -> None:
        ended = self.of_una.cut_before(day)
        self.firm.assignments.save_terms({ended.id: ended.terms})
        follow_terms([AssignmentEdit(self.of_una, ended)], self.calls, self.firm.context())


def measured(desk: Desk, kpi: Definition, assignment: Assignment) -> None:
    now = CompanyTime(desk.firm.company.calendar, NOW)
    period = now.calendar.containing(kpi.aggregation_period, MONDAY)
    slot = Slot.at(now, assignment.id, kpi, period)
    row = measure(slot, Decimal(5), Standard(point(10)), period.days)
    desk.firm.values.enter([EnteredMeasurement(row)], NOW)


def leave(desk: Desk) -> None:
    deactivate_user(desk.una, desk.firm.caller(), desk.firm.work, FakeDirectory())


def be_deactivated(desk: Desk) -> None:
    context = PersonnelContext(desk.firm.caller(), desk.firm.work, FakeDirectory(), desk.firm.messages)
    change_user(desk.una, UserChange(is_active=False), context)


def dissolve(desk: Desk) -> None:
    dissolve_team(desk.team, desk.firm.caller(), desk.firm.work)


def retire(desk: Desk) -> None:
    retire_kpi(desk.calls.id, desk.firm.caller(), desk.firm.work, dry_run=False)


@pytest.mark.parametrize(
    ("end", "reasons"),
    [
        (leave, [CloseReason.PERSON_LEFT, None]),
        (be_deactivated, [CloseReason.PERSON_LEFT, None]),
        (dissolve, [None, CloseReason.TEAM_DISSOLVED]),
        (retire, [CloseReason.KPI_RETIRED, CloseReason.KPI_RETIRED]),
    ],
)
def test_alerts_end_with_what_they_are_about(
    end: Callable[[Desk], None], reasons: list[CloseReason | None]
) -> None:
    desk = Desk()
    end(desk)
    assert desk.reasons == reasons


@pytest.mark.parametrize(("day", "reason"), [(MONDAY, CloseReason.WITHDRAWN), (date(2026, 3, 10), None)])
def test_the_alert_about_a_period_that_is_withdrawn_ends(day: date, reason: CloseReason | None) -> None:
    desk = Desk()
    measured(desk, desk.calls, desk.of_una)
    desk.withdraw_from(day)
    assert desk.reasons == [reason, None]
