"""The metrics of vehicle sales in plain Python, from their definitions; days are Berlin's."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.integration.dealers import Dealer, Row

BERLIN = ZoneInfo("Europe/Berlin")


def metrics_of(dealer: Dealer, now: datetime, first: date | None, last: date | None) -> dict[str, Decimal]:
    """Each metric, with the decimals that it is answered with."""

    def happened(instant: datetime | None) -> bool:
        if instant is None:
            return False
        day = instant.astimezone(BERLIN).date()
        return (first is None or first <= day) and (last is None or day <= last)

    listings = [each for each in dealer.vehicles if each.get("sold_at") is None]
    sold = [vehicle for vehicle in dealer.vehicles if happened(vehicle.get("sold_at"))]
    profits = [each["sold_price"] - each["cost"] for each in sold if each.get("sold_price") is not None]
    scores = [each["score"] for each in listings if each.get("score") is not None]
    leads = [each for each in dealer.leads if happened(each["created_at"])]
    closed = [lead for lead in leads if lead["outcome"] != "open"]
    purchased = [each for each in closed if each["outcome"] == "purchased"]
    waits = [
        Fraction((each["purchased_at"] - each["created_at"]) // timedelta(microseconds=1), 86_400_000_000)
        for each in purchased
        if each.get("purchased_at") is not None
    ]
    prices = [listing["list_price"] for listing in listings]
    return {
        "average_profit_per_unit": half_up(mean(profits), 2),
        "lead_to_purchase_time": half_up(mean(waits), 1),
        "aged_inventory": count(listings, lambda each: now - each["listed_at"] > timedelta(days=60)),
        "total_listings": Decimal(len(listings)),
        "active_buyers": count(
            dealer.buyers, lambda each: now - each["last_active_at"] <= timedelta(days=30)
        ),
        "conversion_rate": half_up(percent(len(purchased), len(closed)), 1),
        "average_price": half_up(mean(prices), 2),
        "total_value": half_up(sum(map(Fraction, prices), Fraction(0)), 2),
        "scoring_rate": half_up(percent(len(scores), len(listings)), 1),
        "average_score": half_up(mean(scores), 1),
    }


def mean(values: Sequence[Any]) -> Fraction:
    return sum(map(Fraction, values), Fraction(0)) / len(values) if values else Fraction(0)


def percent(part: int, whole: int) -> Fraction:
    return Fraction(100 * part, whole) if whole else Fraction(0)


def count(rows: Sequence[Row], is_counted: Callable[[Row], bool]) -> Decimal:
    return Decimal(sum(map(is_counted, rows)))


def half_up(exact: Fraction, places: int) -> Decimal:
    """Rounded to the nearest, from the middle away from zero."""
    steps = int(abs(exact) * 10**places + Fraction(1, 2))
    return Decimal(steps if exact >= 0 else -steps).scaleb(-places)
