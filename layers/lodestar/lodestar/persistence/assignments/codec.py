"""The stored form of an assignment with its terms, and of a target."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from lodestar.domain.assignments import Assignment, Subject, Terms
from lodestar.domain.targets import DatedTarget, Target

ASSIGNMENT_WITH_TERMS = (
    "a.id, a.definition_id, a.user_id, a.team_id, t.start_date, t.end_date, t.weight, t.target_low, "
    "t.target_high, t.for_people"
)
"""The columns of an assignment `a` and of its terms `t` that `assignments_from` reads."""


def assignments_from(rows: Iterable[Mapping[str, Any]]) -> list[Assignment]:
    """The assignments of their rows: one for each of the terms, those of an assignment behind one another.

    One without terms has a row of its own.
    """
    return [_assignment(list(of_one)) for _, of_one in groupby(rows, key=lambda row: row["id"])]


def dated_target_from(row: Mapping[str, Any]) -> DatedTarget:
    """A target for a range of dates of its row."""
    target = Target(row["target_low"], row["target_high"])
    return DatedTarget(target, row["period_start"], row["period_end"], row["created_at"])


def terms_to_json(assignment_id: int, terms: Terms) -> dict[str, Any]:
    """The columns of terms."""
    target = terms.target
    return {
        "assignment_id": assignment_id,
        "start_date": terms.start_date,
        "end_date": terms.end_date,
        "weight": terms.weight,
        "target_low": None if target is None else target.low,
        "target_high": None if target is None else target.high,
        "for_people": terms.for_people,
    }


def _assignment(rows: list[Mapping[str, Any]]) -> Assignment:
    first = rows[0]
    # An assignment without terms has one row, with nothing in their columns.
    terms = tuple(_terms(row) for row in rows if row["start_date"] is not None)
    return Assignment(first["id"], first["definition_id"], Subject(first["user_id"], first["team_id"]), terms)


def _terms(row: Mapping[str, Any]) -> Terms:
    low = row["target_low"]
    return Terms(
        start_date=row["start_date"],
        end_date=row["end_date"],
        weight=row["weight"],
        target=None if low is None else Target(low, row["target_high"]),
        for_people=row["for_people"],
    )
