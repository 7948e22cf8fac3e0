"""GET /api/kpis/{kpi_id}/permissions: who has rights on one KPI beyond their role."""

from lodestar.application.definitions.granting import list_grants
from lodestar.application.definitions.shapes import GrantList
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery


@endpoint("GET", "/api/kpis/{kpi_id}/permissions", needs="kpis.create")
def handler(kpi_id: PathId, query: FromQuery[PageQuery], work: UnitOfWork) -> Json[GrantList]:
    """A page of the grants on a KPI, to users and to roles."""
    return list_grants(kpi_id, query, work)
