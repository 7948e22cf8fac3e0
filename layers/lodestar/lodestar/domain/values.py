"""What a calculation gives: a number, or the reason why there is none. Absence is never 0 or a bare None."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class NoData:
    """There is no value, and that is no fault: `division_by_zero`, `no_rows`, `missing_input`, …"""

    reason: str


@dataclass(frozen=True, slots=True)
class Failure:
    """The calculation failed: a stable snake_case reason and a sentence without data in it."""

    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Nothing was calculated on purpose: `awaiting_entry`, `no_external_id`, …"""

    reason: str


type Value = Decimal | NoData | Failure | Skipped
