"""POST /api/kpis/values/import: somebody sends a CSV file of entered values."""

from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.importing import import_values
from lodestar.application.workflows.shapes import ImportView
from lodestar.runtime.dependencies import CsvText
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import Switch


@endpoint("POST", "/api/kpis/values/import")
def handler(csv: CsvText, context: ChangeContext, dry_run: Switch = False) -> ImportView:
    """Enter up to 5,000 values of manual KPIs from a CSV file.

    The header names the columns: `kpi` (the key of the definition), `user` (email address or id; empty for
    the company itself), `period_start`, `value`, and where wanted `period_end` and `notes`. Good rows are
    kept when others are bad. With `dry_run=true` nothing is written, and the answer says what would be.
    """
    return import_values(csv.text, context, dry_run=dry_run)
