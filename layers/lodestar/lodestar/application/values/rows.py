"""Rows that come many in a call, each checked on its own: a bad one stops no good one."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from lodestar.application.values.shapes import RowError, RowsView
from lodestar.wire.sentences import sentence

MAX_ROWS_PER_CALL = 1000
MAX_FIELD_CHARACTERS = 100
"""How much of a field's name an error repeats: it may be one that nobody knows."""


@dataclass(frozen=True, slots=True)
class Rows[Row]:
    """The good rows and what is wrong with the others, each by its place in the call."""

    good: Mapping[int, Row]
    errors: Sequence[RowError] = ()

    def without(self, errors: Iterable[RowError]) -> "Rows[Row]":
        """These rows, but for those that have since been found bad."""
        more = list(errors)
        bad = {error.index for error in more}
        good = {index: row for index, row in self.good.items() if index not in bad}
        return Rows(good, [*self.errors, *more])

    def newest(self, key: Callable[[Row], Hashable]) -> list[Row]:
        """One row for each key: the last one of the call, as if they had come one after the other.

        No statement can write the same row twice, so the earlier ones have to go.
        """
        return list({key(row): row for row in self.good.values()}.values())

    def view(self, counts: Mapping[str, int]) -> RowsView:
        """What to answer, by how many were created and updated; every other good one changed nothing."""
        created, updated = counts["created"], counts["updated"]
        return RowsView(
            created=created,
            updated=updated,
            unchanged=len(self.good) - created - updated,
            errors=sorted(self.errors, key=lambda error: error.index),
        )


def checked_rows[Row: BaseModel](
    model: type[Row], raw_rows: Iterable[tuple[int, Any]], whole: str = "row"
) -> Rows[Row]:
    """Validate each (place, raw row) against `model`; of a bad one, the first thing that is wrong.

    What is wrong with all of a row, and not with one field, is reported under the name `whole`.
    """
    good: dict[int, Row] = {}
    errors: list[RowError] = []
    for index, raw in raw_rows:
        try:
            good[index] = model.model_validate(raw)
        except ValidationError as refused:
            first = refused.errors(include_url=False)[0]
            field = ".".join(str(step) for step in first["loc"])[:MAX_FIELD_CHARACTERS] or whole
            errors.append(RowError(index=index, field=field, error=sentence(first)))
    return Rows(good, errors)
