"""GET /api/exports/kpis.xlsx: the company's KPIs as a file for Excel."""

from typing import Literal

from lodestar.application.caller import Caller
from lodestar.application.ports import UnitOfWork
from lodestar.application.reading.exporting import ExportDesk, handed_out
from lodestar.application.reading.kpi_table import ExportQuery, kpi_table
from lodestar.application.reading.tables import Download, FileFormat
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery


@endpoint("GET", "/api/exports/kpis.xlsx")
def handler(
    query: FromQuery[ExportQuery], caller: Caller, work: UnitOfWork, desk: ExportDesk
) -> Download[Literal[FileFormat.XLSX]]:
    """The company's KPIs as a file; locked ones without numbers. A large file is at another address."""
    return handed_out(kpi_table(query, caller, work), FileFormat.XLSX, desk, work)
