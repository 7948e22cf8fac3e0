"""POST /api/kpis/catalog/install: an admin installs a set of ready-made KPIs."""

from lodestar.application.caller import Caller
from lodestar.application.definitions.ports import QueryCheck
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.catalog.installing import InstallView, SetInstall, install_set
from lodestar.packs.catalog.loading import catalog
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.responses import Created


@endpoint("POST", "/api/kpis/catalog/install", needs="kpis.create", success=201)
def handler(
    wanted: SetInstall, caller: Caller, work: UnitOfWork, query_check: QueryCheck
) -> Created[InstallView]:
    """Install the ready-made KPIs of a category, a kind of team or a pack; 200 when none of them is new.

    One that cannot be installed, such as for a KPI of the company's own with its key, stops no other.
    """
    installed = install_set(wanted, catalog(), caller, work, query_check)
    return Created(installed.view, installed.is_new)
