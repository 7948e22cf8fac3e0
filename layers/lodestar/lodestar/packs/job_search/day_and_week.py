"""A user's day and week of job search: the user's own days, the company's week."""

from datetime import datetime, timedelta

from pydantic import ConfigDict
from pydantic.alias_generators import to_camel

from lodestar.application.access import require_found
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.domain.periods import Cadence, Calendar, Period
from lodestar.packs.job_search.next_action import SILENCE_DAYS, NextActionType
from lodestar.wire.bodies import View
from lodestar.wire.json_view import Json
from lodestar.wire.paging import DatesQuery


class JobSearchDays(DatesQuery):
    """Which local days; one that is left out is where the answer's own day or week begins or ends.

    Where that would lie on the wrong side of the other, it is the other: a single day.
    """


class CamelView(View):
    """A view whose names are written as the pack's clients know them: cvSentToday."""

    model_config = ConfigDict(alias_generator=to_camel)


class DailyTargets(CamelView):
    """What the company expects of a day."""

    cv_target: int
    outreach_target: int


class HeatCount(View):
    """How many active jobs have a heat, from 0 (cold) to 3 (hot)."""

    heat: int
    count: int


class ActionReference(CamelView):
    """What a recommendation is about, by external ids. What it is not about has no key."""

    job_id: str | None = None
    contact_id: str | None = None


class NextBestAction(View):
    """A recommendation in plain words: what is to be done, why, and how.

    What it is not about has no key; ids are the external ones. `ref` has them under the names of older
    clients.
    """

    type: NextActionType
    title: str
    reason: str
    action: str
    ref: ActionReference
    job_id: str | None = None
    contact_id: str | None = None
    due_at: datetime | None = None


class JobSearchToday(CamelView):
    """A user's day. The next best action is about now, whatever days were asked for."""

    cv_sent_today: int
    cv_target: int
    outreach_today: int
    outreach_target: int
    followups_due: int
    senior_reviews_this_week: int
    heat_breakdown: list[HeatCount]
    next_best_action: NextBestAction | None


class JobSearchWeek(CamelView):
    """A user's week; the targets are those of a day."""

    cv_sent: int
    outreach: int
    followups_sent: int
    events_attended: int
    boost_tasks_done: int
    senior_reviews: int
    targets: DailyTargets


def today(query: JobSearchDays, caller: Caller, work: UnitOfWork) -> Json[JobSearchToday]:
    """The signed-in user's today; `query` moves what was sent and what is due to other days.

    Raises:
        InvalidRequest: `to` before `from`, or a day before 1900 or after 2199.
    """
    calendar = caller.calendar
    day, week = (_running(cadence, calendar, work.now) for cadence in (Cadence.DAILY, Cadence.WEEKLY))
    parameters = {
        "user": caller.user_id,
        **_span("asked", _asked(query, day, calendar)),
        **_span("today", calendar.instants(day)),
        **_span("week", calendar.instants(week)),
        "silent_since": work.now - timedelta(days=SILENCE_DAYS),
    }
    return Json(require_found(work.views.read_and_commit("job_search.today", parameters), "user"))


def week(query: JobSearchDays, caller: Caller, work: UnitOfWork) -> Json[JobSearchWeek]:
    """The signed-in user's week, or the days of `query` instead.

    Raises:
        InvalidRequest: `to` before `from`, or a day before 1900 or after 2199.
    """
    calendar = caller.calendar
    asked = _asked(query, _running(Cadence.WEEKLY, calendar, work.now), calendar)
    parameters = {"user": caller.user_id, **_span("asked", asked)}
    return Json(require_found(work.views.read_and_commit("job_search.week", parameters), "user"))


def _running(cadence: Cadence, calendar: Calendar, now: datetime) -> Period:
    return calendar.containing(cadence, calendar.local_date(now))


def _asked(query: JobSearchDays, default: Period, calendar: Calendar) -> tuple[datetime, datetime]:
    """From the first instant of the first day to that of the day after the last one."""
    days = query.days_or(default.start, default.end)
    first, last = (calendar.instants(calendar.containing(Cadence.DAILY, day)) for day in days)
    return first[0], last[1]


def _span(name: str, instants: tuple[datetime, datetime]) -> dict[str, datetime]:
    """What `counted_rows.within` binds."""
    start, end = instants
    return {f"{name}_start": start, f"{name}_end": end}
