"""What a period without a value does to a score: 0 only where its measurement says so, or the latest value."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lodestar.domain.assignments import Assignment
from lodestar.domain.definitions import Definition, MissingData, TargetType, Unit
from lodestar.domain.versions import VersionStart
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.tenants import NOW, Tenant, new_tenant, point, user_days
from tests.oracle.scoring import Part, Score, carried, overall

CLOSED = date(2026, 3, 9)


@dataclass(frozen=True)
class Person:
    """Somebody with a KPI that has 80 % in any case, beside the one that a test is about."""

    tenant: Tenant
    user: int

    @classmethod
    def of(cls, tenant: Tenant) -> "Person":
        person = cls(tenant, tenant.user())
        kpi, other = person.given(MissingData.EXCLUDE)
        tenant.write([tenant.measurement(other, kpi, CLOSED, "80")])
        return person

    def given(self, missing_data: MissingData, **fields: Any) -> tuple[Definition, Assignment]:
        kpi = self.tenant.definition(missing_data=missing_data, **fields)
        return kpi, self.tenant.assignment(kpi, self.user, target=point(100))

    def score(self) -> Score:
        calendar = self.tenant.company.calendar
        with self.tenant.work() as work:
            work.values.write_scores(user_days([self.user], [CLOSED]), calendar, NOW)
            work.commit()
        (row,) = self.tenant.rows(
            "select score, coverage from lodestar.snapshots where company_id = :company"
        )
        return Score(row["score"], row["coverage"])


@pytest.fixture
def person(tenant: Tenant) -> Person:
    return Person.of(tenant)


def test_a_closed_period_that_says_no_data_counts_as_zero(person: Person) -> None:
    kpi, given_ = person.given(MissingData.ZERO)
    person.tenant.write([person.tenant.measurement(given_, kpi, CLOSED, None)])
    assert person.score() == Score(Decimal(40), Decimal(100))


def test_what_failed_is_not_ready_or_awaits_entry_left_no_measurement_and_does_not_count(
    person: Person,
) -> None:
    person.given(MissingData.ZERO)
    assert person.score() == Score(Decimal(80), Decimal(50))


def test_a_closed_day_whose_last_calculation_was_of_the_running_day_does_not_count(person: Person) -> None:
    kpi, given_ = person.given(MissingData.ZERO)
    person.tenant.write([person.tenant.measurement(given_, kpi, CLOSED, None, is_open=True)])
    assert person.score() == Score(Decimal(80), Decimal(50))


def test_a_zero_keeps_to_the_version_of_its_period(person: Person) -> None:
    kpi, given_ = person.given(MissingData.ZERO)
    person.tenant.write([person.tenant.measurement(given_, kpi, CLOSED, None)])
    person.tenant.run(
        "update lodestar.definitions set missing_data = 'exclude', version = 2 "
        "where company_id = :company and id = :id",
        id=kpi.id,
    )
    assert person.score() == Score(Decimal(40), Decimal(100))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    past=st.dictionaries(st.integers(1, 400), st.integers(0, 300), max_size=4),
    target=st.integers(1, 200),
    target_type=st.sampled_from([TargetType.HIGHER_BETTER, TargetType.LOWER_BETTER, TargetType.EXACT]),
)
def test_a_carried_value_is_the_latest_within_a_year_against_the_periods_own_target(
    context: WorkContext, past: dict[int, int], target: int, target_type: TargetType
) -> None:
    person = Person.of(new_tenant(context))
    tenant = person.tenant
    kpi, given_ = person.given(MissingData.CARRY, target_type=target_type)
    rows = [
        tenant.measurement(given_, kpi, CLOSED - timedelta(days=back), str(value))
        for back, value in past.items()
    ]
    tenant.write([*rows, tenant.measurement(given_, kpi, CLOSED, None, target=point(target))])
    achieved = carried(past, point(target), target_type)
    assert person.score() == overall([Part(Decimal(1), Decimal(80)), Part(Decimal(1), achieved)])


@pytest.mark.parametrize("is_measured", [True, False])
def test_a_value_is_not_carried_into_a_version_that_measures_something_else(
    person: Person, is_measured: bool
) -> None:
    kpi, given_ = person.given(MissingData.CARRY, unit=Unit.HOURS)
    before = person.tenant.measurement(given_, kpi, CLOSED - timedelta(days=2), "80")
    person.tenant.write([before])
    in_minutes = replace(kpi, unit=Unit.MINUTES, version=kpi.version + 1)
    with person.tenant.work() as work:
        work.definitions.save(in_minutes, VersionStart(CLOSED, begins_anew=True))
        work.commit()
    if is_measured:
        person.tenant.write([person.tenant.measurement(given_, in_minutes, CLOSED, None)])
    assert person.score() == Score(Decimal(80), Decimal(50))


def test_a_retired_kpi_counts_in_the_scores_of_the_periods_that_were_closed_before(person: Person) -> None:
    kpi, given_ = person.given(MissingData.EXCLUDE)
    person.tenant.write([person.tenant.measurement(given_, kpi, CLOSED, "40")])
    before = person.score()
    for retired_on, score in (
        (CLOSED + timedelta(days=1), before),
        (CLOSED, Score(Decimal(80), Decimal(100))),
    ):
        person.tenant.run(
            "update lodestar.definitions set is_active = false, retired_on = :day "
            "where company_id = :company and id = :id",
            id=kpi.id,
            day=retired_on,
        )
        assert person.score() == score
