"""What has ended before a calendar is corrected is measured anew with the rest: its closed periods stay."""

from datetime import date, timedelta
from decimal import Decimal

from lodestar.application.workflows.retiring import retire_kpi
from lodestar.domain.alerts import AlertRule, AlertType
from lodestar.domain.definitions import Definition
from lodestar.domain.periods import Cadence
from lodestar.domain.runs import RunKind
from lodestar.domain.sources import KpiInput
from lodestar.domain.targets import Target
from tests.fakes.people import caller_of
from tests.unit.application.calculation.firm import RECORDS, WEDNESDAY, formula_over
from tests.unit.application.workflows.test_correcting_calendars import Hours, Office

MONDAY_OF_MARCH = date(2026, 3, 2)


def weeks_of(office: Office, assigned: int) -> list[str]:
    """What is measured of a KPI's assignment since the middle of February."""
    keys = (key for key in office.firm.work.values.stored if key.assignment_id == assigned)
    return sorted(
        f"{key.period_start}..{key.period_end}" for key in keys if key.period_end > date(2026, 2, 15)
    )


def office_with(kpi_key: str = "calls") -> tuple[Office, Definition, int]:
    """With a weekly KPI that is measured, and watched."""
    office = Office()
    firm = office.firm
    kpi = firm.kpi(kpi_key, RECORDS, aggregation_period=Cadence.WEEKLY)
    assigned = firm.assign(kpi, user=firm.user(), target=Target.point(Decimal(1000)))
    firm.calculate(date(2026, 2, 1), WEDNESDAY)
    rule = AlertRule(0, kpi.id, AlertType.BELOW_TARGET, Decimal(10))
    firm.work.alerts.add_rule(rule, 1, firm.work.now)
    return office, kpi, assigned


RECUT = ["2026-02-16..2026-02-21", "2026-02-22..2026-02-28"]


def test_the_closed_weeks_of_a_retired_kpi_are_those_of_the_corrected_calendar() -> None:
    office, kpi, assigned = office_with()
    retire_kpi(kpi.id, caller_of(), office.firm.work, dry_run=False)
    office.correct(week_start="sunday", effective_from="2026-02-16")
    office.firm.work_off()
    assert weeks_of(office, assigned) == RECUT
    assert office.firm.work.alerts.alerts == {}  # nobody is to be woken for it


def test_a_week_that_ends_when_a_kpi_has_been_retired_is_none_of_it() -> None:
    office, kpi, assigned = office_with()
    office.firm.work.now -= timedelta(
        days=3
    )  # Sunday, the last day of a week; Saturday was that of the new one
    retire_kpi(kpi.id, caller_of(), office.firm.work, dry_run=False)
    office.firm.work.now += timedelta(days=3)
    office.correct(week_start="sunday", effective_from="2026-02-18")
    office.firm.work_off()
    assert weeks_of(office, assigned) == [
        "2026-02-16..2026-02-17",
        "2026-02-18..2026-02-21",
        "2026-02-22..2026-02-28",
    ]


def test_a_retired_formula_is_made_of_the_weeks_of_its_retired_input() -> None:
    office, kpi, _ = office_with()
    firm = office.firm
    twice = firm.kpi("twice", formula_over(KpiInput(kpi.key)), aggregation_period=Cadence.WEEKLY)
    user = next(iter(firm.work.people.users))
    own, assigned = firm.assign(kpi, user=user), firm.assign(twice, user=user)
    firm.calculate(date(2026, 2, 1), WEDNESDAY)
    for each in (twice, kpi):
        retire_kpi(each.id, caller_of(), firm.work, dry_run=False)
    office.correct(week_start="sunday", effective_from="2026-02-16")
    firm.work_off()
    assert weeks_of(office, own) == weeks_of(office, assigned) == RECUT
    values = {
        key.period_end: slot.entered.measurement.value
        for key, slot in firm.work.values.stored.items()
        if key.assignment_id == assigned
    }
    assert values[date(2026, 2, 28)] == 7 * 24


def test_the_weeks_of_terms_that_have_ended_are_recut_too() -> None:
    office, kpi, _ = office_with()
    firm = office.firm
    gone = firm.assign(kpi, user=firm.user(), end_date=date(2026, 2, 24))
    firm.calculate(date(2026, 2, 1), WEDNESDAY)
    office.correct(week_start="sunday", effective_from="2026-02-16")
    firm.work_off()
    assert weeks_of(office, gone) == RECUT


def test_a_run_that_nobody_corrects_a_calendar_by_leaves_a_retired_kpi_alone() -> None:
    office, kpi, assigned = office_with()
    before = weeks_of(office, assigned)
    retire_kpi(kpi.id, caller_of(), office.firm.work, dry_run=False)
    office.firm.source = Hours()
    run_id = office.firm.calculate(date(2026, 2, 1), WEDNESDAY, kind=RunKind.BACKFILL)
    assert weeks_of(office, assigned) == before
    assert all(
        kpi.id not in batch.plan.definition_ids
        for batch in office.firm.work.calculation.runs[run_id].batches.values()
    )
