"""Which version of a definition counts for which period, and which versions can be compared."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.definitions import MissingData, Rollup, TargetType, Thresholds, Unit
from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.sources import AggregationMethod, EnteredBy, ManualSource, RecordsSource
from lodestar.domain.versions import CompanyDefinitions, DatedVersion, Versions
from tests.fakes.definitions import KPI

CALENDAR = Calendar("UTC")
FIRST, SECOND, THIRD = (replace(KPI, id=7, version=number) for number in (1, 2, 3))


def version_of(versions: Versions, day: date) -> int:
    return versions.for_period(CALENDAR.containing(Cadence.MONTHLY, day)).version


def test_a_version_counts_from_the_period_on_in_which_it_was_saved() -> None:
    versions = Versions((DatedVersion(FIRST, None), DatedVersion(SECOND, date(2026, 11, 1))))
    assert [version_of(versions, date(2026, month, 15)) for month in (9, 10, 11, 12)] == [1, 1, 2, 2]


def test_of_two_versions_saved_in_one_period_the_newer_counts() -> None:
    november = date(2026, 11, 1)
    versions = Versions(
        (DatedVersion(FIRST, None), DatedVersion(SECOND, november), DatedVersion(THIRD, november))
    )
    assert [version_of(versions, date(2026, month, 1)) for month in (10, 11)] == [1, 3]


def test_a_version_saved_before_anything_was_measured_counts_since_ever() -> None:
    versions = Versions((DatedVersion(FIRST, None), DatedVersion(SECOND, None)))
    assert version_of(versions, date(2020, 1, 1)) == 2


@given(
    st.lists(st.dates(date(2026, 1, 1), date(2026, 12, 31)), min_size=1, max_size=6),
    st.dates(date(2026, 1, 1)),
)
def test_the_version_of_a_period_is_the_newest_that_had_begun(starts: list[date], day: date) -> None:
    starts = sorted(starts)
    dated = [DatedVersion(replace(KPI, version=1), None)]
    dated += [DatedVersion(replace(KPI, version=number), start) for number, start in enumerate(starts, 2)]
    if day.year > 2190:
        return
    period = CALENDAR.containing(Cadence.MONTHLY, day)
    assert Versions(dated).for_period(period).version == 1 + sum(start <= period.start for start in starts)


def test_a_definition_that_never_changed_is_its_own_only_version() -> None:
    definitions = CompanyDefinitions([FIRST])
    period = CALENDAR.containing(Cadence.WEEKLY, date(2026, 3, 4))
    assert definitions.for_period(FIRST, period) is FIRST
    assert definitions.numbered(FIRST, 1) is FIRST
    assert (definitions.versions_of(FIRST), definitions.has_changed(FIRST)) == ([FIRST], False)


@pytest.mark.parametrize(
    ("change", "are_comparable"),
    [
        ({"data_source": RecordsSource("calls", AggregationMethod.COUNT)}, False),
        ({"unit": Unit.HOURS}, False),
        ({"rollup": Rollup.SUM}, False),
        ({"data_source": ManualSource(Decimal(0), Decimal(9), EnteredBy.USER)}, True),
        ({"target_type": TargetType.LOWER_BETTER, "thresholds": Thresholds(Decimal(101))}, True),
        ({"missing_data": MissingData.ZERO, "name": "Won"}, True),
    ],
    ids=str,
)
def test_values_of_another_source_unit_or_rollup_cannot_be_compared(
    change: dict[str, object], are_comparable: bool
) -> None:
    assert KPI.measures_like(replace(KPI, **change)) is are_comparable
