"""Which days of a fleet's costs are asked about, and by whom."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.domain.periods import FIRST_DAY, LAST_DAY
from lodestar.domain.permissions import KPIS_VIEW_ALL, RECORDS_WRITE, Actor, Role, permissions_of
from lodestar.domain.refusals import InvalidRequest
from lodestar.packs.fleet.cost_arithmetic import Span
from lodestar.packs.fleet.cost_queries import PeriodQuery, may_view_costs, span_asked_for

TODAY = date(2026, 3, 10)
JANUARY = Span(date(2026, 1, 1), date(2026, 1, 31))


def span(**asked: str) -> Span:
    return span_asked_for(PeriodQuery(**asked), TODAY)


def test_without_a_word_it_is_the_last_full_month() -> None:
    assert span() == Span(date(2026, 2, 1), date(2026, 2, 28))


def test_a_month_wins_over_dates_that_cannot_even_be_read() -> None:
    assert span(month="2026-01") == JANUARY
    assert span(month="2026-01", period_start="2025-05-05", period_end="2025-05-06") == JANUARY
    assert span(month="2026-01", period_start="soon") == JANUARY
    assert span(month="2026-01", period_start="2026-12-31", period_end="2026-01-01") == JANUARY


@given(st.dates(FIRST_DAY, LAST_DAY), st.integers(0, 100_000))
def test_two_dates_are_taken_as_they_are(start: date, days: int) -> None:
    end = min(start + timedelta(days=days), LAST_DAY)
    assert span(period_start=start.isoformat(), period_end=end.isoformat()) == Span(start, end)


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-1", "2026-00", "2026-13", "2026-01-01", " 2026-01", "2026-01\n", "1899-12", "٢٠٢٦-01"],
)
def test_a_month_that_cannot_be_meant_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidRequest, match="month must be a month") as refusal:
        span(month=text, period_start="2026-01-01", period_end="2026-01-31")
    assert (refusal.value.code, refusal.value.details[0].field) == ("invalid_parameter", "month")


@pytest.mark.parametrize("name", ["period_start", "period_end"])
@pytest.mark.parametrize(
    "text", ["", "soon", "2026-02-30", "2026-1-1", "20260101", "2026-01-01T00:00:00", "2026-W01-1"]
)
def test_a_date_that_cannot_be_read_is_refused_by_name(name: str, text: str) -> None:
    whole = {"period_start": "2026-01-01", "period_end": "2026-12-31"}
    for asked in ({name: text}, whole | {name: text}):
        with pytest.raises(InvalidRequest, match=f"{name} must be an existing date") as refusal:
            span(**asked)
        assert (refusal.value.code, refusal.value.details[0].field) == ("invalid_parameter", f"{name}")


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"period_start": "2026-01-01"}, "together"),
        ({"period_end": "2026-01-01"}, "together"),
        ({"period_start": "2026-01-02", "period_end": "2026-01-01"}, "must not lie before"),
        ({"period_start": "1899-12-31", "period_end": "2026-01-01"}, "must lie between"),
        ({"period_start": "2026-01-01", "period_end": "2200-01-01"}, "must lie between"),
    ],
)
def test_dates_that_are_no_period_together_are_refused(asked: dict[str, str], sentence: str) -> None:
    with pytest.raises(InvalidRequest, match=sentence):
        span(**asked)


def test_costs_are_for_managers_admins_and_those_who_see_everything() -> None:
    def actor(*permissions: str) -> Actor:
        return Actor(1, 1, "somebody", frozenset(permissions))

    seen = {role: may_view_costs(actor(*permissions_of(role))) for role in Role}
    assert seen == {Role.USER: False, Role.MANAGER: True, Role.ADMIN: True, Role.SUPERUSER: True}
    assert may_view_costs(actor(KPIS_VIEW_ALL))
    assert not may_view_costs(actor(RECORDS_WRITE))
