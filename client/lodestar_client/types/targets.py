"""Types: targets. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from enum import StrEnum
from typing import NotRequired, TypedDict

from lodestar_client.types.shared import TargetBody, TargetValue


class BulkTarget(TypedDict):
    """The value that one person has to reach."""

    notes: NotRequired[str]
    target_value: TargetBody
    user_id: int


class BulkTargetDraft(TypedDict):
    """Targets of one KPI for the same inclusive dates."""

    dry_run: NotRequired[bool]
    kpi_definition_id: int
    period_end: dt.date
    period_start: dt.date
    replace: NotRequired[bool]
    restate: NotRequired[bool]
    targets: list[BulkTarget]


class TargetOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    ERROR = "error"


class BulkTargetRow(TypedDict):
    """What became of one person's target; `code` and `error` tell why it was not set."""

    assignment_id: NotRequired[int | None]
    code: NotRequired[str | None]
    error: NotRequired[str | None]
    outcome: TargetOutcome
    target_id: NotRequired[int | None]
    user_id: int


class BulkTargetView(TypedDict):
    """What became of every row, in the order sent."""

    closed_periods_with_another_target: int
    created: int
    dry_run: bool
    errors: int
    follow_up_run_id: int | None
    results: list[BulkTargetRow]
    run_id: int | None
    unchanged: int
    updated: int


class CompanyTargetChange(TypedDict):
    """What to change of a target; what is left out stays. Its dates stay: delete it, and set another one."""

    notes: NotRequired[str | None]
    restate: NotRequired[bool]
    target_value: NotRequired[TargetBody | None]


class CompanyTargetDraft(TypedDict):
    """A target for a range of dates, both inclusive: it counts for every period whose last day lies inside."""

    notes: NotRequired[str]
    period_end: dt.date
    period_start: dt.date
    restate: NotRequired[bool]
    target_value: TargetBody


class CompanyTargetView(TypedDict):
    """A target of the company for a range of dates."""

    created_at: dt.datetime
    created_by: int | None
    id: int
    kpi_id: int
    notes: str
    period_end: dt.date
    period_start: dt.date
    target_value: TargetValue


class CompanyTargetList(TypedDict):
    """One page of targets."""

    next_cursor: str | None
    targets: list[CompanyTargetView]


class SetTargetView(TypedDict):
    """A target that was set, changed or deleted, and what that does to what is measured."""

    closed_periods_with_another_target: int
    created_at: dt.datetime
    created_by: int | None
    follow_up_run_id: int | None
    id: int
    kpi_id: int
    notes: str
    period_end: dt.date
    period_start: dt.date
    run_id: int | None
    target_value: TargetValue
