"""How values read in files of text."""

from decimal import ROUND_HALF_EVEN, Decimal

from lodestar.application.insight.tables import Quantity
from lodestar.domain.scoring import Status

_THIN = "\u00a0"  # between thousands, where no line may break


def in_words(value: Decimal | Status) -> str:
    """A number with all its digits and none behind the last one that counts; a status as words."""
    if isinstance(value, Status):
        return value.replace("_", " ")
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def shown(quantity: Quantity) -> str:
    """A number for reading: with its decimals, thousands apart, a true minus."""
    rounded = quantity.number.quantize(Decimal(1).scaleb(-quantity.decimals), ROUND_HALF_EVEN) + 0
    return f"{rounded:,f}".replace(",", _THIN).replace("-", "−")
