"""Methods: companies. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages
from lodestar_client.types.companies import CompanyChange, CompanyDraft, CompanyList, CompanyView


class CompaniesApi:
    """The operations of the tag `companies`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> CompanyList:
        """A page of companies."""
        found: CompanyList = self._core.call(
            Request("GET", "/api/companies", query={"limit": limit, "cursor": cursor})
        )
        return found

    def all(self, *, limit: int | None = None) -> Iterator[CompanyView]:
        """Every row of `list`, page by page."""
        return pages(lambda cursor: self.list(limit=limit, cursor=cursor), "companies")

    def create(self, body: CompanyDraft, *, idempotency_key: str | None = None) -> CompanyView:
        """Make a company."""
        found: CompanyView = self._core.call(
            Request("POST", "/api/companies", headers={"Idempotency-Key": idempotency_key}, body=body)
        )
        return found

    def get(self, company_id: int) -> CompanyView:
        """A company with its first admin."""
        found: CompanyView = self._core.call(Request("GET", f"/api/companies/{company_id}"))
        return found

    def update(self, company_id: int, body: CompanyChange) -> CompanyView:
        """Change a company; what is left out stays. A new calendar counts for periods from now on."""
        found: CompanyView = self._core.call(Request("PUT", f"/api/companies/{company_id}", body=body))
        return found
