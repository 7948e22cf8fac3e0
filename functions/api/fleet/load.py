"""POST /api/fleet/snapshots: accounting loads what cost centers cost."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.values.shapes import RowsView
from lodestar.packs.fleet.fleet_tables import SNAPSHOTS, SnapshotBatch
from lodestar.packs.loading import load_rows
from lodestar.runtime.endpoint import endpoint


@endpoint("POST", "/api/fleet/snapshots", needs="records.write")
def handler(batch: SnapshotBatch, caller: Caller, work: UnitOfWork) -> RowsView:
    """Take up to 1,000 snapshots; good ones are kept when others are bad, the same again changes nothing."""
    return load_rows(batch.rows, SNAPSHOTS, caller, work)
