"""Names for what the models leave anonymous, so that one shape has one type in every client."""

import copy
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

type Schema = dict[str, Any]

REF = "#/components/schemas/"


@dataclass(frozen=True)
class _AnonymousEnum:
    """Words that some field or parameter allows, and where they were found first."""

    owner: str
    field: str
    is_of_items: bool

    @property
    def short_name(self) -> str:
        """`Permission` of the items of `permissions`."""
        return pascal(self.field.removesuffix("s") if self.is_of_items else self.field)

    @property
    def long_name(self) -> str:
        """`HealthStatus` of the field `status` of `Health`."""
        return pascal(self.owner) + self.short_name

    @property
    def description(self) -> str:
        """What the class says of itself."""
        return f"A word of `{self.field}`."


def with_named_enums(document: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the document in which each set of words is a component, the same set the same one.

    It is called after its field, and where that name is taken, after the field and its owner.
    """
    named: dict[str, Any] = copy.deepcopy(dict(document))
    schemas: dict[str, Schema] = named["components"]["schemas"]
    found: dict[tuple[str, ...], _AnonymousEnum] = {}
    uses: list[tuple[Schema, tuple[str, ...]]] = []
    for schema, place in _anonymous_enums(named):
        words = tuple(schema["enum"])
        found.setdefault(words, place)
        uses.append((schema, words))
    short_names = [place.short_name for place in found.values()]
    names = {
        words: place.long_name
        if place.short_name in schemas or short_names.count(place.short_name) > 1
        else place.short_name
        for words, place in found.items()
    }
    for words, place in found.items():
        schemas[names[words]] = {"type": "string", "enum": [*words], "description": place.description}
    for schema, words in uses:
        schema.clear()
        schema["$ref"] = REF + names[words]
    return named


def _anonymous_enums(document: Mapping[str, Any]) -> Iterator[tuple[Schema, _AnonymousEnum]]:
    """The schemas that are sets of words without a name, components before parameters."""
    for owner, schema in sorted(document["components"]["schemas"].items()):
        for field, field_schema in sorted(schema.get("properties", {}).items()):
            yield from _enums_in(field_schema, _AnonymousEnum(owner, field, is_of_items=False))
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation["parameters"]:
                place = _AnonymousEnum(operation["operationId"], parameter["name"], is_of_items=False)
                yield from _enums_in(parameter["schema"], place)


def _enums_in(schema: Any, place: _AnonymousEnum) -> Iterator[tuple[Schema, _AnonymousEnum]]:  # noqa: ANN401 — any part of a schema
    if isinstance(schema, list):
        for part in schema:
            yield from _enums_in(part, place)
    elif isinstance(schema, dict):
        if is_enum(schema):
            yield schema, place
            return
        for key, part in schema.items():
            is_of_items = place.is_of_items or key == "items"
            yield from _enums_in(part, _AnonymousEnum(place.owner, place.field, is_of_items))


def is_enum(schema: Mapping[str, Any]) -> bool:
    """Whether a schema is a set of words."""
    words = schema.get("enum")
    return isinstance(words, list) and all(isinstance(word, str) for word in words)


def pascal(name: str) -> str:
    """`NotificationChannel` of `notification_channel`; what is written so already stays."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[\W_]+", name))
