"""Methods: exports. Made from the OpenAPI document by `make openapi`: change that, not this."""

from lodestar_client.core import Core, Request
from lodestar_client.types.enums import Cadence, Category


class ExportsApi:
    """The operations of the tag `exports`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def kpis_csv(self, *, period: Cadence | None = None, category: Category | None = None) -> bytes:
        """The company's KPIs as a file; locked ones without numbers. A large file is at another address."""
        request = Request("GET", "/api/exports/kpis.csv", query={"period": period, "category": category})
        found: bytes = self._core.call(request, bytes)
        return found

    def kpis_pdf(self, *, period: Cadence | None = None, category: Category | None = None) -> bytes:
        """The company's KPIs as a file; locked ones without numbers. A large file is at another address."""
        request = Request("GET", "/api/exports/kpis.pdf", query={"period": period, "category": category})
        found: bytes = self._core.call(request, bytes)
        return found

    def kpis_xlsx(self, *, period: Cadence | None = None, category: Category | None = None) -> bytes:
        """The company's KPIs as a file; locked ones without numbers. A large file is at another address."""
        request = Request("GET", "/api/exports/kpis.xlsx", query={"period": period, "category": category})
        found: bytes = self._core.call(request, bytes)
        return found
