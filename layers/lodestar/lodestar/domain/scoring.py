"""Achievement and status of a measurement; the overall score is SQL: persistence/values/score_parts.py."""

from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum

from lodestar.domain.definitions import TargetType, Thresholds
from lodestar.domain.targets import Target

_NOTHING, _MET, MAX_ACHIEVEMENT = Decimal("0.00"), Decimal("100.00"), Decimal("999.99")
_CENT = Decimal("0.01")
CARRY_DAYS = 366
"""How far back `missing_data: carry` looks for a value."""


def achievement(actual: Decimal | None, target: Target | None, target_type: TargetType) -> Decimal | None:
    """How far the actual value meets the target, as shown: percent, 0 to 999.99, two decimals half-even.

    None without a value or a target. A target of 0 is met (100) or missed (0), with nothing between.
    """
    exact = exact_achievement(actual, target, target_type)
    return None if exact is None else exact.quantize(_CENT, ROUND_HALF_EVEN)


def exact_achievement(
    actual: Decimal | None, target: Target | None, target_type: TargetType
) -> Decimal | None:
    """The same before it is rounded, which decides: 99.996 % is shown as 100.00 and is a miss."""
    if actual is None or target is None:
        return None
    aim, gain = aim_and_gain(actual, target, target_type)
    if aim == 0:
        return _MET if gain >= 0 else _NOTHING
    return min(max(_MET + 100 * gain / abs(aim), _NOTHING), MAX_ACHIEVEMENT)


class Status(StrEnum):
    """What an achievement means, in the words of the definition's thresholds."""

    EXCEEDS = "exceeds"
    ON_TRACK = "on_track"
    NEEDS_ATTENTION = "needs_attention"
    CRITICAL = "critical"
    NO_TARGET = "no_target"
    NO_DATA = "no_data"


def status(achieved: Decimal | None, has_value: bool, has_target: bool, thresholds: Thresholds) -> Status:
    """The status of a measurement by its exact achievement; without value and target, no_data."""
    if not has_value:
        return Status.NO_DATA
    if achieved is None or not has_target:
        return Status.NO_TARGET
    if achieved >= thresholds.exceeds:
        return Status.EXCEEDS
    if achieved >= thresholds.on_track:
        return Status.ON_TRACK
    return Status.NEEDS_ATTENTION if achieved >= thresholds.needs_attention else Status.CRITICAL


def aim_and_gain(actual: Decimal, target: Target, target_type: TargetType) -> tuple[Decimal, Decimal]:
    """The value aimed at, and how much better (positive) or worse than that the actual one is.

    An exact target is a range of one value, so both share a rule: only the distance from the target counts.
    """
    match target_type:
        case TargetType.HIGHER_BETTER:
            return target.low, actual - target.low
        case TargetType.LOWER_BETTER:
            return target.high, target.high - actual
        case TargetType.EXACT | TargetType.RANGE:
            aim = target.nearest(actual)
            return aim, -abs(actual - aim)
