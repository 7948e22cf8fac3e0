"""The bodies and answers of this room."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from lodestar.application.assignments.targets import TargetBody, TargetValue
from lodestar.domain.assignments import SubjectType
from lodestar.wire.bodies import Body, View
from lodestar.wire.fields import Id, Number, Text, Weight


class CompanyTargetDraft(Body):
    """A target for a range of dates, both inclusive: it counts for every period that lies inside."""

    target_value: TargetBody
    period_start: date
    period_end: date
    notes: Text = ""


class CompanyTargetView(View):
    """A target of the company for a range of dates."""

    id: int
    kpi_id: int
    target_value: TargetValue
    period_start: date
    period_end: date
    notes: str
    created_by: int | None
    created_at: datetime


class CompanyTargetList(View):
    """One page of targets."""

    targets: list[CompanyTargetView]
    next_cursor: str | None


class AssignmentDraft(Body):
    """A KPI for a user. Dates are inclusive."""

    kpi_definition_id: Id
    target_value: TargetBody | None = None
    weight: Weight = Decimal(1)
    start_date: date
    end_date: date | None = None


class GroupAssignmentDraft(Body):
    """A KPI for a team, or without `team_id` for the company itself. Dates are inclusive."""

    team_id: Id | None = None
    target_value: TargetBody | None = None
    weight: Weight = Decimal(1)
    start_date: date
    end_date: date | None = None


class AssignmentChange(Body):
    """What to change; a field that is left out stays as it is."""

    target_value: TargetBody | None = None
    weight: Weight | None = None
    end_date: date | None = None
    is_active: bool | None = None


class AssignmentView(View):
    """An assignment."""

    id: int
    kpi_definition_id: int
    subject_type: SubjectType
    user_id: int | None
    team_id: int | None
    target_value: TargetValue | None
    weight: Number
    start_date: date
    end_date: date | None
    is_active: bool
    version: int


class BulkOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UNCHANGED = "unchanged"
    ERROR = "error"


class BulkAssignmentRow(View):
    """What became of one person; `code` and `error` tell why there is no assignment."""

    user_id: int
    outcome: BulkOutcome
    assignment_id: int | None = None
    code: str | None = None
    error: str | None = None


class BulkAssignmentView(View):
    """What became of everybody, in the order asked."""

    created: int
    unchanged: int
    errors: int
    results: list[BulkAssignmentRow]


class BulkTarget(Body):
    """The value that one person has to reach."""

    user_id: Id
    target_value: TargetBody
    notes: Text = ""


class BulkTargetDraft(Body):
    """Targets of one KPI for the same inclusive dates.

    `replace` lets another value take the place of a target for just these dates; without it such a row is
    refused.
    """

    kpi_definition_id: Id
    period_start: date
    period_end: date
    targets: Annotated[list[BulkTarget], Field(min_length=1)]
    replace: bool = False


class TargetOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    ERROR = "error"


class BulkTargetRow(View):
    """What became of one person's target; `code` and `error` tell why it was not set."""

    user_id: int
    outcome: TargetOutcome
    target_id: int | None = None
    assignment_id: int | None = None
    code: str | None = None
    error: str | None = None


class BulkTargetView(View):
    """What became of every row, in the order sent."""

    created: int
    updated: int
    unchanged: int
    errors: int
    results: list[BulkTargetRow]


class BulkAssignmentDraft(AssignmentDraft):
    """A KPI for many: for the people of `user_ids`, or for the active members of a team."""

    user_ids: Annotated[list[Id], Field(min_length=1)] | None = None
    team_id: Id | None = None
