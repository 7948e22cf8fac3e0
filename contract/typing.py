"""Python types of the document's schemas, as source text for the client."""

import keyword
import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from contract.naming import is_enum

type Schema = Mapping[str, Any]

_FORMATS = {"date": "dt.date", "date-time": "dt.datetime"}
_SCALARS = {"string": "str", "integer": "int", "number": "Number", "boolean": "bool", "null": "None"}


def type_of(schema: Schema) -> str:
    """`list[UserView] | None` and the like."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        kinds = dict.fromkeys(map(type_of, options))
        return " | ".join(sorted(kinds, key="None".__eq__))  # None last
    kind = schema.get("type")
    if kind == "array":
        return f"list[{type_of(schema.get('items', {}))}]"
    if kind == "object":
        return f"dict[str, {_value_type(schema)}]"
    if kind == "string" and schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    return _SCALARS.get(str(kind), "Any")


def _value_type(schema: Schema) -> str:
    values = [*schema.get("patternProperties", {}).values()] or [schema.get("additionalProperties")]
    return type_of(values[0]) if isinstance(values[0], dict) else "Any"


def definition_of(name: str, schema: Schema) -> str:
    """The source of one component: a TypedDict, an enum, or an alias for whatever is neither."""
    described = schema.get("description", f"What the document calls {name}.")
    if is_enum(schema):
        members = "".join(f"    {member_of(word)} = {word!r}\n" for word in schema["enum"])
        return f'class {name}(StrEnum):\n    """{_one_line(described)}"""\n\n{members}'
    if "properties" not in schema:
        return f'type {name} = {type_of(schema)}\n"""{_one_line(described)}"""\n'
    fields = [(key, _field_type(key, schema)) for key in schema["properties"]]
    if any(not _is_name(key) for key, _ in fields):
        entries = ", ".join(f"{key!r}: {kind}" for key, kind in fields)
        return f'{name} = TypedDict("{name}", {{{entries}}})\n"""{_one_line(described)}"""\n'
    lines = "".join(f"    {key}: {kind}\n" for key, kind in fields)
    return f'class {name}(TypedDict):\n    """{_one_line(described)}"""\n\n{lines}'


def _field_type(key: str, schema: Schema) -> str:
    kind = type_of(schema["properties"][key])
    return kind if key in schema.get("required", ()) else f"NotRequired[{kind}]"


def member_of(word: str) -> str:
    """The name of an enum's member: `KPIS_ASSIGN` of `kpis.assign`, `PERCENT_SIGN` of `%`."""
    if not any(character.isalnum() for character in word):
        word = "_".join(map(unicodedata.name, word))
    name = re.sub(r"\W", "_", word).upper()
    return name if _is_name(name) else f"_{name}"


def _is_name(key: str) -> bool:
    return key.isidentifier() and not keyword.iskeyword(key)


def _one_line(text: str) -> str:
    first = text.strip().split("\n\n")[0].replace("\n", " ").replace("\\", "\\\\")
    return first if first.endswith((".", "…")) else f"{first}."


def references(schema: Any) -> Iterator[str]:  # noqa: ANN401 — any part of a schema
    """The components that a schema points to itself."""
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].rpartition("/")[2]
        for name, part in schema.items():
            if name not in ("example", "discriminator"):
                yield from references(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from references(part)


def names_in(source: str) -> set[str]:
    """Every word of a source but for its docstrings: what it may have to import."""
    return set(re.findall(r"\b[A-Za-z_]\w*\b", re.sub(r'""".*?"""', "", source, flags=re.DOTALL)))
