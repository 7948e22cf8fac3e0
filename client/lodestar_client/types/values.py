"""Types: values. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from enum import StrEnum
from typing import NotRequired, TypedDict

from lodestar_client.core import Number
from lodestar_client.types.enums import Status
from lodestar_client.types.shared import TargetValue


class ImportOutcome(StrEnum):
    """What becomes of a row."""

    CREATED = "created"
    CORRECTED = "corrected"
    UNCHANGED = "unchanged"
    ERROR = "error"


class ImportedValue(TypedDict):
    """A value with the target that it is held against; of long notes, the beginning."""

    achievement_percentage: Number | None
    notes: str
    status: Status
    target_value: TargetValue | None
    value: Number | None


class ImportRowView(TypedDict):
    """What becomes of a row: the value before and after, or in which field it fails and why."""

    after: NotRequired[ImportedValue | None]
    before: NotRequired[ImportedValue | None]
    code: NotRequired[str | None]
    error: NotRequired[str | None]
    field: NotRequired[str | None]
    kpi: str
    line: int
    outcome: ImportOutcome
    period_end: dt.date | None
    period_start: dt.date | None
    user: str


class ImportView(TypedDict):
    """What becomes of the rows, in the order of the file; the counts are of all."""

    corrected: int
    created: int
    dry_run: bool
    errors: int
    rows: list[ImportRowView]
    run_ids: list[int]
    unchanged: int
