"""KPIs that are retired, and what ends with them."""

from lodestar.application.alerts.closing import close_alerts_of_kpi
from lodestar.application.alerts.ports import AlertWork
from lodestar.application.definitions.defining import committed_definition, retire_definition
from lodestar.application.definitions.shapes import DefinitionView
from lodestar.wire.json_view import Json


def retire_kpi(definition_id: int, work: AlertWork) -> Json[DefinitionView]:
    """Deactivate a KPI: nothing is calculated any more, its alerts end, its history stays.

    Raises:
        NotFound, InvalidContent: as `retire_definition`.
    """
    retire_definition(definition_id, work)
    close_alerts_of_kpi(definition_id, work)
    return committed_definition(definition_id, work)
