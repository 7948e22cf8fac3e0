"""GET /api/kpis/definitions: the company's KPIs."""

from lodestar.application.definitions import DefinitionList
from lodestar.application.json_view import Json
from lodestar.application.ports import UnitOfWork
from lodestar.application.reading import list_view
from lodestar.domain.definitions import CalculationType, Category
from lodestar.domain.periods import Cadence
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import Cursor, Limit, page


@endpoint("GET", "/api/kpis/definitions", needs="kpis.create")
def handler(
    work: UnitOfWork,
    category: Category | None = None,
    aggregation_period: Cadence | None = None,
    calculation_type: CalculationType | None = None,
    is_active: bool | None = None,
    q: str | None = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Json[DefinitionList]:
    """A page of KPI definitions; `q` is looked for in key and name."""
    filters = {
        "category": category,
        "aggregation_period": aggregation_period,
        "calculation_type": calculation_type,
        "is_active": is_active,
        "q": q,
    }
    return Json(list_view("definitions", page(limit, cursor), work, **filters))
