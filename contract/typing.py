"""Python types of the document's schemas, as source text for the client."""

import keyword
import re
from collections.abc import Iterator, Mapping
from typing import Any

type Schema = Mapping[str, Any]

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
    return _SCALARS.get(str(kind), "Any")


def _value_type(schema: Schema) -> str:
    values = [*schema.get("patternProperties", {}).values()] or [schema.get("additionalProperties")]
    return type_of(values[0]) if isinstance(values[0], dict) else "Any"


def definition_of(name: str, schema: Schema) -> str:
    """The source of one component: a TypedDict, or an alias for whatever is no object with fields."""
    described = schema.get("description", f"See {name} in the document.")
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
        for name, each in schema.items():
            if name not in ("example", "discriminator"):
                yield from references(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from references(each)


def names_in(source: str) -> set[str]:
    """Every word of a source but for its docstrings: what it may have to import."""
    return set(re.findall(r"\b[A-Za-z_]\w*\b", re.sub(r'""".*?"""', "", source, flags=re.DOTALL)))
