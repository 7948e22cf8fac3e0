"""Every view of the API by name: one statement each, JSON text from Postgres.

Above each view stands what it binds. The session gives `:company`; `:calendar` stands for what
`calendar_parameters` makes of a calendar, a day and a number of periods.
"""

from lodestar.persistence.alerts.views import ALERTS
from lodestar.persistence.assignments.views import ASSIGNMENTS
from lodestar.persistence.calculation.views import RUNS
from lodestar.persistence.definitions.views import DEFINITIONS
from lodestar.persistence.insight.company_kpi_views import COMPANY_KPIS
from lodestar.persistence.insight.explanation_views import EXPLANATIONS
from lodestar.persistence.insight.history_views import HISTORIES
from lodestar.persistence.insight.people_kpi_views import PEOPLE_KPIS
from lodestar.persistence.operations.views import OPERATIONS
from lodestar.persistence.people.views import PEOPLE
from lodestar.persistence.values.views import VALUES

VIEWS: dict[str, str] = {
    **PEOPLE,
    **DEFINITIONS,
    **ASSIGNMENTS,
    **VALUES,
    **RUNS,
    **ALERTS,
    **PEOPLE_KPIS,
    **COMPANY_KPIS,
    **HISTORIES,
    **EXPLANATIONS,
    **OPERATIONS,
}
