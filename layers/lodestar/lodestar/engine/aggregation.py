"""How many values become one: the meaning that the queries over records and the rollups must have.

A count over nothing is 0; every other method over nothing has no data, never 0.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from lodestar.domain.definitions import Rollup
from lodestar.domain.sources import AggregationMethod
from lodestar.domain.values import Failure, NoData, Value
from lodestar.engine.operations import CONTEXT, average, greatest, least, total

_STORED_STEP = Decimal("0.0001")
_STORED_END = Decimal("99999999999999.99995")
"""From here on a value rounds to 1e14, which NUMERIC(18,4) cannot hold."""

_REDUCTIONS: Mapping[AggregationMethod, Callable[..., Decimal]] = {
    AggregationMethod.SUM: total,
    AggregationMethod.AVERAGE: average,
    AggregationMethod.MIN: least,
    AggregationMethod.MAX: greatest,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One record: when it happened, and its number."""

    occurred_at: datetime
    value: Decimal


def aggregate(method: AggregationMethod, rows: Sequence[Row]) -> Value:
    """The value of the rows, not rounded. Of rows of one instant `latest` takes the last in the sequence."""
    values = [row.value for row in rows]
    if method is AggregationMethod.COUNT:
        return Decimal(len(values))
    if method is AggregationMethod.COUNT_DISTINCT:
        return Decimal(len(set(values)))
    if not rows:
        return NoData("no_rows")
    if method is AggregationMethod.LATEST:
        return max(reversed(rows), key=lambda row: row.occurred_at).value
    with localcontext(CONTEXT):
        return _REDUCTIONS[method](*values)


@dataclass(frozen=True, slots=True)
class Part:
    """One value that is rolled up: of a member of a team, or of a shorter period.

    `weight` is relative; `fraction` is the numerator and denominator that the value was made of, where known.
    """

    value: Decimal
    weight: Decimal = Decimal(1)
    fraction: tuple[Decimal, Decimal] | None = None


def roll_up(method: Rollup, parts: Sequence[Part]) -> Value:
    """The value of the whole, not rounded; the parts are those that have a value, the oldest first.

    No data: `no_values` without parts, `no_rollup` for a KPI that has none, `no_weight` if all weights are 0.
    A ratio is the sum of the numerators over that of the denominators: `not_supported` where a part has none.
    """
    if method is Rollup.NONE:
        return NoData("no_rollup")
    if not parts:
        return NoData("no_values")
    with localcontext(CONTEXT):
        match method:
            case Rollup.SUM:
                return total(*(part.value for part in parts))
            case Rollup.AVERAGE:
                return average(*(part.value for part in parts))
            case Rollup.WEIGHTED_AVERAGE:
                weighted = [(part.value * part.weight, part.weight) for part in parts]
                return _ratio(weighted, NoData("no_weight"))
            case Rollup.LAST:
                return parts[-1].value
            case Rollup.RATIO:
                fractions = [part.fraction for part in parts if part.fraction is not None]
                if len(fractions) < len(parts):
                    return NoData("not_supported")
                return _ratio(fractions, NoData("division_by_zero"))


def to_stored(value: Decimal) -> Value:
    """The value as NUMERIC(18,4) holds it: half-even to 4 decimals, `out_of_range` from 1e14."""
    if not value.is_finite() or value.copy_abs() >= _STORED_END:
        return Failure("out_of_range", "The value is too large to be kept: it has more than 14 digits.")
    return CONTEXT.add(CONTEXT.quantize(value, _STORED_STEP), 0)  # + 0: a database has no −0


def _ratio(fractions: Sequence[tuple[Decimal, Decimal]], undefined: NoData) -> Value:
    denominator = total(*(below for _, below in fractions))
    return total(*(above for above, _ in fractions)) / denominator if denominator else undefined
