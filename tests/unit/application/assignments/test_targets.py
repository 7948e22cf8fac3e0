"""What a KPI takes as a target, and how answers show one."""

from decimal import Decimal

import pytest

from lodestar.application.assignments.targets import (
    TargetBody,
    TargetRange,
    TargetRangeView,
    target_for,
    target_to_view,
)
from lodestar.domain.definitions import TargetType
from lodestar.domain.refusals import InvalidContent
from lodestar.domain.sources import ManualSource
from lodestar.domain.targets import Target
from tests.fakes.firm import Firm, point

HIGHER, RANGE = TargetType.HIGHER_BETTER, TargetType.RANGE


def band(low: int, high: int) -> TargetRange:
    return TargetRange(min=Decimal(low), max=Decimal(high))


@pytest.mark.parametrize(
    ("target_type", "body", "target"),
    [
        (HIGHER, Decimal(5), point(5)),
        (RANGE, band(2, 4), Target(Decimal(2), Decimal(4))),
        (RANGE, band(3, 3), point(3)),
    ],
)
def test_a_kpi_takes_one_value_or_a_band_as_its_type_says(
    target_type: TargetType, body: TargetBody, target: Target
) -> None:
    assert target_for(Firm().definition(target_type=target_type), body) == target


@pytest.mark.parametrize(
    ("target_type", "body", "sentence"),
    [
        (HIGHER, band(1, 2), "goal of a higher_better KPI must be one number."),
        (RANGE, Decimal(5), 'goal of a range KPI must be {"min": …, "max": …}.'),
        (RANGE, band(4, 2), "goal.min must not be above goal.max."),
        (HIGHER, Decimal(11), "goal must lie in the KPI's allowed_range of 2 to 10."),
        (RANGE, band(1, 5), "goal must lie in the KPI's allowed_range of 2 to 10."),
        (RANGE, band(5, 11), "goal must lie in the KPI's allowed_range of 2 to 10."),
    ],
)
def test_a_target_that_does_not_fit_is_refused_by_its_field(
    target_type: TargetType, body: TargetBody, sentence: str
) -> None:
    source = ManualSource(Decimal(2), Decimal(10))
    definition = Firm().definition(target_type=target_type, data_source=source)
    with pytest.raises(InvalidContent) as refused:
        target_for(definition, body, "goal")
    assert refused.value.message == sentence
    assert [detail.field for detail in refused.value.details] == ["goal"]


def test_an_answer_shows_a_number_or_a_band_as_the_type_of_the_kpi_says() -> None:
    assert target_to_view(None, HIGHER) is None
    assert target_to_view(point(5), HIGHER) == 5
    assert target_to_view(point(5), RANGE) == TargetRangeView(min=Decimal(5), max=Decimal(5))
