"""The fleet pack as the platform knows it."""

from pathlib import Path

from lodestar.packs.fleet.tables import SNAPSHOTS
from lodestar.packs.fleet.views import FLEET
from lodestar.packs.pack import Pack
from lodestar.packs.statements import page

PACK = Pack(
    name="fleet",
    folder=Path(__file__).parent,
    views={"snapshots": page(SNAPSHOTS), **FLEET},
    sandbox={
        "fleet_cost_rate_snapshots": frozenset(
            [
                *("company_id", "cost_center", "basis_unit", "period_start", "period_end"),
                *("total_cost", "total_units", "rate", "status"),
            ]
        ),
    },
)
