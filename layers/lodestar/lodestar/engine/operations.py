"""What the operators and functions of formulas compute, on Decimals of 28 digits.

Every function here is strict (its operands are numbers already) and raises an `ArithmeticError` where there
is no number to give: `ZeroDivisionError`, `decimal.Overflow` or `decimal.InvalidOperation`.
"""

import operator
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, InvalidOperation, Overflow

CONTEXT = Context(
    prec=28,
    rounding=ROUND_HALF_EVEN,
    Emin=-999,
    Emax=999,  # far beyond any result, near enough that no power takes long
    traps=[DivisionByZero, InvalidOperation, Overflow],
)
MAX_EXPONENT = 100


def divide(dividend: Decimal, divisor: Decimal) -> Decimal:
    """The quotient; 0 / 0 is a division by zero too."""
    if not divisor:
        raise ZeroDivisionError
    return dividend / divisor


def remainder(dividend: Decimal, divisor: Decimal) -> Decimal:
    """What is left after whole divisions, with the sign of the dividend, as in SQL: −7 % 3 = −1."""
    if not divisor:
        raise ZeroDivisionError
    return dividend % divisor


def power(base: Decimal, exponent: Decimal) -> Decimal:
    """The base to an exponent of −100 to 100; a broken exponent needs a base that is not negative."""
    if abs(exponent) > MAX_EXPONENT:
        raise Overflow
    if not base and exponent < 0:
        raise ZeroDivisionError
    return base**exponent


def total(*values: Decimal) -> Decimal:
    """The sum, from the left."""
    return sum(values, Decimal())


def average(*values: Decimal) -> Decimal:
    """The mean."""
    return total(*values) / len(values)


def least(*values: Decimal) -> Decimal:
    """The smallest."""
    return min(values)


def greatest(*values: Decimal) -> Decimal:
    """The largest."""
    return max(values)


def step(places: Decimal = Decimal()) -> Decimal:
    """The distance between neighbours that have so many decimals: 0.01 for 2."""
    return Decimal(1).scaleb(-int(places))


def rounded(value: Decimal, places: Decimal = Decimal()) -> Decimal:
    """Half-even to so many decimals, as everything is rounded."""
    if value.adjusted() + places >= CONTEXT.prec - 1:
        return value  # its last digit stands before that place already, and more digits do not fit
    return value.quantize(step(places))


STRICT: dict[str, Callable[..., Decimal | bool]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divide,
    "%": remainder,
    "**": power,
    "negate": operator.neg,
    "not": operator.not_,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "min": least,
    "max": greatest,
    "sum": total,
    "avg": average,
    "abs": abs,
    "round": rounded,
}
"""Every operation that needs all of its operands. `if`, `coalesce`, `and` and `or` do not."""
