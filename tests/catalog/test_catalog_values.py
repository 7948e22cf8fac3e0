"""Every entry of the catalog gives what was worked out by hand for the records of its cases."""

from decimal import Decimal

import pytest

from lodestar.domain.refusals import InvalidContent
from tests.catalog.case_files import Case, all_cases
from tests.catalog.measuring import CATALOG, Workshop

CALCULATED = [each for each in all_cases() if not each.is_manual]
MANUAL = [each for each in all_cases() if each.is_manual]


def values_of(name: str) -> list[object]:
    """The cases of manual entries with each of the values that they accept or refuse."""
    return [
        pytest.param(case, value, id=f"{case.name}-{value}") for case in MANUAL for value in case.body[name]
    ]


def test_every_entry_has_a_case_and_every_case_its_entry() -> None:
    assert {all_case.key for all_case in all_cases()} == set(CATALOG.entries)


@pytest.mark.parametrize("case", CALCULATED, ids=lambda case: case.name)
def test_an_entry_gives_the_answer_of_its_case(case: Case, workshop: Workshop) -> None:
    assert workshop.answer(case) == case.expected, case.body["why"]


@pytest.mark.parametrize(("case", "value"), values_of("accepts"))
def test_a_manual_entry_takes_a_value_within_its_range(case: Case, value: str, workshop: Workshop) -> None:
    assert workshop.entered(case, value) == {"answer": f"{Decimal(value):.4f}"}


@pytest.mark.parametrize(("case", "value"), values_of("refuses"))
def test_a_manual_entry_refuses_a_value_outside_of_its_range(
    case: Case, value: str, workshop: Workshop
) -> None:
    with pytest.raises(InvalidContent, match="allowed_range"):
        workshop.entered(case, value)
