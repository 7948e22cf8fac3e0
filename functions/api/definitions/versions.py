"""GET /api/kpis/definitions/{definition_id}/versions: how a KPI's calculation changed."""

from lodestar.application.caller import Caller
from lodestar.application.definitions.shapes import VersionList
from lodestar.application.definitions.versions import versions_of
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery


@endpoint("GET", "/api/kpis/definitions/{definition_id}/versions")
def handler(
    definition_id: PathId, query: FromQuery[PageQuery], caller: Caller, work: UnitOfWork
) -> Json[VersionList]:
    """A page of a KPI's versions, newest first: who changed what of its calculation when."""
    return versions_of(definition_id, query, caller, work)
