"""Every view of the API by name: one statement each, JSON text from Postgres.

Above each view stands what it binds. The session gives `:company`; `:calendar` stands for what
`calendar_parameters` makes of a calendar, a day and a number of periods.
"""

from lodestar.persistence.views.alerts import ALERTS
from lodestar.persistence.views.audit import AUDIT
from lodestar.persistence.views.company_kpis import COMPANY_KPIS
from lodestar.persistence.views.definitions import DEFINITIONS
from lodestar.persistence.views.health import HEALTH
from lodestar.persistence.views.insight import INSIGHT
from lodestar.persistence.views.kpis import KPIS
from lodestar.persistence.views.people import PEOPLE
from lodestar.persistence.views.roles import ROLES
from lodestar.persistence.views.runs import RUNS

VIEWS: dict[str, str] = (
    PEOPLE | ROLES | DEFINITIONS | KPIS | COMPANY_KPIS | RUNS | ALERTS | AUDIT | HEALTH | INSIGHT
)
