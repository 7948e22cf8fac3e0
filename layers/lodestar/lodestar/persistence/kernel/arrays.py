"""Many values as one parameter."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

ROWS_PER_STATEMENT = 25_000
"""A write of more rows is cut into statements of so many: each takes a second, and the transaction is one."""


def array(values: Sequence[object]) -> str:
    """A Postgres array literal of one kind: numbers, or dates, instants and plain words; None is NULL.

    One text parameter that the server casts is several times cheaper than an array of parameters.
    """
    sample = next((value for value in values if value is not None), None)
    if isinstance(sample, _NUMBERS):
        return "{" + ",".join(map(str, values)).replace("None", "NULL") + "}"
    return "{" + ",".join(["NULL" if value is None else _quoted(value) for value in values]) + "}"


_NUMBERS = (int, Decimal)


# Of thousands of rows, the same few dates and words: writing each once halves the cost of an array.
@lru_cache(maxsize=1024)
def _quoted(value: object) -> str:
    if isinstance(value, date):
        return f'"{value.isoformat()}"'
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
