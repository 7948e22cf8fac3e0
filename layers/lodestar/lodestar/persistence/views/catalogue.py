"""Every view of the API by name: one statement each, JSON text from Postgres (spec 7.1)."""

from lodestar.persistence.views.alerts import ALERTS
from lodestar.persistence.views.definitions import DEFINITIONS
from lodestar.persistence.views.kpis import KPIS
from lodestar.persistence.views.people import PEOPLE
from lodestar.persistence.views.runs import RUNS

VIEWS: dict[str, str] = PEOPLE | DEFINITIONS | KPIS | RUNS | ALERTS
