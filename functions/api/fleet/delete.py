"""DELETE /api/fleet/snapshots/{row_id}: a snapshot was loaded by mistake."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.fleet.fleet_tables import SNAPSHOTS
from lodestar.packs.loading import DeletedView, delete_row
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId


@endpoint("DELETE", "/api/fleet/snapshots/{row_id}", needs="records.write")
def handler(row_id: PathId, caller: Caller, work: UnitOfWork) -> DeletedView:
    """Delete one snapshot; its cost center stays."""
    return delete_row(row_id, SNAPSHOTS, caller, work)
