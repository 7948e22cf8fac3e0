"""The stored form of an assignment and its target."""

from collections.abc import Mapping
from typing import Any

from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.targets import DatedTarget, Target

COLUMNS = (
    "a.id, a.definition_id, a.subject_type, a.user_id, a.team_id, a.weight, a.target_low, a.target_high, "
    "a.start_date, a.end_date, a.is_active"
)
"""The columns of an assignment `a` that `assignment_from` reads."""


def assignment_from(row: Mapping[str, Any]) -> Assignment:
    """An assignment of its row."""
    low, high = row["target_low"], row["target_high"]
    return Assignment(
        id=row["id"],
        definition_id=row["definition_id"],
        subject_type=SubjectType(row["subject_type"]),
        user_id=row["user_id"],
        team_id=row["team_id"],
        weight=row["weight"],
        target=None if low is None else Target(low, high),
        start_date=row["start_date"],
        end_date=row["end_date"],
        is_active=row["is_active"],
    )


def dated_target_from(row: Mapping[str, Any]) -> DatedTarget:
    """A target for a range of dates of its row."""
    target = Target(row["target_low"], row["target_high"])
    return DatedTarget(target, row["period_start"], row["period_end"], row["created_at"])


def changeable_columns(assignment: Assignment) -> dict[str, Any]:
    """The columns of an assignment that may change once it is there."""
    target = assignment.target
    return {
        "weight": assignment.weight,
        "target_low": None if target is None else target.low,
        "target_high": None if target is None else target.high,
        "end_date": assignment.end_date,
        "is_active": assignment.is_active,
    }
