"""The source tables of packs: what a row of each is, and how it is told from the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, get_args

from pydantic import AwareDatetime

from lodestar.wire.bodies import Body

_TYPES: Mapping[type, str] = {
    bool: "boolean",
    date: "date",
    datetime: "timestamptz",
    Decimal: "numeric",
    int: "integer",
    str: "text",
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A field that names a row of another table of the pack by its `key`."""

    field: str
    relation: str
    what: str
    """What the other table holds, for people: "job"."""
    key: str = "external_id"
    is_made: bool = False
    """Whether a row that is not there yet is made, of nothing but its key."""


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table that a pack's numbers come from. Each field of `row` is a column of the same name.

    Its relation has these columns and `company_id`, `id` (an identity), `updated_at`, of an owned one also
    `user_id`; unique are `company_id`, `user_id` where owned, and `key`.
    """

    pack: str
    name: str
    """As in addresses: "follow-ups"."""
    relation: str
    """With its schema."""
    row: type[Body]
    key: tuple[str, ...] = ("external_id",)
    is_owned: bool = False
    """Whether a row belongs to the user who loads it, and nobody else reads it."""
    references: tuple[Reference, ...] = ()
    day: str | None = None
    """The date or instant that `from` and `to` of a list are about."""
    filters: tuple[str, ...] = ()
    """The columns that a list can be filtered by, beside the key's."""
    shown: Mapping[str, str] = field(default_factory=dict)
    """What a list shows of a column, as SQL over the row `r`, where that is not simply its value."""

    @property
    def view(self) -> str:
        """The name of the view that lists it."""
        return f"{self.pack}.{self.name}"

    @property
    def columns(self) -> Mapping[str, str]:
        """The Postgres type of each field of a row, in their order."""
        return {name: _TYPES[kind] for name, kind in self.kinds()}

    @property
    def identity(self) -> tuple[str, ...]:
        """The columns that tell a row from the others of the company."""
        return ("user_id", *self.key) if self.is_owned else self.key

    def kinds(self) -> Iterator[tuple[str, type]]:
        """The Python type of each field: what is behind choices, bounds and `| None`."""
        for name, info in self.row.model_fields.items():
            yield name, _plain(info.annotation)


def _plain(annotation: Any) -> type:  # noqa: ANN401 — any annotation
    while get_args(annotation):  # the first of `Annotated[kind, …]`, the first of `kind | None`
        annotation = get_args(annotation)[0]
    if annotation is AwareDatetime:  # a marker of pydantic's, which has no datetime among its bases
        return datetime
    # A StrEnum is a str, and a datetime is a date too: the nearest one counts.
    kind: type = next(parent for parent in annotation.__mro__ if parent in _TYPES)
    return kind
