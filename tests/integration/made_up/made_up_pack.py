"""A pack that nobody has: what a folder needs to be one."""

from pathlib import Path

from lodestar.packs.pack import Pack
from lodestar.packs.source_tables import SourceTable
from lodestar.packs.statements import page
from lodestar.wire.bodies import Body
from lodestar.wire.fields import Name


class Kite(Body):
    """A kite and how long it is."""

    external_id: Name
    meters: int


KITES = SourceTable("made_up", "kites", "lodestar.made_up_kites", Kite)

PACK = Pack(
    name="made_up",
    folder=Path(__file__).parent,
    views={
        "kites": page(KITES),
        "longest": "select json_build_object('meters', max(meters)) "
        "from lodestar.made_up_kites where company_id = :company",
    },
    sandbox={"made_up_kites": ["company_id", "meters", "loaded_at"]},
)
