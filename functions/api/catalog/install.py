"""POST /api/kpis/catalog/{key}/install: an admin installs a ready-made KPI."""

from lodestar.application.definitions.defining import DefinitionDesk
from lodestar.packs.catalog.installing import InstallView, install_entry
from lodestar.packs.catalog.loading import catalog
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import Switch
from lodestar.runtime.responses import Created


@endpoint("POST", "/api/kpis/catalog/{key}/install", needs="kpis.create", success=201)
def handler(key: str, desk: DefinitionDesk, update: Switch = False) -> Created[InstallView]:
    """Install a ready-made KPI and those that its formula requires; 200 when none of them is new.

    What is installed already stays as it is, unless `update=true` asks for the catalog's newer version.
    """
    return Created(*install_entry(key, catalog(), desk, is_updating=update))
