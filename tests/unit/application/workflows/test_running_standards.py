"""Whatever changes a target or a weight: once its runs are worked off, the running period is judged by it."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lodestar.application.assignments.shapes import (
    AssignmentChange,
    BulkTargetDraft,
    CompanyTargetChange,
    CompanyTargetDraft,
    WithdrawalQuery,
)
from lodestar.application.caller import Caller
from lodestar.application.values.standards import Standards
from lodestar.application.workflows.assigning import (
    change_assignment,
    change_group_assignment,
    withdraw_assignment,
)
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.targets import (
    change_company_target,
    delete_company_target,
    set_company_target,
    set_targets_of_many,
)
from lodestar.domain.assignments import KpiAssignmentIds, UserKpiIds
from lodestar.domain.permissions import Actor, Role, permissions_of
from lodestar.domain.refusals import LodestarError
from lodestar.domain.runs import RunKind
from lodestar.domain.sources import AggregationMethod, RecordsSource
from lodestar.domain.targets import KpiTarget
from lodestar.wire.preconditions import Edit
from tests.fakes.people import ACME, ADA
from tests.unit.application.calculation.firm import MONDAY, TUESDAY, WEDNESDAY, Firm

AVERAGE = RecordsSource("calls", AggregationMethod.AVERAGE)
DAYS = [MONDAY + timedelta(days=number) for number in range(5)]
"""Monday to Friday; Wednesday runs."""


@dataclass
class Office:
    """A KPI of two people, a team and the company, measured up to the running day."""

    firm: Firm = field(default_factory=Firm)

    def __post_init__(self) -> None:
        firm = self.firm
        self.kpi = firm.kpi(source=AVERAGE)
        self.people = [firm.user(), firm.user()]
        self.own = [firm.assign(self.kpi, user=user) for user in self.people]
        self.groups = [firm.assign(self.kpi, team=firm.team()), firm.assign(self.kpi)]
        firm.calculate(MONDAY, TUESDAY)
        firm.calculate(WEDNESDAY, WEDNESDAY, kind=RunKind.REFRESH)

    @property
    def context(self) -> ChangeContext:
        actor = Actor(ADA, ACME.id, Role.ADMIN, permissions_of(Role.ADMIN))
        caller = Caller(actor, "Ada", "ada@acme.test", "UTC", ACME, "a request")
        return ChangeContext(caller, self.firm.work, self.firm.messages)

    def change(self, which: int, **fields: Any) -> None:
        edit = Edit(AssignmentChange.model_validate(fields))
        if which < 2:
            change_assignment(UserKpiIds(self.people[which], self.own[which]), edit, self.context)
        else:
            ids = KpiAssignmentIds(self.kpi.id, self.groups[which - 2])
            change_group_assignment(ids, edit, self.context)

    def withdraw(self, which: int, first: date) -> None:
        query = WithdrawalQuery.model_validate({"from": first})
        kpi = UserKpiIds(self.people[which], self.own[which])
        withdraw_assignment(kpi, query, self.context)

    def set_target(self, first: date, last: date, value: int, restate: bool) -> None:
        body = {"target_value": value, "period_start": first, "period_end": last, "restate": restate}
        set_company_target(self.kpi.id, CompanyTargetDraft.model_validate(body), self.context)

    def set_target_of(self, which: int, first: date, last: date, value: int) -> None:
        body = {
            "kpi_definition_id": self.kpi.id, "period_start": first, "period_end": last, "replace": True,
            "targets": [{"user_id": self.people[which], "target_value": value}],
        }  # fmt: skip
        set_targets_of_many(BulkTargetDraft.model_validate(body), self.context)

    def change_or_delete(self, value: int | None) -> None:
        for target_id in sorted(self.firm.work.assignments.company_level)[:1]:
            which = KpiTarget(self.kpi.id, target_id)
            if value is None:
                delete_company_target(which, self.context)
            else:
                body = CompanyTargetChange.model_validate({"target_value": value})
                change_company_target(which, body, self.context)

    def check(self) -> None:
        work = self.firm.work
        assignments = list(work.assignments.by_id.values())
        standards = Standards(ACME, assignments, work)
        by_id = {each.id: each for each in assignments}
        for key, slot in work.values.stored.items():
            if slot.state == "open":
                period = slot.entered.measurement.slot.period
                wanted = standards.of(by_id[key.assignment_id], self.kpi, period)
                assert slot.entered.measurement.standard == wanted, key
                assert slot.entered.measurement.covered_days == by_id[key.assignment_id].days_in(period)


days = st.sampled_from(DAYS)
numbers = st.integers(1, 9)
spans = st.tuples(days, days).map(lambda span: (min(span), max(span)))
steps = st.one_of(
    st.builds(
        lambda which, value, day: lambda office: office.change(which, target_value=value, effective_from=day),
        st.integers(0, 3), st.none() | numbers, days,
    ),
    st.builds(
        lambda which, weight, day: lambda office: office.change(which, weight=weight, effective_from=day),
        st.integers(0, 3), numbers, days,
    ),
    st.builds(lambda which, day: lambda office: office.change(which, end_date=day), st.integers(0, 3), days),
    st.builds(lambda which, day: lambda office: office.withdraw(which, day), st.integers(0, 1), days),
    st.builds(
        lambda span, value, restate: lambda office: office.set_target(*span, value, restate),
        spans, numbers, st.booleans(),
    ),
    st.builds(
        lambda which, span, value: lambda office: office.set_target_of(which, *span, value),
        st.integers(0, 1), spans, numbers,
    ),
    st.builds(lambda value: lambda office: office.change_or_delete(value), st.none() | numbers),
)  # fmt: skip


@settings(deadline=None, max_examples=120)
@given(st.lists(steps, min_size=1, max_size=6))
def test_the_running_period_is_always_judged_by_what_is_in_force(changes: list[Any]) -> None:
    office = Office()
    office.check()
    for change in changes:
        try:
            change(office)
        except LodestarError:
            continue  # dates that overlap, or lie in no terms
        office.firm.work_off()
        office.check()
