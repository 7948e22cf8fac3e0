"""POST /api/records: a client pushes raw facts."""

from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.values.records import push_records
from lodestar.application.values.shapes import RecordBatch, RecordsView
from lodestar.runtime.endpoint import endpoint


@endpoint("POST", "/api/records", needs="records.write")
def handler(batch: RecordBatch, work: UnitOfWork) -> RecordsView:
    """Take up to 1,000 records; good ones are kept when others are bad."""
    return push_records(batch, work)
