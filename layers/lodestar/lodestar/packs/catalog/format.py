"""Ready-made KPIs as their authors write them: one YAML file for each category.

`schema.json` beside this file says the same to editors; `python -m contract` writes it anew.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from lodestar.application.definitions.shapes import DefinitionFields
from lodestar.domain.definitions import Category, TargetType, Unit
from lodestar.packs.registry import PACKS
from lodestar.wire.bodies import Body
from lodestar.wire.fields import Text


class TeamType(StrEnum):
    """The kinds of team that have a set of KPIs of their own."""

    CUSTOMER_SUPPORT = "customer_support"
    SALES = "sales"
    OPERATIONS = "operations"


def _require_registered(name: str) -> str:
    if name not in PACKS:
        raise ValueError(f"There is no such pack: choose from {', '.join(PACKS)}.")
    return name


PackName = Annotated[
    str, AfterValidator(_require_registered), WithJsonSchema({"type": "string", "enum": list(PACKS)})
]
"""A pack of this installation, as the registry names it."""


class EntryFields(DefinitionFields):
    """A ready-made KPI: the fields of a definition, of which unit, direction and description must be said.

    `version` is raised by whoever changes anything else: companies that have the KPI are then offered the
    update. `team_types` are the sets that it belongs to.
    """

    version: int = Field(ge=1)
    description: Annotated[Text, Field(min_length=1)]
    unit: Unit
    target_type: TargetType
    team_types: list[TeamType] = Field(default_factory=list)


class CatalogFile(Body):
    """The ready-made KPIs of one category; of a pack, those that are calculated over its tables."""

    category: Category
    pack: PackName | None = None
    entries: Annotated[list[EntryFields], Field(min_length=1)]
