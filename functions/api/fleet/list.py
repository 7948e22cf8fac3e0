"""GET /api/fleet/snapshots: what was loaded."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.fleet.fleet_tables import SNAPSHOTS, SnapshotList, SnapshotQuery
from lodestar.packs.loading import list_rows
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/fleet/snapshots", needs="records.write")
def handler(query: FromQuery[SnapshotQuery], caller: Caller, work: UnitOfWork) -> Json[SnapshotList]:
    """A page of cost-rate snapshots, in the order in which they were first loaded."""
    return Json(list_rows(query, SNAPSHOTS, caller, work))
