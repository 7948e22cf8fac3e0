"""GET /api/users/{user_id}/kpis: how a person stands."""

from lodestar.application.caller import Caller
from lodestar.application.insight.people_kpis import kpis_of_user
from lodestar.application.insight.shapes import UserKpis
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import Day, PathId
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/users/{user_id}/kpis")
def handler(user_id: PathId, caller: Caller, work: UnitOfWork, on: Day | None = None) -> Json[UserKpis]:
    """The person's KPIs with values, trends and the overall score; for themselves, their manager, admins."""
    return kpis_of_user(user_id, on, caller, work)
