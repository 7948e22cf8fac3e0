"""Layer 4, time: the seconds that the queries of one definition may take together.

Promises that slow queries are at the cost of their own KPI. Made against a formula with seven inputs of 5 s
each, which took a worker's whole time from the others, and let a preview run into the end of its function.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

STATEMENT_SECONDS = 5.0
DEFINITION_SECONDS = 10.0
_LEAST = 0.01


@dataclass(slots=True)
class Budget:
    """What a definition may still spend in a batch or a preview, all its inputs and periods together."""

    seconds: float = DEFINITION_SECONDS
    statement: float = STATEMENT_SECONDS
    spent: float = 0.0

    @property
    def left(self) -> float:
        """Seconds until nothing more may run."""
        return max(self.seconds - self.spent, 0.0)

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may run."""
        return self.left < _LEAST

    def of_statement(self, *, is_search: bool) -> float:
        """How long the next statement may take; while a slow person is searched, it leaves the half."""
        return min(self.statement, self.left / 2 if is_search else self.left)

    @contextmanager
    def spending(self) -> Iterator[None]:
        """What is done inside is paid for, also when it fails."""
        start = monotonic()
        try:
            yield
        finally:
            self.spent += monotonic() - start
