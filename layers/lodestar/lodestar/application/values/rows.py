"""Rows that come many in a call, each checked on its own: a bad one stops no good one."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from lodestar.application.values.shapes import OverruledRow, RowError, RowsView
from lodestar.wire.limits import MAX_DETAIL_CHARACTERS, MAX_FIELD_CHARACTERS, shortened
from lodestar.wire.sentences import sentence

MAX_ROWS_PER_CALL = 1000


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

    def in_turns(self, key: Callable[[Row], Hashable]) -> list[list[Row]]:
        """The rows in turns that hold each key once, as if its rows had come one after the other.

        No statement can write the same row twice. A row that says what the one before it says is left out;
        without rows there is one empty turn.
        """
        turns: list[list[Row]] = [[]]
        last: dict[Hashable, tuple[int, Row]] = {}
        for row in self.good.values():
            turn, before = last.get(key(row), (-1, None))
            if row == before:
                continue
            turn += 1
            last[key(row)] = turn, row
            if turn == len(turns):
                turns.append([])
            turns[turn].append(row)
        return turns

    def overruled(self, key: Callable[[Row], Hashable]) -> list[OverruledRow]:
        """The rows that a later one with the same key, which says something else, took the place of."""
        newest = {key(row): index for index, row in self.good.items()}
        return [
            OverruledRow(index=index, by=newest[key(row)])
            for index, row in self.good.items()
            if row != self.good[newest[key(row)]]
        ]

    def view(self, key: Callable[[Row], Hashable], turns: Iterable[Mapping[str, int]]) -> RowsView:
        """What to answer, by what each turn created and updated; every other good row changed nothing."""
        counts = list(turns)
        created = sum(turn["created"] for turn in counts)
        updated = sum(turn["updated"] for turn in counts)
        return RowsView(
            created=created,
            updated=updated,
            unchanged=len(self.good) - created - updated,
            overruled=self.overruled(key),
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
            # Its field may be one that nobody knows, by whatever name.
            field = ".".join(map(str, first["loc"]))[:MAX_FIELD_CHARACTERS] or whole
            error = shortened(sentence(first), MAX_DETAIL_CHARACTERS)
            errors.append(RowError(index=index, field=field, error=error))
    return Rows(good, errors)
