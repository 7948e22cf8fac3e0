"""JSON in which decimals are numbers to the last digit: no float ever stands between."""

from decimal import Decimal

import orjson
from pydantic import BaseModel


def to_json(value: object) -> str:
    """JSON text of plain values, dataclasses, views, dates and decimals."""
    return orjson.dumps(value, default=_exact, option=orjson.OPT_NON_STR_KEYS).decode()


def _exact(value: object) -> orjson.Fragment | dict[str, object]:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    if isinstance(value, BaseModel):
        return dict(value)  # its own dump would make floats of the decimals
    raise TypeError(f"{type(value).__name__} has no JSON form")
