"""A corrected calendar lets periods run again: a part of one is no value of it, and what lies ahead is not there."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from lodestar.application.values.ports import UserDay
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import CompanyTime, EnteredMeasurement, Slot, SlotKey, Standard, measure
from lodestar.domain.periods import Cadence
from lodestar.domain.refusals import Conflict
from lodestar.domain.sources import ManualSource
from tests.unit.application.calculation.firm import WEDNESDAY, on
from tests.unit.application.workflows.test_correcting_calendars import Office

TUESDAY = WEDNESDAY - timedelta(days=1)


def rated(kpi: Definition, key: SlotKey, office: Office) -> EnteredMeasurement:
    now = CompanyTime(office.calendar, office.firm.work.now)
    period = office.calendar.period_of(kpi.aggregation_period, key.period_start, key.period_end)
    slot = Slot.at(now, key.assignment_id, kpi, period)
    return EnteredMeasurement(measure(slot, Decimal(7), Standard(), period.days))


def test_the_final_value_of_a_part_does_not_become_that_of_the_whole_which_runs_again() -> None:
    office = Office()
    office.correct(fiscal_year_start_month=2, effective_from="2026-02-01")
    office.firm.work_off()
    kpi = office.firm.kpi("rating", ManualSource(), aggregation_period=Cadence.QUARTERLY)
    assigned = office.firm.assign(kpi, user=office.firm.user())
    january = SlotKey(assigned, date(2026, 1, 1), date(2026, 1, 31))
    values = office.firm.work.values
    values.enter([rated(kpi, january, office)], office.firm.work.now)
    back = {"fiscal_year_start_month": 1, "effective_from": "2026-02-01"}
    with pytest.raises(Conflict, match="1 entered values and 0 dated targets"):
        office.correct(**back)
    office.correct(**back, confirm=1)
    assert january in values.stored  # until the run takes its place
    office.firm.work_off()
    assert january in values.superseded
    assert all(period.end < date(2026, 1, 1) for period in office.closed(office.assigned[Cadence.QUARTERLY]))


def test_a_day_that_has_not_begun_any_more_has_no_value_and_one_that_runs_again_no_score() -> None:
    office = Office()
    firm, values = office.firm, office.firm.work.values
    firm.work.now = firm.work.now.replace(hour=1)  # in Berlin it is Wednesday, in Honolulu still Tuesday
    kpi = firm.kpi("rating", ManualSource())
    rating = firm.assign(kpi, user=firm.user())
    firm.enter(kpi, rating, WEDNESDAY, "7")
    counted = on(office.assigned[Cadence.DAILY], WEDNESDAY)
    assert counted in values.stored
    assert TUESDAY in {scored.day for scored in values.scored}
    office.correct(timezone="Pacific/Honolulu", effective_from="2026-02-02")
    assert counted in values.superseded
    assert on(rating, WEDNESDAY) in values.stored  # somebody has entered it: the day is still one
    assert max(scored.day for scored in values.scored) == TUESDAY - timedelta(days=1)


def test_what_runs_is_left_alone_by_a_correction_that_leaves_today_as_it_is() -> None:
    office = Office()
    values = office.firm.work.values
    values.scored.append(UserDay(1, WEDNESDAY))
    office.correct(week_start="sunday", effective_from="2026-02-16")
    assert UserDay(1, WEDNESDAY) in values.scored
    assert values.superseded == {}
