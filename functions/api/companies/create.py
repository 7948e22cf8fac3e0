"""POST /api/companies: a superuser makes a company with its first admin."""

from lodestar.application.people.companies import CompanyDraft, CompanyView, create_company
from lodestar.application.ports import Directory, Topics, UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/companies", needs="companies.manage", success=201)
def handler(draft: CompanyDraft, work: UnitOfWork, directory: Directory, topics: Topics) -> Json[CompanyView]:
    """Make a company."""
    return create_company(draft, work, directory, topics)
