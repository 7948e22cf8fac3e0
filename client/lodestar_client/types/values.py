"""Types: values. Made from the OpenAPI document by `make openapi`: change that, not this."""

from typing import Literal, NotRequired, TypedDict

from lodestar_client.core import Number
from lodestar_client.types.shared import TargetRangeView

type ImportOutcome = Literal["created", "corrected", "unchanged", "error"]
"""What becomes of a row."""


class ImportedValue(TypedDict):
    """A value with the target that it is held against; of long notes, the beginning."""

    achievement_percentage: Number | None
    notes: str
    status: str
    target_value: Number | TargetRangeView | None
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
    period_end: str | None
    period_start: str | None
    user: str


class ImportView(TypedDict):
    """What becomes of every row, in the order of the file."""

    corrected: int
    created: int
    dry_run: bool
    errors: int
    rows: list[ImportRowView]
    unchanged: int
