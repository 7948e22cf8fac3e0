"""JSON Schemas of the models, as the document shows them: short, exact, and no stricter than the code."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import (
    AfterValidatorFunctionSchema,
    DecimalSchema,
    DictSchema,
    StringSchema,
)

from lodestar.wire.exact_json import to_json
from lodestar.wire.fields import PLAIN, PLAIN_NOT_BLANK, plain_text

type Schema = dict[str, Any]
NOT_BLANK = r"\S"
REF = "#/components/schemas/{model}"
_PLAIN = {"default", "examples", "const", "enum"}
_LIMITS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}


class Exact(GenerateJsonSchema):
    """Pydantic's generator with decimals as the JSON numbers that the API takes: limits, digits, no text."""

    def decimal_schema(self, schema: DecimalSchema) -> JsonSchemaValue:
        """A number with its limits; `decimal_places` is the step, `max_digits` the magnitude."""
        limits: dict[str, Any] = schema  # type: ignore[assignment]  # read by name
        found: Schema = {"type": "number"}
        found |= {name: plain_number(limits[key]) for key, name in _LIMITS.items() if key in limits}
        places = limits.get("decimal_places")
        if places is not None:
            found["multipleOf"] = plain_number(Decimal(1).scaleb(-places))
        if "max_digits" in limits and "maximum" not in found:
            whole = 10 ** (limits["max_digits"] - (places or 0))
            found |= {"exclusiveMaximum": whole} | (
                {} if "minimum" in found else {"exclusiveMinimum": -whole}
            )
        return found

    def str_schema(self, schema: StringSchema) -> JsonSchemaValue:
        """A text; one that must not be empty must not be blank either, for bodies are stripped."""
        found = super().str_schema(schema)
        return found | ({"pattern": NOT_BLANK} if found.get("minLength") and "pattern" not in found else {})

    def function_after_schema(self, schema: AfterValidatorFunctionSchema) -> JsonSchemaValue:
        """What a text may hold, where that is checked by a function."""
        found = super().function_after_schema(schema)
        if schema["function"]["function"] is plain_text:
            found["pattern"] = PLAIN_NOT_BLANK if found.get("minLength") else PLAIN
        return found

    def dict_schema(self, schema: DictSchema) -> JsonSchemaValue:
        """An object; where its names have a pattern, it has no other ones."""
        found = super().dict_schema(schema)
        return found | ({"additionalProperties": False} if "patternProperties" in found else {})

    def encode_default(self, dft: Any) -> Any:  # noqa: ANN401 — a default of any type
        """A default as the API would write it."""
        plain = dft.model_dump() if hasattr(dft, "model_dump") else dft
        return json.loads(to_json(plain))


def plain_number(value: object) -> int | float:
    """A limit as JSON shows it best: 100, not 100.0."""
    number = Decimal(str(value))
    return int(number) if number == number.to_integral_value() else float(number)


def schemas_of(types: Mapping[str, Any]) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """The schema of each named type, and the components that they point to."""
    inputs: Sequence[Any] = [(name, "validation", TypeAdapter(kind)) for name, kind in types.items()]
    found, shared = TypeAdapter.json_schemas(inputs, ref_template=REF, schema_generator=Exact)
    components: dict[str, Schema] = {}
    for name, schema in shared.get("$defs", {}).items():
        components[name] = {key: _tidy(part, components) for key, part in schema.items() if key != "title"}
    return {name: _tidy(schema, components) for (name, _), schema in found.items()}, components


def _tidy(schema: Any, components: dict[str, Schema]) -> Any:  # noqa: ANN401 — any part of a schema
    """Without the titles that only repeat a name; a model that stands inside another is named instead."""
    if isinstance(schema, list):
        return [_tidy(part, components) for part in schema]
    if not isinstance(schema, dict):
        return schema
    title = schema.get("title")
    tidied = {
        name: part if name in _PLAIN else _tidy(part, components)
        for name, part in schema.items()
        if not (name == "title" and isinstance(part, str))
    }
    if isinstance(title, str) and "properties" in schema:
        components[title] = tidied
        return {"$ref": REF.format(model=title)}
    return tidied


def without_null(schema: Schema) -> Schema:
    """The schema of a query parameter, which is left out instead of being null."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    others = {name: value for name, value in schema.items() if name != "anyOf"}
    if "default" in others and others["default"] is None:
        del others["default"]
    if not options:
        return others
    return {**options[0], **others} if len(options) == 1 else {"anyOf": options, **others}
