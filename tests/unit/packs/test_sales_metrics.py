"""Which instants the metrics of vehicle sales are about."""

from datetime import timedelta
from typing import Any

import pytest

from lodestar.domain.permissions import Role
from lodestar.domain.refusals import InvalidRequest, NotFound
from lodestar.packs.vehicle_sales.sales_metrics import UNREAD, VehicleSalesDays, kpi
from tests.fakes.people import caller_of
from tests.fakes.work import NOW, FakeWork


class NoErrors:
    """Where nothing may go wrong."""

    def report(self, name: str, error: Exception) -> None:
        raise AssertionError(name) from error


def asked(**days: str) -> dict[str, Any]:
    """What the view is asked with by a company in Berlin."""
    found: dict[str, Any] = {}
    work = FakeWork()
    work.views.answers["vehicle_sales.kpi"] = lambda parameters: found.update(parameters) or "{}"
    query = VehicleSalesDays.model_validate({name.rstrip("_"): day for name, day in days.items()})
    kpi(query, caller_of(Role.USER), work, NoErrors())
    assert work.commits == 1
    return found


def instants(**days: str) -> tuple[str, str]:
    found = asked(**days)
    return found["since"].isoformat(), found["until"].isoformat()


def test_a_day_is_the_companys_from_its_first_instant_to_that_of_the_next() -> None:
    assert instants(from_="2026-03-01", to="2026-03-01") == (
        "2026-02-28T23:00:00+00:00",
        "2026-03-01T23:00:00+00:00",
    )


def test_a_day_on_which_the_clocks_change_is_whole() -> None:
    assert instants(from_="2026-03-29", to="2026-03-29") == (
        "2026-03-28T23:00:00+00:00",
        "2026-03-29T22:00:00+00:00",
    )


def test_without_days_all_of_the_calendar_counts() -> None:
    since, until = instants()
    assert (since[:10], until[:10]) == ("1899-12-31", "2199-12-31")


def test_what_is_old_and_who_is_active_is_as_of_now_whatever_the_days() -> None:
    for days in ({}, {"to": "2000-01-01"}):
        found = asked(**days)
        assert found["aged_before"] == NOW - timedelta(days=60)
        assert found["active_since"] == NOW - timedelta(days=30)


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ({"from_": "2026-03-02", "to": "2026-03-01"}, "must not lie before from"),
        ({"from_": "1800-01-01"}, "must lie between"),
        ({"to": "2200-01-01"}, "must lie between"),
    ],
)
def test_days_that_are_out_of_order_or_out_of_the_calendar_are_refused(
    days: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        asked(**days)


def test_a_refusal_is_no_error_of_the_database_and_goes_its_way() -> None:
    work = FakeWork()
    work.views.missing.add("vehicle_sales.kpi")
    with pytest.raises(NotFound):
        kpi(VehicleSalesDays(), caller_of(Role.USER), work, NoErrors())


def test_what_cannot_be_read_has_every_metric_and_a_sentence() -> None:
    assert set(UNREAD.metrics.model_dump().values()) == {0}
    assert not UNREAD.success
    assert UNREAD.message is not None
    assert UNREAD.message.endswith(".")
