"""POST /api/fleet/snapshots/import: accounting loads what cost centers cost from a CSV file."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.values.shapes import RowsView
from lodestar.packs.csv_loading import load_csv
from lodestar.packs.fleet.fleet_tables import SNAPSHOTS
from lodestar.runtime.dependencies import CsvText
from lodestar.runtime.endpoint import endpoint


@endpoint("POST", "/api/fleet/snapshots/import", needs="records.write")
def handler(csv: CsvText, caller: Caller, work: UnitOfWork) -> RowsView:
    """Take up to 5,000 snapshots from a CSV file whose header names the fields of a snapshot.

    Good rows are kept when others are bad; `index` counts the rows after the header, from 0.
    """
    return load_csv(csv.text, SNAPSHOTS, caller, work)
