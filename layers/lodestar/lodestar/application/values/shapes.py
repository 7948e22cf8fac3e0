"""The bodies and answers of this room."""

from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from lodestar.application.assignments.targets import TargetValue
from lodestar.domain.measurements import MeasurementState
from lodestar.domain.scoring import Status
from lodestar.wire.bodies import Body, ShownAs, View
from lodestar.wire.exact_json import to_json
from lodestar.wire.fields import Id, Instant, Name, Number, Text, Value

MAX_META_DATA_BYTES = 4096
"""Bytes of JSON that may go with a value."""


def _require_storable(meta_data: dict[str, Any]) -> dict[str, Any]:
    """The same; ValueError for what the database cannot store: NUL, or one half of a surrogate pair."""
    rule = (
        f"must be at most {MAX_META_DATA_BYTES} bytes of JSON, without NUL, half characters or deep nesting"
    )
    try:
        text = to_json(meta_data)
    except TypeError as error:
        raise ValueError(rule) from error
    if len(text.encode()) > MAX_META_DATA_BYTES or "\\u0000" in text:
        raise ValueError(rule)
    return meta_data


class GroupValue(Body):
    """A value of a manual KPI for the period that holds a date: a team's own, or the company's without one.

    `meta_data` is stored as it is; a correction without it, or without notes, leaves what is there.
    """

    value: Value
    period_date: date
    team_id: Id | None = None
    meta_data: Annotated[dict[str, Any], AfterValidator(_require_storable)] | None = None
    notes: Text | None = None


class GroupValueView(View):
    """A value of a team, or of the company where `team_id` is null; `progress` is the achievement in percent.

    `run_id` is the run over all that is made of the value; null where nothing is.
    """

    kpi_id: int
    team_id: int | None
    period_start: date
    period_end: date
    value: Number
    target: TargetValue | None
    progress: Number | None
    status: Status
    state: MeasurementState
    meta_data: dict[str, Any]
    notes: str
    run_id: int | None


class RecordBody(Body):
    """One raw fact. The same `source` and `external_id` again updates it."""

    source: Name
    external_id: Name
    occurred_at: Instant
    user_id: Id | None = None
    value: Value | None = None
    attributes: dict[str, Any] = Field(default_factory=dict)


class RecordBatch(Body):
    """Records as they come; each is checked on its own, so that a bad one does not stop the good ones."""

    checked_by_row = frozenset({"records"})

    records: Annotated[list[Annotated[Any, ShownAs(RecordBody)]], Field(min_length=1)]


class EnteredValue(Body):
    """A value for one period of a manual KPI; the two dates are inclusive.

    A correction without notes leaves what is there.
    """

    actual_value: Value
    period_start: date
    period_end: date
    notes: Text | None = None


class MeasurementView(View):
    """A measurement. `covered_days` are the days on which the KPI was assigned.

    `is_partial`: they are less than half of the period, so that it counts in no score and raises no alert.
    `run_id` is the run over all that is made of the value; null where nothing is.
    """

    id: int
    period_start: date
    period_end: date
    actual_value: Number | None
    target_value: TargetValue | None
    achievement_percentage: Number | None
    status: Status
    state: MeasurementState
    notes: str
    weight: Number
    covered_days: int
    is_partial: bool
    run_id: int | None


class RowError(View):
    """Why one row was left out."""

    index: int
    field: str
    error: str


class OverruledRow(View):
    """A row that was written, and then changed by a later row of the same call (`by`) that has its id."""

    index: int
    by: int


class RowsView(View):
    """What became of the rows, taken one after the other."""

    created: int
    updated: int
    unchanged: int
    overruled: list[OverruledRow]
    errors: list[RowError]


class BeyondLookback(View):
    """Rows that no scheduled calculation takes in: a run over these days does."""

    rows: int
    first_day: date
    last_day: date


class RecordsView(RowsView):
    """What became of the records.

    `beyond_lookback` are those that changed something before the closed periods which the KPIs that read
    their source look at again; null where there are none.
    """

    beyond_lookback: BeyondLookback | None
