"""JSON in which decimals are numbers to the last digit: no float ever stands between."""

from decimal import Decimal

import orjson


def to_json(value: object) -> str:
    """JSON text of plain values, dataclasses, dates and decimals."""
    return orjson.dumps(value, default=_exact, option=orjson.OPT_NON_STR_KEYS).decode()


def _exact(value: object) -> orjson.Fragment:
    if isinstance(value, Decimal):
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{type(value).__name__} has no JSON form")
