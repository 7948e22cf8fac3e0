"""Whose day and whose week a job search is counted in: the user's own days, the company's week."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from lodestar.domain.periods import Calendar, WeekStart
from lodestar.domain.permissions import Role
from lodestar.domain.refusals import InvalidRequest
from lodestar.packs.job_search.day_and_week import JobSearchDays, today, week
from tests.fakes.people import ACME, ADA, caller_of
from tests.fakes.work import NOW, FakeWork


def asked(
    view: str,
    timezone: str = "Europe/Berlin",
    now: datetime = NOW,
    week_start: WeekStart = WeekStart.MONDAY,
    **days: str,
) -> dict[str, Any]:
    """What the view is asked with for Ada, who lives in a timezone of her own."""
    found: dict[str, Any] = {}
    work = FakeWork(now=now)
    work.views.answers[f"job_search.{view}"] = lambda parameters: found.update(parameters) or "{}"
    company = replace(ACME, calendar=Calendar("Europe/Berlin", week_start))
    caller = replace(caller_of(Role.USER), timezone=timezone, company=company)
    query = JobSearchDays.model_validate({name.rstrip("_"): day for name, day in days.items()})
    {"today": today, "week": week}[view](query, caller, work)
    assert work.commits == 1
    return found


def span(found: dict[str, Any], name: str) -> tuple[str, str]:
    return found[f"{name}_start"].isoformat(), found[f"{name}_end"].isoformat()


@pytest.mark.parametrize("view", ["today", "week"])
def test_only_the_rows_of_whoever_asks_are_counted(view: str) -> None:
    assert asked(view)["user"] == ADA


def test_a_day_is_that_of_the_user_and_not_of_the_company() -> None:
    ahead = asked("today", "Pacific/Kiritimati")  # 14 hours: there it is the 5th
    assert span(ahead, "today") == ("2026-03-04T10:00:00+00:00", "2026-03-05T10:00:00+00:00")
    assert span(ahead, "asked") == span(ahead, "today")


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2026-03-29T12:00:00+00:00", "2026-03-28T23:00:00+00:00", "2026-03-29T22:00:00+00:00"),
        ("2026-10-25T12:00:00+00:00", "2026-10-24T22:00:00+00:00", "2026-10-25T23:00:00+00:00"),
    ],
    ids=["23 hours", "25 hours"],
)
def test_a_day_on_which_the_clocks_change_is_whole(now: str, start: str, end: str) -> None:
    assert span(asked("today", now=datetime.fromisoformat(now)), "today") == (start, end)


@pytest.mark.parametrize(
    ("week_start", "first", "last"),
    [(WeekStart.MONDAY, "2026-03-02", "2026-03-09"), (WeekStart.SUNDAY, "2026-03-01", "2026-03-08")],
)
def test_the_week_begins_when_the_companys_does(week_start: WeekStart, first: str, last: str) -> None:
    wanted = f"{first}T00:00:00+00:00", f"{last}T00:00:00+00:00"
    assert span(asked("week", "UTC", week_start=week_start), "asked") == wanted
    assert span(asked("today", "UTC", week_start=week_start), "week") == wanted


def test_a_hot_job_is_silent_after_seven_times_24_hours() -> None:
    assert asked("today")["silent_since"] == NOW - timedelta(days=7)


@pytest.mark.parametrize("view", ["today", "week"])
def test_days_that_are_asked_for_move_what_is_counted(view: str) -> None:
    found = asked(view, "UTC", from_="2026-02-10", to="2026-02-11")
    assert span(found, "asked") == ("2026-02-10T00:00:00+00:00", "2026-02-12T00:00:00+00:00")


def test_the_next_best_action_is_about_now_whatever_days_were_asked_for() -> None:
    found = asked("today", "UTC", from_="2026-02-10", to="2026-02-11")
    assert span(found, "today") == ("2026-03-04T00:00:00+00:00", "2026-03-05T00:00:00+00:00")


@pytest.mark.parametrize(
    ("days", "first", "last"),
    [
        ({"from_": "2026-03-03"}, "2026-03-03", "2026-03-09"),
        ({"to": "2026-03-05"}, "2026-03-02", "2026-03-06"),
        ({"from_": "2026-03-20"}, "2026-03-20", "2026-03-21"),
        ({"to": "2026-02-20"}, "2026-02-20", "2026-02-21"),
    ],
    ids=["from within", "to within", "from beyond the end", "to before the beginning"],
)
def test_a_day_that_is_left_out_is_the_weeks_own_or_the_other_one(
    days: dict[str, str], first: str, last: str
) -> None:
    assert span(asked("week", "UTC", **days), "asked") == (
        f"{first}T00:00:00+00:00",
        f"{last}T00:00:00+00:00",
    )


@pytest.mark.parametrize("view", ["today", "week"])
@pytest.mark.parametrize("days", [{"from_": "2026-03-02", "to": "2026-03-01"}, {"to": "1800-01-01"}])
def test_days_out_of_order_or_out_of_the_calendar_are_refused(view: str, days: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        asked(view, **days)
