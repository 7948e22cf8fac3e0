"""GET /api/kpis/definitions: the company's KPIs."""

from lodestar.application.definitions import DefinitionList, DefinitionQuery
from lodestar.application.json_view import Json
from lodestar.application.paging import list_view
from lodestar.application.ports import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery


@endpoint("GET", "/api/kpis/definitions", needs="kpis.assign")
def handler(query: FromQuery[DefinitionQuery], work: UnitOfWork) -> Json[DefinitionList]:
    """A page of KPI definitions."""
    return Json(list_view("definitions", query, work))
