"""A history: what people and the clock do, each step as a use case of the system and as facts of the model.

A step that the system refuses changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from lodestar.application.assignments.shapes import (
    AssignmentDraft,
    BulkTargetDraft,
    CompanyTargetDraft,
    GroupAssignmentDraft,
)
from lodestar.application.calculation.running import start_run
from lodestar.application.calculation.shapes import RunDraft
from lodestar.application.definitions.shapes import DefinitionChange
from lodestar.application.people.shapes import CompanyChange, UserChange
from lodestar.application.values.shapes import EnteredValue, GroupValue
from lodestar.application.workflows.assigning import (
    assign_kpi,
    assign_to_group,
    change_assignment,
    change_group_assignment,
    withdraw_assignment,
    withdraw_group_assignment,
)
from lodestar.application.workflows.changing_companies import SettingsContext, change_company
from lodestar.application.workflows.entering import enter_group_value, enter_value
from lodestar.application.workflows.importing import import_values
from lodestar.application.workflows.retiring import change_kpi, retire_kpi
from lodestar.application.workflows.shapes import ImportOutcome
from lodestar.application.workflows.targets import set_company_target, set_targets_of_many
from lodestar.domain.assignments import KpiAssignmentIds, UserKpiIds
from lodestar.domain.periods import Cadence
from lodestar.wire.preconditions import Edit, Precondition
from tests.histories.days import DAY
from tests.histories.facts import COMPANY, ENTERED, Terms
from tests.histories.telling import Company, band
from tests.histories.world import AnyQuery, body_of


@dataclass(repr=False)  # a failing test shows the history, and no company
class Story(Company):
    """What may happen, each a method that a step names."""

    # The clock.

    def pass_days(self, number: int) -> None:
        """Each day ends with what the clock plans in it."""
        for _ in range(number):
            today = self.facts.today
            self.world.now = self.facts.days.start(today + 2 * DAY) - timedelta(hours=2)
            self.facts.now = self.world.now
            self.alerts.close_ended(self.numbers)
            self.world.tick()
            self.settle()

    # Who has which KPI.

    def assign(self, who: int, key: str, start: int, days: int | None, *terms: Any) -> None:
        target, weight, renew = terms
        kpi, subject, (first, last) = self.kpi(key), self._who(who), self._range(start, days)
        fields = {
            "target_value": target,
            "weight": weight,
            "start_date": first,
            "end_date": last,
            "renew": renew,
        }
        draft = AssignmentDraft(kpi_definition_id=kpi.id, **fields)
        self.world.do(lambda c: assign_kpi(subject.id, draft, c))
        self.facts.give(kpi.id, subject, first, last, Terms(Decimal(weight), band(target)), renew=renew)

    def assign_group(self, who: int, key: str, start: int, days: int | None, *terms: Any) -> None:
        target, weight, renew, for_people = terms
        kpi, subject, (first, last) = self.kpi(key), self._group(who), self._range(start, days)
        draft = GroupAssignmentDraft(
            team_id=subject.id or None,
            target_value=target,
            weight=weight,
            start_date=first,
            end_date=last,
            renew=renew,
            for_people=for_people,
        )
        self.world.do(lambda c: assign_to_group(kpi.id, draft, c))
        of_it = Terms(Decimal(weight), band(target), for_people)
        self.facts.give(kpi.id, subject, first, last, of_it, renew=renew)

    def change(self, who: int, key: str, fields: Mapping[str, Any]) -> None:
        """Weight, target or dates of somebody's KPI, as one call has them."""
        kpi, subject = self.kpi(key), self._who(who)
        ids = UserKpiIds(subject.id, self._assignment(kpi, subject))
        edit = self._edit(fields)
        self.world.do(lambda c: change_assignment(ids, edit, c))
        self._change_facts(kpi, subject, edit.change)

    def change_group(self, who: int, key: str, fields: Mapping[str, Any]) -> None:
        kpi, subject = self.kpi(key), self._group(who)
        ids = KpiAssignmentIds(kpi.id, self._assignment(kpi, subject))
        edit = self._edit(fields)
        self.world.do(lambda c: change_group_assignment(ids, edit, c))
        self._change_facts(kpi, subject, edit.change)

    def withdraw(self, who: int, key: str, start: int | None) -> None:
        kpi, subject = self.kpi(key), self._who(who)
        ids, query, first = UserKpiIds(subject.id, self._assignment(kpi, subject)), *self._withdrawal(start)
        self.world.do(lambda c: withdraw_assignment(ids, query, c))
        self.facts.cut_terms(kpi.id, subject, first)

    def withdraw_group(self, who: int, key: str, start: int | None) -> None:
        kpi, subject = self.kpi(key), self._group(who)
        ids = KpiAssignmentIds(kpi.id, self._assignment(kpi, subject))
        query, first = self._withdrawal(start)
        self.world.do(lambda c: withdraw_group_assignment(ids, query, c))
        self.facts.cut_terms(kpi.id, subject, first)

    # People.

    def move(self, who: int, team: int | None, start: int) -> None:
        subject, first = self._who(who), self.day(start)
        team_id = None if team is None else self.world.teams[team]
        self._change_person(subject, UserChange(team_id=team_id, effective_from=first))
        self.facts.move(subject.id, team_id, first)

    def leave(self, who: int) -> None:
        subject = self._who(who)
        self._change_person(subject, UserChange(is_active=False))
        self.facts.leave(subject.id)
        self.alerts.close("person_left", who=subject)

    def come_back(self, who: int) -> None:
        subject = self._who(who)
        self._change_person(subject, UserChange(is_active=True))
        self.facts.last_days.pop(subject.id, None)

    # Values.

    def record(self, who: int, source: str, start: int, *row: Any) -> None:
        """A row that is pushed, and runs over the closed periods that it lies in."""
        self.push(who, source, start, *row)
        self._run_over(source, self.day(start), list(Cadence))

    def late_record(self, who: int, source: str, back: int, *row: Any) -> None:
        """A row of the last days, which the next day takes in by itself."""
        self.push(who, source, -back, *row)
        self._run_over(
            source, self.day(-back), [cadence for cadence in Cadence if cadence is not Cadence.DAILY]
        )
        self.pass_days(1)

    def enter(self, who: int, key: str, start: int, value: int, notes: str | None) -> None:
        kpi, subject = self.kpi(key), self._who(who)
        period = self.facts.days.period(kpi.cadence, self.day(start))
        ids = UserKpiIds(subject.id, self._assignment(kpi, subject))
        body = EnteredValue(
            actual_value=value, period_start=period.first, period_end=period.last, notes=notes
        )
        self.world.do(lambda c: enter_value(ids, body, c))
        self._note(kpi, subject, period.first, Decimal(value), notes)

    def enter_company(self, key: str, start: int, value: int, notes: str | None) -> None:
        kpi, period = self.kpi(key), self.facts.days.period(self.kpi(key).cadence, self.day(start))
        body = GroupValue(value=value, period_date=period.first, notes=notes)
        self.world.do(lambda c: enter_group_value(kpi.id, body, c))
        self._note(kpi, COMPANY, period.first, Decimal(value), notes)

    def import_file(self, lines: list[tuple[int | None, str, int, int]], has_notes: bool) -> None:
        """A file with a line for each value; None is the company's."""
        texts, read = ["kpi,user,period_start,value" + ",notes" * has_notes], []
        for number, (who, key, start, value) in enumerate(lines):
            kpi, subject = self.kpi(key), COMPANY if who is None else self._who(who)
            notes = f"line {number}" if has_notes else None
            user = "" if who is None else str(subject.id)
            texts.append(f"{key},{user},{self.day(start)},{value}" + f",{notes}" * has_notes)
            read.append((kpi, subject, self.day(start), Decimal(value), notes))
        view = self.world.do(lambda c: import_values("\n".join(texts) + "\n", c, dry_run=False))
        for row, (kpi, subject, day, number, notes) in zip(view.rows, read, strict=True):
            if row.outcome is not ImportOutcome.ERROR:
                first = self.facts.days.period(kpi.cadence, day).first
                self._note(kpi, subject, first, number, notes)

    # Targets and runs.

    def target(self, who: int, key: str, start: int, days: int, *how: Any) -> None:
        value, restate = how
        kpi, subject, dates = self.kpi(key), self._who(who), self._dates(start, days)
        draft = BulkTargetDraft(
            kpi_definition_id=kpi.id,
            period_start=dates.first,
            period_end=dates.last,
            targets=[{"user_id": subject.id, "target_value": value}],
            replace=True,
            restate=restate,
        )
        view = self.world.do(lambda c: set_targets_of_many(draft, c))
        if not view.errors:
            self._set_target(kpi, subject, dates, value, restate)

    def company_target(self, key: str, start: int, days: int, *how: Any) -> None:
        value, restate = how
        kpi, dates = self.kpi(key), self._dates(start, days)
        draft = CompanyTargetDraft(
            target_value=value, period_start=dates.first, period_end=dates.last, restate=restate
        )
        self.world.do(lambda c: set_company_target(kpi.id, draft, c))
        self._set_target(kpi, COMPANY, dates, value, restate)

    def rerun(self, start: int, days: int, anew: bool) -> None:
        """A run over all that is closed in some days."""
        first, last = self._range(start, days)
        draft = RunDraft(period_start=first, period_end=last, reason="all", judge="anew" if anew else "kept")
        self.world.do(lambda c: start_run(draft, c.caller, c.work, c.messages))
        if anew:
            numbers = self.numbers
            numbers.judge_anew([slot for slot in numbers.slots if first <= slot.first and slot.last <= last])

    # What the company is like.

    def define(self, key: str, change: Mapping[str, Any]) -> None:
        """A new version of a KPI; of its sources only one is new in a history."""
        kpi = self.kpi(key)
        how = replace(kpi.how, **change)
        if "source" in change and len({each.source for _, each in kpi.versions} | {how.source}) > 2:
            return
        sent = {name: value for name, value in body_of(how).items() if body_of(kpi.how)[name] != value}
        edit = Edit(DefinitionChange(**sent), Precondition(None))
        self.world.do(lambda c: change_kpi(kpi.id, edit, c.caller, c.work, AnyQuery()))
        self.facts.change_kpi(kpi.id, how)
        if how.source != ENTERED:
            self._give_way(self._running(kpi))

    def retire(self, key: str) -> None:
        kpi = self.kpi(key)
        self.world.do(lambda c: retire_kpi(kpi.id, c.caller, c.work, dry_run=False))
        self.numbers.freeze(kpi.id)
        self.facts.retire(kpi.id)
        self.alerts.close("kpi_retired", kpi=kpi.id)

    def calendar(self, rule: str, value: str, start: int) -> None:
        """Other weeks, or another timezone, from a day on."""
        since = self.day(start)
        change = CompanyChange(**{rule: value, "effective_from": since})
        self._change_company(change)
        self.facts.days = self.facts.days.changed(self.facts.today, since, rule, value)

    def _change_company(self, change: CompanyChange) -> None:
        company_id = self.world.tenant.id
        self.world.do(
            lambda c: change_company(company_id, change, SettingsContext(c.caller, c.work, c.messages))
        )
        self.world.company = self.world.read(lambda caller, work: work.people.company())

    def cap(self, value: int | None) -> None:
        change = CompanyChange(score_cap=value)
        self._change_company(change)
        self.facts.score_cap = None if value is None else Decimal(value)

    # What belongs together, and would seldom meet by chance.

    def finish(self, who: int, key: str, days: int) -> None:
        """Somebody's KPI ends today, and days go by in which it ends for those who look."""
        self.change(who, key, {"is_active": False})
        self.go_on(("pass_days", days))

    def begin_late(self, who: int, key: str, start: int, target: int) -> None:
        """Somebody has a KPI for the last days of a period only."""
        self.assign(who, key, start, None, target, 10, True)
        self.go_on(("pass_days", 3))

    def give_again(self, who: int, key: str, start: int) -> None:
        """What was taken back by mistake comes back, on other terms."""
        self.withdraw(who, key, start)
        self.go_on(("assign", who, key, start, None, 60, 1, False))

    def target_inside(self, who: int, key: str, start: int, days: int) -> None:
        """A target for some dates, and another for a part of them."""
        self.target(who, key, start - days, 2 * days + 1, 20, True)
        self.go_on(("target", who, key, start, days, 90, True))

    def import_over(self, who: int, key: str, start: int, value: int) -> None:
        """A file without notes over a value that has some."""
        self.enter(who, key, start, 50, "counted by hand")
        self.go_on(("import_file", [(who, key, start, value)], False))

    def turn(self, rule: str, value: str, start: int) -> None:
        """Days go by over the seam of a calendar, and a row comes late of the hours before it."""
        self.calendar(rule, value, start)
        self.go_on(("pass_days", start + 1))
        self.go_on(("record", 0, "sales", -2, 92, 32, 22))

    def go_on(self, step: tuple[Any, ...]) -> None:
        """The next step of the same story."""
        self.settle()
        name, *arguments = step
        getattr(self, name)(*arguments)
