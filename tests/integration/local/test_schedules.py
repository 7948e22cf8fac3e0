from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from local.errors import CannotRun
from local.schedules import next_time, scheduled_event

NOW = datetime(2026, 1, 30, 22, 10, 30, tzinfo=UTC)  # a Friday
UTC_ZONE = ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("rate(5 minutes)", "2026-01-30T22:15:30"),
        ("rate(1 hour)", "2026-01-30T23:10:30"),
        ("rate(2 days)", "2026-02-01T22:10:30"),
        ("cron(0 * * * ? *)", "2026-01-30T23:00:00"),
        ("cron(0/15 * * * ? *)", "2026-01-30T22:15:00"),
        ("cron(10 22 * * ? *)", "2026-01-31T22:10:00"),
        ("cron(5,50 8-9 ? * MON-FRI *)", "2026-02-02T08:05:00"),
        ("cron(0 3 ? * 1 *)", "2026-02-01T03:00:00"),
        ("cron(0 4 1 JAN,APR,JUL,OCT ? *)", "2026-04-01T04:00:00"),
        ("cron(0 0 L * ? *)", "2026-01-31T00:00:00"),
        ("cron(0 0 29 2 ? *)", "2028-02-29T00:00:00"),
    ],
)
def test_the_next_time_of_an_expression(expression: str, expected: str) -> None:
    assert next_time(expression, NOW, UTC_ZONE) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


def test_a_cron_expression_means_the_clock_of_its_zone() -> None:
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert next_time("cron(0 2 * * ? *)", summer, ZoneInfo("Europe/Berlin")) == datetime(
        2026, 7, 2, 0, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "expression",
    [
        "every day",
        "rate(5)",
        "cron(0 * * *)",
        "cron(61-x * * * ? *)",
        "cron(0 0 ? * MON#1 *)",
        "cron(0 0 1 * ? 2030)",
    ],
)
def test_an_expression_that_is_not_understood_is_refused(expression: str) -> None:
    with pytest.raises(CannotRun, match="is not understood"):
        next_time(expression, NOW, UTC_ZONE)


def test_the_scheduled_time_takes_its_place_in_the_input() -> None:
    text = '{"cadence": "daily", "at": "<aws.scheduler.scheduled-time>"}'
    assert scheduled_event(text, NOW) == {"cadence": "daily", "at": "2026-01-30T22:10:30Z"}
