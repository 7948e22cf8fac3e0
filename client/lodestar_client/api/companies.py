"""Methods: companies. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages, quoted
from lodestar_client.types.companies import (
    ChangedCompany,
    CompanyChange,
    CompanyDraft,
    CompanyList,
    CompanyView,
)


class CompaniesApi:
    """The operations of the tag `companies`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> CompanyList:
        """A page of companies."""
        request = Request("GET", "/api/companies", query={"limit": limit, "cursor": cursor})
        found: CompanyList = self._core.call(request, CompanyList)
        return found

    def all(self, *, limit: int | None = None) -> Iterator[CompanyView]:
        """Every row of `list`, page by page."""
        return pages(lambda cursor: self.list(limit=limit, cursor=cursor), "companies")

    def create(self, body: CompanyDraft, *, idempotency_key: str | None = None) -> CompanyView:
        """Make a company."""
        request = Request("POST", "/api/companies", headers={"Idempotency-Key": idempotency_key}, body=body)
        found: CompanyView = self._core.call(request, CompanyView)
        return found

    def get(self, company_id: int) -> CompanyView:
        """A company with its first admin."""
        request = Request("GET", f"/api/companies/{quoted(company_id)}")
        found: CompanyView = self._core.call(request, CompanyView)
        return found

    def update(self, company_id: int, body: CompanyChange) -> ChangedCompany:
        """Change a company; what is left out stays. A new calendar leaves older periods as they are."""
        request = Request("PUT", f"/api/companies/{quoted(company_id)}", body=body)
        found: ChangedCompany = self._core.call(request, ChangedCompany)
        return found
