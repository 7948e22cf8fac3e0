"""The fleet pack as the platform knows it."""

from pathlib import Path

from lodestar.packs.fleet.fleet_tables import SNAPSHOTS
from lodestar.packs.fleet.fleet_views import VIEWS
from lodestar.packs.pack import Pack
from lodestar.packs.statements import page

PACK = Pack(
    name="fleet",
    folder=Path(__file__).parent,
    views={SNAPSHOTS.name: page(SNAPSHOTS), **VIEWS},
    sandbox={
        "fleet_cost_rate_snapshots": ["company_id", *SNAPSHOTS.columns],
    },
)
