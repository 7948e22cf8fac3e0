"""Types: assignments. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from enum import StrEnum
from typing import NotRequired, TypedDict

from lodestar_client.core import Number
from lodestar_client.types.shared import TargetBody


class BulkAssignmentDraft(TypedDict):
    """A KPI for many: for the people of `user_ids`, or for the active members of a team."""

    end_date: NotRequired[dt.date | None]
    kpi_definition_id: int
    renew: NotRequired[bool]
    start_date: dt.date
    target_value: NotRequired[TargetBody | None]
    team_id: NotRequired[int | None]
    user_ids: NotRequired[list[int] | None]
    weight: NotRequired[Number]


class BulkOutcome(StrEnum):
    """What became of a row."""

    CREATED = "created"
    RENEWED = "renewed"
    UNCHANGED = "unchanged"
    ERROR = "error"


class BulkAssignmentRow(TypedDict):
    """What became of one person; `code` and `error` tell why there is no assignment."""

    assignment_id: NotRequired[int | None]
    code: NotRequired[str | None]
    error: NotRequired[str | None]
    outcome: BulkOutcome
    user_id: int


class BulkAssignmentView(TypedDict):
    """What became of everybody, in the order asked; `run_id` calculates the closed periods touched."""

    created: int
    errors: int
    renewed: int
    results: list[BulkAssignmentRow]
    run_id: NotRequired[int | None]
    unchanged: int
