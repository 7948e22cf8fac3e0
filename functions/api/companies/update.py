"""PUT /api/companies/{company_id}: a superuser, or an admin of it, changes a company."""

from lodestar.application.people.shapes import ChangedCompany, CompanyChange
from lodestar.application.workflows.changing_companies import SettingsContext, change_company
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("PUT", "/api/companies/{company_id}")
def handler(company_id: PathId, change: CompanyChange, context: SettingsContext) -> Json[ChangedCompany]:
    """Change a company; what is left out stays. A new calendar leaves older periods as they are.

    From a day in the past on it corrects a wrong one: what it cuts otherwise is measured anew.
    """
    return change_company(company_id, change, context)
