"""How an achievement comes about, as one sentence with its numbers put in."""

from decimal import Decimal

from lodestar.domain.definitions import TargetType
from lodestar.domain.scoring import MAX_ACHIEVEMENT, achievement, aim_and_gain
from lodestar.domain.targets import Target


def achievement_in_words(actual: Decimal | None, target: Target | None, target_type: TargetType) -> str:
    """The formula of achievement with its numbers: `100 + 100 × (11 − 10) / |10| = 110 %`."""
    if actual is None:
        return "There is no value, so there is no achievement."
    if target is None:
        return "There is no target, so there is no achievement."
    achieved = achievement(actual, target, target_type)
    assert achieved is not None  # noqa: S101 — there is a value and a target
    aim, gain = aim_and_gain(actual, target, target_type)
    percent = _plain(achieved)
    if target_type is TargetType.RANGE and gain == 0:
        return f"{_plain(actual)} lies in the target of {_plain(target.low)} to {_plain(target.high)}: 100 %"
    if aim == 0:
        return f"{_plain(actual)} {'meets' if gain >= 0 else 'misses'} a target of 0: {percent} %"
    held = (
        " (held between 0 % and 999.99 %)" if not 0 <= 100 + 100 * gain / abs(aim) <= MAX_ACHIEVEMENT else ""
    )
    return f"{_deviation(actual, aim, target_type)} = {percent} %{held}"


def _deviation(actual: Decimal, aim: Decimal, target_type: TargetType) -> str:
    apart = f"{_plain(actual)} − {_bracketed(aim)}"
    match target_type:
        case TargetType.HIGHER_BETTER:
            return f"100 + 100 × ({apart}) / |{_plain(aim)}|"
        case TargetType.LOWER_BETTER:
            return f"100 − 100 × ({apart}) / |{_plain(aim)}|"
        case TargetType.EXACT | TargetType.RANGE:
            return f"100 − 100 × |{apart}| / |{_plain(aim)}|"


def _plain(number: Decimal) -> str:
    """Without zeros behind the last decimal, and with a true minus."""
    text = format(number, "f")
    short = text.rstrip("0").rstrip(".") if "." in text else text
    return short.replace("-", "−")


def _bracketed(number: Decimal) -> str:
    return f"({_plain(number)})" if number < 0 else _plain(number)
