"""Methods: records. Made from the OpenAPI document by `make openapi`: change that, not this."""

from lodestar_client.core import Core, Request
from lodestar_client.types.records import RecordBatch, RecordsView


class RecordsApi:
    """The operations of the tag `records`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def push(self, body: RecordBatch, *, idempotency_key: str | None = None) -> RecordsView:
        """Take up to 1,000 records; good ones are kept when others are bad."""
        request = Request("POST", "/api/records", headers={"Idempotency-Key": idempotency_key}, body=body)
        found: RecordsView = self._core.call(request, RecordsView)
        return found
