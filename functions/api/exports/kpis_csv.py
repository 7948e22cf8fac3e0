"""GET /api/exports/kpis.csv: the company's KPIs as a file for spreadsheets and programs."""

from typing import Literal

from lodestar.application.caller import Caller
from lodestar.application.insight.company_shapes import ExportQuery
from lodestar.application.insight.exporting import TableExporter, export_and_commit
from lodestar.application.insight.kpi_table import kpi_table
from lodestar.application.insight.tables import Download, FileFormat
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery


@endpoint("GET", "/api/exports/kpis.csv")
def handler(
    query: FromQuery[ExportQuery], caller: Caller, work: UnitOfWork, exporter: TableExporter
) -> Download[Literal[FileFormat.CSV]]:
    """The company's KPIs as a file; locked ones without numbers. A large file is at another address."""
    return export_and_commit(kpi_table(query, caller, work), FileFormat.CSV, exporter, work)
