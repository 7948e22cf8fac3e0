"""Interleaved rounds and their medians: what disturbs the machine disturbs both sides alike."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

type Arm = Callable[[], float]
"""Does the work once and says what it cost, in any unit that the arms of a comparison share."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table: a goal, what was measured, and whether it is reached."""

    row: str
    what: str
    goal: float
    measured: float
    unit: str = "×"

    @property
    def is_reached(self) -> bool:
        return self.measured <= self.goal

    def __str__(self) -> str:
        reached = "yes" if self.is_reached else "no"
        goal, measured = (f"{each:.3g} {self.unit}".strip() for each in (self.goal, self.measured))
        return f"| {self.row} | {self.what} | ≤ {goal} | {measured} | {reached} |"


def interleaved(rounds: int, arms: Mapping[str, Arm]) -> dict[str, list[float]]:
    """Each arm's cost in each round; a round runs every arm once, in turns forwards and backwards.

    Each arm runs once before it counts: that reads files, connects and imports.
    """
    for arm in arms.values():
        arm()
    costs: dict[str, list[float]] = {name: [] for name in arms}
    for number in range(rounds):
        names = list(arms) if number % 2 == 0 else list(reversed(arms))
        for name in names:
            costs[name].append(arms[name]())
    return costs


def ratio(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios of each round."""
    return median(our / their for our, their in zip(ours, theirs, strict=True))


def seconds(work: Callable[[], object]) -> float:
    """Wall time of a piece of work."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
