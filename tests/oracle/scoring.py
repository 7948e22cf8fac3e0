"""The overall score of a person, which persistence/values/score_parts.py computes in SQL."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from lodestar.domain.definitions import TargetType
from lodestar.domain.scoring import achievement
from lodestar.domain.targets import Target

_NOTHING = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Part:
    """What one active assignment brings to a score.

    `weight` is relative, 0 to 100. `counts_as_zero` says that a missing achievement is the score's business:
    the KPI has a target, no value, and `missing_data: zero`.
    """

    weight: Decimal
    achievement: Decimal | None
    counts_as_zero: bool = False

    @property
    def counted(self) -> Decimal | None:
        """The achievement (percent) that enters the score; None when the part stays out of it."""
        return _NOTHING if self.achievement is None and self.counts_as_zero else self.achievement


@dataclass(frozen=True, slots=True)
class Score:
    """An overall score (percent) and the percentage of all weight that it rests on, each with two decimals.

    None where there is no weight to divide by.
    """

    score: Decimal | None
    coverage: Decimal | None


def overall(parts: Iterable[Part], score_cap: Decimal | None = None) -> Score:
    """The weighted mean of the parts' achievements, each first held to the company's cap.

    A part that counts as 0 belongs to the coverage: the score rests on it.
    """
    total = measured = points = _NOTHING
    for part in parts:
        total += part.weight
        counted = part.counted
        if counted is not None:
            measured += part.weight
            points += part.weight * (counted if score_cap is None else min(counted, score_cap))
    return Score(_quotient(points, measured), _quotient(100 * measured, total))


def carried(past: Mapping[int, int], target: Target, target_type: TargetType) -> Decimal | None:
    """What `missing_data: carry` achieves: the latest of some values, by how many days ago each was.

    None where there is none within a year.
    """
    within_a_year = [back for back in past if back <= 366]
    if not within_a_year:
        return None
    return achievement(Decimal(past[min(within_a_year)]), target, target_type)


def _quotient(numerator: Decimal, denominator: Decimal) -> Decimal | None:
    return (numerator / denominator).quantize(Decimal("0.01"), ROUND_HALF_EVEN) if denominator else None
