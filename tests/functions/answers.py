"""The recorded answers to the sample events, which the OpenAPI document shows as examples."""

import base64
import json
from collections.abc import Mapping
from typing import Any

from contract.examples import answer_file

LONGEST_LIST = 3
"""Rows of a list in an example: enough to show what a row is."""

ABRIDGED = "api/openapi/get"
"""The document as an example of itself is written by hand."""

type Shape = Any
"""A dict of shapes by field; a list with one shape, of all its elements; a type's name; None for whatever."""


def record(name: str, answer: Mapping[str, Any]) -> None:
    """Keep the answer to a sample event, where it is text."""
    told = _told(answer)
    if told is None or name == ABRIDGED:
        return
    file = answer_file(*name.split("/")[1:])
    file.parent.mkdir(parents=True, exist_ok=True)
    kept = _first_lines(told) if isinstance(told, str) else _shortened(told)
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def assert_example_fits(name: str, answer: Mapping[str, Any]) -> None:
    """The example has the fields of what is answered now; its values may differ."""
    told = _told(answer)
    if told is None or name == ABRIDGED:
        return
    file = answer_file(*name.split("/")[1:])
    assert file.is_file(), f"{name} has no example of its answer: run `make examples`."
    example = json.loads(file.read_text(encoding="utf-8"))
    found = difference(shape_of(example), shape_of(told))
    assert found is None, f"The example of {name} is not what it answers now: {found}. Run `make examples`."


def shape_of(value: Any) -> Shape:
    """The fields and kinds of a JSON value."""
    if isinstance(value, dict):
        return {name: shape_of(each) for name, each in value.items()}
    if isinstance(value, list):
        shape = None
        for each in value:
            shape = _together(shape, shape_of(each))
        return [shape]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return "number"
    return None if value is None else type(value).__name__


def _together(one: Shape, other: Shape) -> Shape:
    if isinstance(one, dict) and isinstance(other, dict):
        is_open = one.keys() != other.keys()  # rows of a view have the same fields: this is what was sent
        return None if is_open else {name: _together(one[name], other[name]) for name in one}
    return other if one is None else one


def difference(one: Shape, other: Shape, place: str = "") -> str | None:
    """Where two shapes differ; what is null on one side fits anything."""
    if one is None or other is None:
        return None
    if isinstance(one, dict) and isinstance(other, dict):
        if one.keys() != other.keys():
            return f"{place or 'the answer'} has {sorted(one.keys() ^ other.keys())} on one side only"
        found = (difference(one[name], other[name], f"{place}.{name}") for name in one)
        return next(filter(None, found), None)
    if isinstance(one, list) and isinstance(other, list):
        return difference(one[0], other[0], f"{place}[]")
    return None if one == other else f"{place} is {one} on one side and {other} on the other"


def _told(answer: Mapping[str, Any]) -> Any:
    """What an answer says: a JSON value, or the text of a CSV file; None where it is bytes."""
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    kind = str(headers["content-type"]).partition(";")[0]
    if kind == "application/json":
        return json.loads(answer["body"])
    return base64.b64decode(answer["body"]).decode("utf-8-sig") if kind == "text/csv" else None


def _first_lines(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[: LONGEST_LIST + 1])


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(each) for name, each in value.items()}
    return [_shortened(each) for each in value[:LONGEST_LIST]] if isinstance(value, list) else value
