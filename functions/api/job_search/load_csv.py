"""POST /api/job-search/{table}/import: somebody brings what they did to find a job as a CSV file."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.values.shapes import RowsView
from lodestar.packs.csv_loading import load_csv
from lodestar.packs.job_search.job_search_tables import TABLES, JobSearchTable
from lodestar.runtime.dependencies import CsvText
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromPath


@endpoint("POST", "/api/job-search/{table}/import")
def handler(table: FromPath[JobSearchTable], csv: CsvText, caller: Caller, work: UnitOfWork) -> RowsView:
    """Take up to 5,000 rows of one's own from a CSV file whose header names the fields of a row.

    Good rows are kept when others are bad; `index` counts the rows after the header, from 0.
    """
    return load_csv(csv.text, TABLES[table], caller, work)
