"""Measured values as clients send them: JSON numbers, or digits in quotes."""

from decimal import Decimal

import pytest
from pydantic import ValidationError

from lodestar.wire.bodies import Body
from lodestar.wire.fields import Value


class Entry(Body):
    value: Value


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (12.5, "12.5"),
        (7, "7"),
        ("13.86", "13.86"),
        ("-99999999999999.9999", "-99999999999999.9999"),
        (Decimal("12345678901234.5678"), "12345678901234.5678"),
    ],
)
def test_a_value_keeps_each_of_its_digits(sent: object, kept: str) -> None:
    assert Entry.model_validate({"value": sent}).value == Decimal(kept)


@pytest.mark.parametrize(
    "sent", ["", "1e5", "1,5", "1_000", "½", "١", "NaN", " ", "1.23456", "100000000000000", True, None]
)
def test_what_is_no_value_is_refused(sent: object) -> None:
    with pytest.raises(ValidationError):
        Entry.model_validate({"value": sent})
