"""POST /api/vehicle-sales/{table}/import: a dealer loads vehicles, buyers or leads from a CSV file."""

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.values.shapes import RowsView
from lodestar.packs.csv_loading import load_csv
from lodestar.packs.vehicle_sales.vehicle_sales_tables import TABLES, VehicleSalesTable
from lodestar.runtime.dependencies import CsvText
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromPath


@endpoint("POST", "/api/vehicle-sales/{table}/import", needs="records.write")
def handler(table: FromPath[VehicleSalesTable], csv: CsvText, caller: Caller, work: UnitOfWork) -> RowsView:
    """Take up to 5,000 rows from a CSV file whose header names the fields of the table.

    Good rows are kept when others are bad; `index` counts the rows after the header, from 0.
    """
    return load_csv(csv.text, TABLES[table], caller, work)
