"""GET /api/kpis/week: a job searcher's week."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.job_search.day_and_week import JobSearchDays, JobSearchWeek, week
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpis/week")
def handler(query: FromQuery[JobSearchDays], caller: Caller, work: UnitOfWork) -> Json[JobSearchWeek]:
    """What the signed-in user did in the company's week, by the user's own clocks.

    `from` and `to` ask for other days than this week's. The targets are those of a day.
    """
    return week(query, caller, work)
