"""A job search over HTTP: loaded, read as a day and a week, and nobody else's."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.e2e.client import Client, decoded
from tests.e2e.conftest import Found, SignIn

AHEAD = "Pacific/Kiritimati"
"""Where the day is never that of UTC before 10:00, and the search of these tests takes place."""


@pytest.fixture(scope="module")
def una(found_company: Found, sign_in: SignIn) -> Client:
    """A user far from her company, with a day's work: a job, an application, and a follow-up to send."""
    found_company("careers").create_user("Una", "una@careers.test", timezone=AHEAD)
    una = sign_in("una@careers.test")
    day = datetime.now(ZoneInfo(AHEAD)).replace(hour=0, minute=0, second=0, microsecond=0)
    first, last, before = (
        (day + beside).astimezone(UTC).isoformat()
        for beside in (timedelta(0), timedelta(hours=24, seconds=-1), timedelta(seconds=-1))
    )
    rows = {
        "jobs": [{"external_id": "j", "title": "Baker", "stage": "APPLIED", "heat": 3, "archived": False}],
        "contacts": [{"external_id": "c", "name": "Ann", "archived": False}],
        "applications": [
            {"external_id": "1", "job": "j", "date_sent": first},
            {"external_id": "2", "job": "j", "date_sent": last},
            {"external_id": "3", "job": "j", "date_sent": before},
        ],
        "follow-ups": [{"external_id": "1", "job": "j", "contact": "c", "due_at": last}],
    }
    for table, those in rows.items():
        assert una.post(f"/job-search/{table}", {"rows": those}, 200)["created"] == len(those)
    return una


def test_a_day_is_read_on_the_users_own_clock(una: Client) -> None:
    today = una.get("/kpis/today")
    action = today.pop("nextBestAction")
    assert today == {
        "cvSentToday": 2,
        "cvTarget": 5,
        "outreachToday": 0,
        "outreachTarget": 5,
        "followupsDue": 1,
        "seniorReviewsThisWeek": 0,
        "heatBreakdown": [{"heat": heat, "count": int(heat == 3)} for heat in range(4)],
    }
    assert (action["type"], action["title"]) == ("follow_up_due_today", "Follow up with Ann about Baker")


def test_days_can_be_named(una: Client) -> None:
    here = datetime.now(ZoneInfo(AHEAD)).date()
    days = {"from_": here - timedelta(days=1), "to": here}
    assert una.api.job_search.today(**days)["cvSentToday"] == 3
    assert una.api.job_search.week(**days)["cvSent"] == 3


def test_a_colleague_has_a_search_of_their_own(sign_in: SignIn, una: Client) -> None:
    week = sign_in("ada@careers.test").get("/kpis/week")
    assert week["cvSent"] == 0
    assert week["targets"] == {"cvTarget": 5, "outreachTarget": 5}


@pytest.mark.parametrize("path", ["/kpis/today", "/kpis/week"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-03-10&to=2026-03-09", "query.to"),
        ("from=tomorrow", "query.from"),
        ("to=2026-02-30", "query.to"),
        ("month=2026-02", "query.month"),
    ],
)
def test_days_that_cannot_be_meant_are_refused_by_name(
    una: Client, path: str, query: str, field: str
) -> None:
    refused = decoded(una.call("GET", f"{path}?{query}"), 400)
    assert [each["field"] for each in refused["details"]] == [field]
