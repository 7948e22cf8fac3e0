"""POST /api/kpis/catalog/{key}/install: an admin installs a ready-made KPI."""

from lodestar.application.caller import Caller
from lodestar.application.definitions.ports import QueryCheck
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.catalog.installing import EntryInstall, InstallView, install_entry
from lodestar.packs.catalog.loading import catalog
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import Switch
from lodestar.runtime.responses import Created


@endpoint("POST", "/api/kpis/catalog/{key}/install", needs="kpis.create", success=201)
def handler(
    key: str, caller: Caller, work: UnitOfWork, query_check: QueryCheck, update: Switch = False
) -> Created[InstallView]:
    """Install a ready-made KPI and those that its formula requires; 200 when none of them is new.

    What is installed already stays as it is, unless `update=true` asks for the catalog's newer version.
    """
    installed = install_entry(EntryInstall(key, update), catalog(), caller, work, query_check)
    return Created(installed.view, installed.is_new)
