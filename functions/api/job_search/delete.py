"""DELETE /api/job-search/{table}/{row_id}: a row was kept by mistake."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.job_search.job_search_tables import TABLES, JobSearchTable
from lodestar.packs.loading import DeletedView, delete_row
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromPath, PathId


@endpoint("DELETE", "/api/job-search/{table}/{row_id}")
def handler(table: FromPath[JobSearchTable], row_id: PathId, caller: Caller, work: UnitOfWork) -> DeletedView:
    """Delete one of the caller's own rows. A job or contact that other rows name stays: 409."""
    return delete_row(row_id, TABLES[table], caller, work)
