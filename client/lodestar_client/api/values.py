"""Methods: values. Made from the OpenAPI document by `make openapi`: change that, not this."""

from lodestar_client.core import Core, Request
from lodestar_client.types.values import ImportView


class ValuesApi:
    """The operations of the tag `values`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def import_csv(
        self, body: str, *, dry_run: bool | None = None, idempotency_key: str | None = None
    ) -> ImportView:
        """Enter up to 5,000 values of manual KPIs from a CSV file."""
        request = Request(
            "POST",
            "/api/kpis/values/import",
            query={"dry_run": dry_run},
            headers={"Idempotency-Key": idempotency_key},
            body=body,
            media="text/csv",
        )
        found: ImportView = self._core.call(request, ImportView)
        return found
