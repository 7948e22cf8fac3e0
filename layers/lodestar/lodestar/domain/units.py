"""The algebra of units that checks a formula when it is saved.

Plain numbers (literals, ratios, KPIs in `number` or `score`) go with everything. A sum keeps its unit. A
product or quotient with a plain number, a count or a percentage keeps the other side's unit; like by like
gives a plain number. What has no name here (money per hour) is `COMPOUND`: nothing about it is refused.
"""

from enum import Enum

from lodestar.domain.definitions import Unit
from lodestar.domain.refusals import InvalidContent


class Compound(Enum):
    """The unit of a product or quotient that has no name of its own."""

    COMPOUND = "compound"


COMPOUND = Compound.COMPOUND

type UnitOf = Unit | Compound

_TIMES = {Unit.MINUTES, Unit.HOURS, Unit.DAYS}
_SCALARS = (Unit.NUMBER, Unit.PERCENT, Unit.COUNT)  # each scales those after it, and all other units
_WORDS: dict[UnitOf, str] = {
    Unit.COUNT: "a count",
    Unit.CURRENCY: "an amount of money",
    Unit.PERCENT: "a percentage",
    Unit.MINUTES: "minutes",
    Unit.HOURS: "hours",
    Unit.DAYS: "days",
}


class UnitMismatch(InvalidContent):
    """Two units that cannot be joined; the message says which (422)."""

    code = "unit_mismatch"


def add(left: UnitOf, right: UnitOf, verb: str = "added to") -> UnitOf:
    """The unit of a sum, or of anything else that asks for like units: `verb` may be "compared with".

    Raises:
        UnitMismatch: the two are different things, or times that need converting first.
    """
    left, right = _plain(left), _plain(right)
    if COMPOUND in (left, right):
        return COMPOUND
    if left is right or right is Unit.NUMBER:
        return left
    if left is Unit.NUMBER:
        return right
    raise UnitMismatch(_refusal(left, right, verb))


def multiply(left: UnitOf, right: UnitOf) -> UnitOf:
    """The unit of a product: 12 cases × 3 hours is hours; hours × hours has no name."""
    left, right = _plain(left), _plain(right)
    if COMPOUND in (left, right):
        return COMPOUND
    for scalar in _SCALARS:
        if left is scalar:
            return right
        if right is scalar:
            return left
    return COMPOUND


def divide(left: UnitOf, right: UnitOf) -> UnitOf:
    """The unit of a quotient: hours ÷ hours is a plain number, money ÷ count stays money."""
    left, right = _plain(left), _plain(right)
    if COMPOUND in (left, right):
        return COMPOUND
    if left is right:
        return Unit.NUMBER
    return left if right in _SCALARS else COMPOUND


def _plain(unit: UnitOf) -> UnitOf:
    return Unit.NUMBER if unit is Unit.SCORE else unit


def _refusal(left: UnitOf, right: UnitOf, verb: str) -> str:
    first, second = _WORDS[left], _WORDS[right]
    remedy = ": convert one of them first." if {left, right} <= _TIMES else "."
    return f"{first.capitalize()} cannot be {verb} {second}{remedy}"
