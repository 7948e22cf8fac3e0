"""Fields that take the JSON type they are declared with: no "5" for 5, no 1 for true, no 0 for 1970-01-01."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import BeforeValidator, GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

type Rule = tuple[Callable[[Any], bool], str]
"""What is let through to pydantic's own parsing, and what to send instead."""

_UNTOUCHED = {"metadata", "serialization", "default", "config", "keys_schema"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)?", re.ASCII)
_WHOLE = re.compile(r"-?\d+", re.ASCII)
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def _is_whole(value: object) -> bool:
    """5 and 5.0 are the same JSON number."""
    is_integral = isinstance(value, Decimal) and value == value.to_integral_value()
    return is_integral or (isinstance(value, int) and not isinstance(value, bool))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


def _is_day(value: object) -> bool:
    return isinstance(value, date) or _fits(_DAY, value)


def _is_instant(value: object) -> bool:
    return isinstance(value, datetime) or _fits(_INSTANT, value)


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


_DATES: Mapping[str, Rule] = {
    "date": (_is_day, "Input should be a date, such as 2026-03-02"),
    "datetime": (_is_instant, "Input should be an instant with its timezone, such as 2026-03-02T09:00:00Z"),
}
IN_JSON: Mapping[str, Rule] = {
    **_DATES,
    "int": (_is_whole, "Input should be a whole number, such as 5"),
    "decimal": (_is_number, "Input should be a number, such as 12.5"),
    "bool": (_is_bool, "Input should be true or false"),
}
"""By pydantic's name of a type: what a JSON body may hold for it."""
IN_A_QUERY: Mapping[str, Rule] = {
    **_DATES,
    "int": (
        lambda value: _is_whole(value) or _fits(_WHOLE, value),
        "Input should be a valid integer, such as 5",
    ),
    "decimal": (
        lambda value: _is_number(value) or _fits(_NUMBER, value),
        "Input should be a number, such as 12.5",
    ),
    "bool": (
        lambda value: _is_bool(value) or value in ("true", "false"),
        "Input should be true or false",
    ),
}
"""As IN_JSON, for the texts of a query string."""


def exacting(rules: Mapping[str, Rule], source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 — a class
    """The schema of a model class, each of whose fields takes only what the rules let through."""
    schema = handler(source)
    model: Any = handler.resolve_ref_schema(schema)
    while model["type"] != "model":  # inside the validators of the whole model
        model = model["schema"]
    model["schema"] = _guarded(model["schema"], rules)
    return schema


def _guarded(node: Any, rules: Mapping[str, Rule]) -> Any:  # noqa: ANN401 — any part of a schema
    if isinstance(node, list | tuple):
        return type(node)(_guarded(inner, rules) for inner in node)
    if not isinstance(node, dict) or node.get("type") == "model":  # a model inside has guarded itself
        return node
    found = {name: inner if name in _UNTOUCHED else _guarded(inner, rules) for name, inner in node.items()}
    rule = rules.get(str(node.get("type")))
    return found if rule is None else core_schema.no_info_before_validator_function(_check(*rule), found)


def _check(is_right: Callable[[Any], bool], advice: str) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:  # noqa: ANN401 — whatever the client sent
        if not is_right(value):
            raise PydanticCustomError("json_type", advice)
        return value

    return checked


DAY = BeforeValidator(_check(*IN_A_QUERY["date"]))
"""For a date that is a parameter by itself."""
SWITCH = BeforeValidator(_check(*IN_A_QUERY["bool"]))
"""For a switch that is a parameter by itself."""
WHOLE = BeforeValidator(_check(*IN_A_QUERY["int"]))
"""For an integer that is a parameter by itself."""
