"""POST /api/job-search/{table}: somebody keeps what they do to find a job."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.values.shapes import RowsView
from lodestar.packs.job_search.job_search_tables import TABLES, JobSearchBatch, JobSearchTable
from lodestar.packs.loading import load_rows
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromPath


@endpoint("POST", "/api/job-search/{table}")
def handler(
    table: FromPath[JobSearchTable], batch: JobSearchBatch, caller: Caller, work: UnitOfWork
) -> RowsView:
    """Take up to 1,000 rows of one's own; good ones are kept when others are bad.

    `external_id` tells a row from the caller's others: the same row again changes nothing.
    """
    return load_rows(batch.rows, TABLES[table], caller, work)
