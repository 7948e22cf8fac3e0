"""POST /api/records: a client pushes raw facts."""

from lodestar.application.ports import UnitOfWork
from lodestar.application.values.records import RecordBatch, RecordsView, push_records
from lodestar.runtime.endpoint import endpoint


@endpoint("POST", "/api/records", needs="records.write")
def handler(batch: RecordBatch, work: UnitOfWork) -> RecordsView:
    """Take up to 1,000 records; good ones are kept when others are bad."""
    return push_records(batch, work)
