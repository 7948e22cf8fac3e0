"""From JSON to what the types declare: dates, instants, enums. Written by hand; the types are made."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeAliasType, Union, get_args, get_origin, get_type_hints, is_typeddict


def decoded(value: object, kind: object) -> Any:  # noqa: ANN401 — what `kind` says
    """A JSON value as its type declares it: texts become dates, aware datetimes and members of enums.

    A server may be newer than its client. So whatever does not fit its type stays as it came: a word that
    an enum does not have, a field that a TypedDict does not have, a text that is no date, an instant
    without its offset.
    """
    options = list(_options(kind))
    if len(options) > 1:
        return _of_union(value, options)
    (kind,) = options
    if isinstance(value, str):
        return _text(value, kind)
    if isinstance(value, list) and get_origin(kind) is list:
        (item_kind,) = get_args(kind)
        return [decoded(item, item_kind) for item in value]
    if isinstance(value, dict):
        return _object(value, kind)
    return value


def _options(kind: object) -> Iterator[object]:
    """The types that a type may mean: those of a union, behind any alias."""
    if isinstance(kind, TypeAliasType):
        yield from _options(kind.__value__)
    elif isinstance(kind, UnionType) or get_origin(kind) is Union:
        for option in get_args(kind):
            yield from _options(option)
    else:
        yield kind


def _text(value: str, kind: object) -> object:
    """A text as a date, an instant or a word of an enum, if it is one."""
    try:
        if kind is date:
            return date.fromisoformat(value)
        if kind is datetime:
            instant = datetime.fromisoformat(value)
            return value if instant.tzinfo is None else instant
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return kind(value)
    except ValueError:
        return value
    return value


def _object(value: dict[str, Any], kind: object) -> dict[str, Any]:
    """A dict with its values decoded: each by its own type, or all by one."""
    if get_origin(kind) is dict:
        _, value_kind = get_args(kind)
        return {name: decoded(item, value_kind) for name, item in value.items()}
    if not is_typeddict(kind):
        return value
    kinds = _field_kinds(kind)
    return {name: decoded(item, kinds.get(name, Any)) for name, item in value.items()}


@cache
def _field_kinds(model: Any) -> Mapping[str, Any]:  # noqa: ANN401 — a TypedDict, which has no type of its own
    """The type of each field, without its NotRequired."""
    return get_type_hints(model)


def _of_union(value: object, options: list[object]) -> object:
    """By the first option that makes more of a text, or by the one that an object or a list fits."""
    if isinstance(value, str):
        readings = (_text(value, option) for option in options)
        return next((reading for reading in readings if type(reading) is not str), value)
    if isinstance(value, list):
        return decoded(value, next((option for option in options if get_origin(option) is list), Any))
    if isinstance(value, dict):
        maps = [option for option in options if get_origin(option) is dict]
        models = [option for option in options if is_typeddict(option) and _may_be(value, option)]
        # Of two that fit, the one that knows more of the fields; on a tie the first in the document's order.
        fitting = sorted(models, key=lambda model: -len(_field_kinds(model).keys() & value.keys()))
        return _object(value, next(iter([*fitting, *maps]), Any))
    return value


def _may_be(value: Mapping[str, Any], model: Any) -> bool:  # noqa: ANN401 — a TypedDict
    """Whether an object has all that the TypedDict requires, and its constants say the same."""
    if not model.__required_keys__ <= value.keys():
        return False
    return all(
        value[name] in get_args(kind)
        for name, kind in _field_kinds(model).items()
        if name in value and get_origin(kind) is Literal
    )
