"""What a row of vehicle sales may say: rules between its fields."""

from typing import Any

import pytest

from lodestar.application.values.rows import checked_rows
from lodestar.packs.vehicle_sales.vehicle_sales_tables import Lead, Vehicle
from lodestar.wire.bodies import Body

JANUARY, FEBRUARY = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
VEHICLE = {"external_id": "v", "cost": "1.50", "list_price": 2, "listed_at": JANUARY}
LEAD = {"external_id": "l", "vehicle": "v", "buyer": "b", "created_at": JANUARY, "outcome": "purchased"}


@pytest.mark.parametrize(
    ("model", "row"),
    [
        (Vehicle, VEHICLE),
        (Vehicle, VEHICLE | {"sold_at": JANUARY}),
        (Vehicle, VEHICLE | {"sold_at": FEBRUARY, "sold_price": "2.00", "score": 9999.99}),
        (Lead, LEAD),
        (Lead, LEAD | {"purchased_at": JANUARY}),
        (Lead, LEAD | {"outcome": "lost"}),
    ],
)
def test_a_row_in_order_is_taken(model: type[Body], row: dict[str, Any]) -> None:
    assert checked_rows(model, [(0, row)]).errors == []


@pytest.mark.parametrize(
    ("model", "row", "field", "rule"),
    [
        (Vehicle, VEHICLE | {"sold_price": 1}, "row", "sold_price must come with sold_at."),
        (
            Vehicle,
            VEHICLE | {"listed_at": FEBRUARY, "sold_at": JANUARY},
            "row",
            "sold_at must not lie before listed_at.",
        ),
        (
            Lead,
            LEAD | {"created_at": FEBRUARY, "purchased_at": JANUARY},
            "row",
            "purchased_at must not lie before created_at.",
        ),
        *(
            (
                Lead,
                LEAD | {"outcome": outcome, "purchased_at": FEBRUARY},
                "row",
                "purchased_at must come with the outcome purchased.",
            )
            for outcome in ("open", "lost")
        ),
        (Vehicle, VEHICLE | {"cost": -1}, "cost", "Input should be greater than or equal to 0."),
        (Lead, LEAD | {"outcome": "sold"}, "outcome", "Input should be 'open', 'purchased' or 'lost'."),
    ],
)
def test_a_row_out_of_order_is_told_by_its_fields(
    model: type[Body], row: dict[str, Any], field: str, rule: str
) -> None:
    (error,) = checked_rows(model, [(4, row)]).errors
    assert (error.index, error.field, error.error) == (4, field, rule)
