"""GET /api/job-search/{table}: what somebody did to find a job."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.job_search.job_search_tables import TABLES, JobSearchList, JobSearchQuery, JobSearchTable
from lodestar.packs.loading import list_rows
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromPath, FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/job-search/{table}")
def handler(
    table: FromPath[JobSearchTable], query: FromQuery[JobSearchQuery], caller: Caller, work: UnitOfWork
) -> Json[JobSearchList]:
    """A page of the caller's own rows, in the order in which they were first loaded.

    `from` and `to` are days in the caller's timezone. A filter that the table has no field for is refused.
    """
    return Json(list_rows(query, TABLES[table], caller, work))
