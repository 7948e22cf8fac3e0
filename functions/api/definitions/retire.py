"""DELETE /api/kpis/definitions/{definition_id}: an admin retires a KPI."""

from lodestar.application.caller import Caller
from lodestar.application.definitions.shapes import RetiredKpiView, RetirementQuery
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.workflows.retiring import retire_kpi
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery, PathId
from lodestar.wire.json_view import Json


@endpoint("DELETE", "/api/kpis/definitions/{definition_id}", needs="kpis.delete")
def handler(
    definition_id: PathId, query: FromQuery[RetirementQuery], caller: Caller, work: UnitOfWork
) -> Json[RetiredKpiView]:
    """Retire a KPI: its terms end today, closed periods stay; `dry_run` tells how much would be withdrawn."""
    return retire_kpi(definition_id, caller, work, dry_run=query.dry_run)
