"""GET /api/kpis/today: a job searcher's day."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.job_search.day_and_week import JobSearchDays, JobSearchToday, today
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpis/today")
def handler(query: FromQuery[JobSearchDays], caller: Caller, work: UnitOfWork) -> Json[JobSearchToday]:
    """What the signed-in user sent today, what is due, and what had best be done next.

    `from` and `to` move what was sent and what is due to other days. Targets are the company's for a day.
    """
    return today(query, caller, work)
