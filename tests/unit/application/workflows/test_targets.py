"""What a target does to closed periods: the first one counts at once, another one only where it restates."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from lodestar.application.assignments.shapes import (
    BulkTargetDraft,
    BulkTargetView,
    CompanyTargetChange,
    CompanyTargetDraft,
)
from lodestar.application.caller import Caller
from lodestar.application.workflows.targets import (
    change_company_target,
    delete_company_target,
    set_company_target,
    set_targets_of_many,
)
from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition, Rollup
from lodestar.domain.measurements import CompanyTime, Slot, Standard, measure
from lodestar.domain.periods import Cadence
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import Forbidden, InvalidContent, NotFound
from lodestar.domain.runs import Judging, NewRun, RunKind
from lodestar.domain.sources import AggregationMethod, FormulaInput, FormulaSource, KpiInput, RecordsSource
from lodestar.domain.targets import KpiTarget, TargetOrigin
from lodestar.domain.versions import VersionStart
from tests.fakes.firm import NOBODY, NOW, Firm, point
from tests.fakes.work import shown

RATE = RecordsSource("calls", AggregationMethod.AVERAGE)
JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
"""March is the running month."""


@pytest.fixture
def firm() -> Firm:
    return Firm()


@pytest.fixture
def rate(firm: Firm) -> Definition:
    """A monthly KPI of which the company's target is a goal for each."""
    return firm.definition(key="rate", aggregation_period=Cadence.MONTHLY, data_source=RATE)


def measured(
    firm: Firm, kpi: Definition, given: Assignment, *months: date, target: int | None = None
) -> None:
    """Values of these months, held against a target of the company, or none."""
    origin = TargetOrigin.NONE if target is None else TargetOrigin.COMPANY
    standard = Standard(None if target is None else point(target), origin)
    now = CompanyTime(firm.company.calendar, NOW)
    for month in months:
        period = firm.company.calendar.containing(Cadence.MONTHLY, month)
        slot = Slot.at(now, given.id, kpi, period)
        firm.values.write_measurements([measure(slot, Decimal(50), standard, period.days)], NOW, None)


def set_target(firm: Firm, kpi: Definition, **fields: Any) -> dict[str, Any]:
    """Set a target of the company for the quarter; what the answer is made of."""
    plain = {"target_value": 100, "period_start": "2026-01-01", "period_end": "2026-03-31"}
    answer = set_company_target(kpi.id, CompanyTargetDraft.model_validate(plain | fields), firm.context())
    return dict(shown(answer.text)[1])


def run_of(firm: Firm, run_id: int) -> NewRun:
    return firm.work.calculation.runs[run_id].run


def span(run: NewRun) -> tuple[date, date]:
    return run.period_start, run.period_end


def test_closed_periods_without_a_target_take_the_first_one_by_a_run_that_is_named(
    firm: Firm, rate: Definition
) -> None:
    company, una = firm.assignment(rate), firm.assignment(rate, firm.user())
    measured(firm, rate, company, FEBRUARY, MARCH)
    measured(firm, rate, una, JANUARY)
    answer = set_target(firm, rate)
    run = run_of(firm, answer["run_id"])
    assert (run.kind, run.judge, span(run)) == (RunKind.FOLLOW_UP, Judging.KEPT, (JANUARY, date(2026, 3, 31)))
    assert (run.definition_ids, run.user_ids, run.with_groups) == ((rate.id,), (una.user_id,), True)
    assert (answer["closed_periods_with_another_target"], run.requested_by) == (0, firm.admin)


def test_periods_that_hold_another_target_keep_it_and_are_counted(firm: Firm, rate: Definition) -> None:
    company, una = firm.assignment(rate), firm.assignment(rate, firm.user())
    measured(firm, rate, company, JANUARY, FEBRUARY, MARCH, target=70)
    measured(firm, rate, una, JANUARY, target=100)
    answer = set_target(firm, rate, period_end="2026-02-28")
    assert (answer["run_id"], answer["closed_periods_with_another_target"]) == (None, 2)


def test_the_running_period_is_judged_at_once_for_all_whose_target_it_is(
    firm: Firm, rate: Definition
) -> None:
    company, una, own = firm.assignment(rate), firm.assignment(rate, firm.user()), firm.user()
    of_team = firm.assignment(rate, team_id=firm.team())
    with_own = firm.assignment(rate, own, target=point(40))
    for given in (company, una, of_team):
        measured(firm, rate, given, FEBRUARY, MARCH, target=70)
    measured(firm, rate, with_own, MARCH)
    judged = Standard(point(40), TargetOrigin.ASSIGNMENT_DEFAULT)
    slot = next(slot for key, slot in firm.values.stored.items() if key.assignment_id == with_own.id)
    slot.entered = replace(slot.entered, measurement=replace(slot.entered.measurement, standard=judged))
    answer = set_target(firm, rate)
    run = run_of(firm, answer["run_id"])
    assert (run.user_ids, run.with_groups, span(run)) == ((una.user_id,), True, (MARCH, date(2026, 3, 31)))
    assert answer["closed_periods_with_another_target"] == 3


def test_without_a_target_that_is_deleted_the_running_period_is_judged_by_what_is_left(
    firm: Firm, rate: Definition
) -> None:
    company = firm.assignment(rate)
    which = KpiTarget(rate.id, set_target(firm, rate)["id"])
    for month, origin in ((FEBRUARY, TargetOrigin.RANGE), (MARCH, TargetOrigin.RANGE)):
        measured(firm, rate, company, month, target=100)
        slot = next(slot for key, slot in firm.values.stored.items() if key.period_start == month)
        judged = Standard(point(100), origin)
        slot.entered = replace(slot.entered, measurement=replace(slot.entered.measurement, standard=judged))
    answer = dict(shown(delete_company_target(which, firm.context()).text)[1])
    assert span(run_of(firm, answer["run_id"])) == (MARCH, date(2026, 3, 31))
    assert firm.assignments.company_level == {}


def test_a_target_that_restates_judges_them_anew(firm: Firm, rate: Definition) -> None:
    company, una = firm.assignment(rate), firm.assignment(rate, firm.user())
    measured(firm, rate, company, FEBRUARY, target=70)
    measured(firm, rate, una, JANUARY, target=100)
    answer = set_target(firm, rate, restate=True)
    run = run_of(firm, answer["run_id"])
    assert (run.judge, span(run)) == (Judging.COMPANY_TARGETS, (FEBRUARY, date(2026, 2, 28)))
    assert (run.user_ids, run.with_groups) == ((), True)
    assert answer["closed_periods_with_another_target"] == 0


def test_a_target_of_what_adds_up_is_nobodys_goal_and_leaves_people_alone(firm: Firm) -> None:
    total = firm.definition(aggregation_period=Cadence.MONTHLY, rollup=Rollup.SUM)
    company, una = firm.assignment(total), firm.assignment(total, firm.user())
    for given in (company, una):
        measured(firm, total, given, FEBRUARY)
    run = run_of(firm, set_target(firm, total)["run_id"])
    assert (run.user_ids, run.with_groups) == ((), True)


def test_whoever_has_a_target_of_their_own_is_neither_judged_nor_counted(
    firm: Firm, rate: Definition
) -> None:
    company, una = firm.assignment(rate), firm.assignment(rate, firm.user(), target=point(40))
    measured(firm, rate, una, FEBRUARY, target=30)
    measured(firm, rate, company, FEBRUARY, target=100)
    answer = set_target(firm, rate)
    assert (answer["run_id"], answer["closed_periods_with_another_target"]) == (None, 0)


def test_a_period_counts_by_its_last_day(firm: Firm, rate: Definition) -> None:
    measured(firm, rate, firm.assignment(rate), JANUARY, FEBRUARY)
    answer = set_target(firm, rate, period_start="2026-02-15", period_end="2026-03-31")
    assert span(run_of(firm, answer["run_id"])) == (FEBRUARY, date(2026, 2, 28))


def change(firm: Firm, which: KpiTarget, caller: Caller | None = None, **fields: Any) -> dict[str, Any]:
    body = CompanyTargetChange.model_validate(fields)
    return dict(shown(change_company_target(which, body, firm.context(caller)).text)[1])


def test_a_changed_value_leaves_closed_periods_alone_unless_it_restates(firm: Firm, rate: Definition) -> None:
    company = firm.assignment(rate)
    which = KpiTarget(rate.id, set_target(firm, rate)["id"])
    measured(firm, rate, company, JANUARY, FEBRUARY, target=100)
    answer = change(firm, which, target_value=200)
    assert (answer["run_id"], answer["closed_periods_with_another_target"]) == (None, 2)
    assert firm.assignments.dated_company_targets(rate.id)[which.target_id].target == point(200)
    entry = firm.work.audit.entries[-1]
    assert (entry.action, entry.before["target"], entry.after["target"]) == (
        "target.changed",
        [100, 100],
        [200, 200],
    )
    again = change(firm, which, target_value=200, restate=True)
    assert run_of(firm, again["run_id"]).judge is Judging.COMPANY_TARGETS
    assert firm.work.audit.actions.count("target.changed") == 1


def test_a_target_is_changed_by_whoever_sets_targets_where_it_is_there_and_fits(
    firm: Firm, rate: Definition
) -> None:
    firm.assignment(rate)
    which = KpiTarget(rate.id, set_target(firm, rate)["id"])
    with pytest.raises(NotFound, match="no such target"):
        change(firm, KpiTarget(rate.id, NOBODY), target_value=1)
    with pytest.raises(InvalidContent, match="one number"):
        change(firm, which, target_value={"min": 1, "max": 2})
    with pytest.raises(Forbidden):
        change(firm, which, firm.caller(firm.user(), Role.USER), target_value=1)


def set_many(
    firm: Firm, kpi: Definition, *people: Assignment, caller: Caller | None = None, **fields: Any
) -> BulkTargetView:
    plain = {
        "kpi_definition_id": kpi.id,
        "period_start": "2026-01-01",
        "period_end": "2026-03-31",
        "targets": [{"user_id": given.user_id, "target_value": 100} for given in people],
    }
    return set_targets_of_many(BulkTargetDraft.model_validate(plain | fields), firm.context(caller))


def test_targets_of_many_do_the_same_for_their_people_only(firm: Firm, rate: Definition) -> None:
    una, ugo = firm.assignment(rate, firm.user()), firm.assignment(rate, firm.user())
    measured(firm, rate, una, JANUARY)
    measured(firm, rate, una, FEBRUARY, target=70)
    measured(firm, rate, ugo, JANUARY)
    view = set_many(firm, rate, una)
    assert view.closed_periods_with_another_target == 1
    run = run_of(firm, view.run_id or 0)
    assert (run.user_ids, run.with_groups, span(run)) == ((una.user_id,), False, (JANUARY, date(2026, 1, 31)))
    restated = set_many(firm, rate, una, restate=True)
    assert (restated.unchanged, run_of(firm, restated.run_id or 0).judge) == (1, Judging.OWN_TARGETS)


def test_a_dry_run_of_targets_of_many_commits_nothing(firm: Firm, rate: Definition) -> None:
    una = firm.assignment(rate, firm.user())
    measured(firm, rate, una, JANUARY, target=70)
    commits = firm.work.commits
    view = set_many(firm, rate, una, dry_run=True)
    assert (view.dry_run, view.created, view.closed_periods_with_another_target, view.run_id) == (
        True,
        1,
        1,
        None,
    )
    assert firm.work.commits == commits


def test_restating_takes_the_right_to_set_targets(firm: Firm, rate: Definition) -> None:
    team = firm.team()
    una = firm.assignment(rate, firm.user(team_id=team))
    manager = firm.caller(firm.user(role=Role.MANAGER), Role.MANAGER, managed_team_ids=frozenset([team]))
    with pytest.raises(Forbidden, match="restate the past"):
        set_many(firm, rate, una, caller=manager, restate=True)
    assert set_many(firm, rate, una, caller=manager).created == 1
    setter = replace(manager.actor, permissions=manager.actor.permissions | {"kpis.edit_targets"})
    with pytest.raises(Forbidden, match="restate the past"):  # of a KPI that is locked for them
        set_many(firm, rate, una, caller=replace(manager, actor=setter), restate=True)


def newer(firm: Firm, kpi: Definition) -> Definition:
    """Another version of the KPI, from March on."""
    after = kpi.changed_to(replace(kpi, data_source=replace(RATE, source="visits")))
    firm.definitions.save(after, VersionStart(MARCH, begins_anew=True))
    return after


def test_what_is_made_of_values_that_another_version_restates_follows_by_a_run_of_its_own(
    firm: Firm, rate: Definition
) -> None:
    double = firm.definition(aggregation_period=Cadence.MONTHLY, data_source=twice("rate"))
    una = firm.user()
    given = firm.assignment(rate, una)
    firm.assignment(rate)
    firm.assignment(double, una)
    measured(firm, rate, given, JANUARY, target=70)
    newer(firm, rate)
    assert set_target(firm, rate)["follow_up_run_id"] is None  # not restated, so it stays
    target_id = next(iter(firm.assignments.company_level))
    answer = change(firm, KpiTarget(rate.id, target_id), target_value=110, restate=True)
    run = run_of(firm, answer["follow_up_run_id"])
    assert (run.definition_ids, run.user_ids, run.judge) == ((double.id,), (una,), Judging.KEPT)
    assert (span(run), answer["run_id"] < answer["follow_up_run_id"]) == ((JANUARY, date(2026, 1, 31)), True)


def test_nothing_follows_values_that_are_restated_by_their_own_version(firm: Firm, rate: Definition) -> None:
    una = firm.user()
    given = firm.assignment(rate, una)
    firm.assignment(firm.definition(aggregation_period=Cadence.MONTHLY, data_source=twice("rate")), una)
    firm.assignment(rate)
    measured(firm, rate, given, JANUARY, target=70)
    answer = set_target(firm, rate, restate=True)
    assert (answer["run_id"] is None, answer["follow_up_run_id"]) == (False, None)


def twice(key: str) -> FormulaSource:
    return FormulaSource("2 * x", (FormulaInput("x", KpiInput(key)),))
