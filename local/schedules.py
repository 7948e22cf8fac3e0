"""EventBridge Scheduler: rate(…) and cron(…) expressions, and the clock that fires them."""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil.rrule import DAILY, rrule  # type: ignore[import-untyped] # the package publishes no types

from local.aws import ACCOUNT, REGION
from local.errors import CannotRun
from local.functions import Function, Functions
from local.template import Template

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON = re.compile(r"cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"


@dataclass(frozen=True, slots=True)
class Schedule:
    """One schedule: when it fires, and what it then sends to which function."""

    expression: str
    zone: ZoneInfo
    input: str
    function: Function

    async def run(self) -> None:
        """Fire until cancelled. A call that fails is in the log; the next time comes anyway."""
        fires = datetime.now(UTC)
        while True:
            fires = next_time(self.expression, fires, self.zone)
            await asyncio.sleep((fires - datetime.now(UTC)).total_seconds())
            await self.function.invoke(scheduled_event(self.input, fires))


def scheduled_event(text: str, fires: datetime) -> Any:  # noqa: ANN401 — the template's author decides the event
    """The template's input (JSON) with the scheduled time (UTC, seconds) in its place."""
    return json.loads(text.replace(_SCHEDULED_TIME, fires.strftime("%Y-%m-%dT%H:%M:%SZ")))


def next_time(expression: str, after: datetime, zone: ZoneInfo) -> datetime:
    """The first instant after `after` at which an expression fires, in UTC.

    Raises:
        CannotRun: the expression is neither rate(…) nor a cron(…) that is understood here.
    """
    if rate := _RATE.fullmatch(expression):
        return after + timedelta(**{f"{rate[2]}s": int(rate[1])})
    cron = _CRON.fullmatch(expression)
    local = after.astimezone(zone).replace(tzinfo=None)
    try:
        found: datetime | None = _rule(cron.groups(), local).after(local) if cron else None
    except ValueError:
        found = None
    if found is None:
        message = (
            f"The schedule {expression!r} is not understood: use rate(n minutes) or cron(m h dom mon dow *)."
        )
        raise CannotRun(message)
    return found.replace(tzinfo=zone).astimezone(UTC)


def schedules(template: Template, functions: Functions) -> Iterator[Schedule]:
    """Every enabled schedule of the template."""
    for name, _ in template.of("AWS::Scheduler::Schedule"):
        properties = template.properties(name)
        if properties.get("State") == "DISABLED":
            continue
        target = properties["Target"]
        zone = ZoneInfo(properties.get("ScheduleExpressionTimezone", "UTC"))
        expression = properties["ScheduleExpression"]
        next_time(expression, datetime.now(UTC), zone)  # refused at start, not when it should fire
        yield Schedule(
            expression, zone, target.get("Input", _default_input(name)), functions.by_arn(target["Arn"])
        )


def _default_input(name: str) -> str:
    return json.dumps(
        {
            "version": "0",
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": ACCOUNT,
            "time": _SCHEDULED_TIME,
            "region": REGION,
            "resources": [f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/{name}"],
            "detail": "{}",
        }
    )


def _rule(fields: Sequence[str], start: datetime) -> rrule:
    """A cron expression of AWS (six fields) as a recurrence rule of whole minutes.

    Raises:
        ValueError: a field is malformed, or uses what is not supported here (`W`, `#`, a year).
    """
    minute, hour, day, month, weekday, year = fields
    if year != "*":
        raise ValueError(year)
    return rrule(
        DAILY,
        dtstart=start.replace(minute=0, hour=0, second=0, microsecond=0),
        bysecond=0,
        byminute=_numbers(minute, range(60)),
        byhour=_numbers(hour, range(24)),
        bymonthday=-1 if day == "L" else _numbers(day.replace("?", "*"), range(1, 32)),
        bymonth=_numbers(month, range(1, 13), _MONTHS),
        # AWS counts from Sunday = 1, the rule from Monday = 0.
        byweekday=[(n - 2) % 7 for n in _numbers(weekday.replace("?", "*"), range(1, 8), _WEEKDAYS)],
    )


def _numbers(field: str, every: range, names: Sequence[str] = ()) -> list[int]:
    """The numbers that a field names: `*`, `5`, `1-5`, `0/15`, `MON-FRI`, and lists of these."""
    text = re.sub("[A-Z]{3}", lambda name: str(every.start + names.index(name[0])), field)
    return sorted({number for part in text.split(",") for number in _span(part, every)})


def _span(part: str, every: range) -> range:
    span, _, step = part.partition("/")
    first, _, last = span.partition("-")
    if span == "*":
        chosen = every
    else:
        end = int(last or first) if last or not step else every[-1]
        chosen = range(int(first), end + 1)
    return chosen[:: int(step or 1)]
