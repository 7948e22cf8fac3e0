"""GET /api/kpis/catalog: the ready-made KPIs."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.catalog.browsing import CatalogQuery, CatalogView, browse_catalog
from lodestar.packs.catalog.loading import catalog
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/kpis/catalog")
def handler(query: FromQuery[CatalogQuery], caller: Caller, work: UnitOfWork) -> Json[CatalogView]:
    """A page of the ready-made KPIs, with what the company has of each; for who may list definitions."""
    return browse_catalog(query, catalog(), caller, work)
