"""POST /api/companies: a superuser makes a company with its first admin."""

from lodestar.application.alerts.ports import Topics
from lodestar.application.people.ports import Directory
from lodestar.application.people.shapes import CompanyDraft, CompanyView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.workflows.companies import create_company
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/companies", needs="companies.manage", success=201)
def handler(draft: CompanyDraft, work: UnitOfWork, directory: Directory, topics: Topics) -> Json[CompanyView]:
    """Make a company."""
    return create_company(draft, work, directory, topics)
