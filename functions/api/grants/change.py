"""PUT /api/kpis/{kpi_id}/permissions/{user_id}: an admin lets somebody see or change one KPI."""

from lodestar.application.caller import Caller
from lodestar.application.definitions.granting import grant_to_user
from lodestar.application.definitions.shapes import GrantBody, GrantedView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId


@endpoint("PUT", "/api/kpis/{kpi_id}/permissions/{user_id}", needs="kpis.create")
def handler(
    kpi_id: PathId, user_id: PathId, grant: GrantBody, caller: Caller, work: UnitOfWork
) -> GrantedView:
    """Give a user rights on one KPI beyond their role; all false takes them away."""
    return grant_to_user(kpi_id, user_id, grant, caller, work)
