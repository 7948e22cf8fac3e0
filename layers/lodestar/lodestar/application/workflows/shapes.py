"""The bodies and answers of the workflows."""

from datetime import date
from enum import StrEnum

from pydantic import ConfigDict, Field

from lodestar.application.alerts.shapes import AlertRuleDraft
from lodestar.application.assignments.targets import TargetBody, TargetValue
from lodestar.application.definitions.data_sources import DataSourceBody
from lodestar.application.definitions.older_wording import OldWording
from lodestar.application.definitions.shapes import DefinitionOptions, Key, RoleGrants
from lodestar.domain.definitions import CalculationType, Category
from lodestar.domain.periods import Cadence
from lodestar.domain.scoring import Status
from lodestar.wire.bodies import Body, View
from lodestar.wire.fields import Id, Name, Number, Text, Value

_SHORT_NAMES = {
    "alert_type": "type",
    "threshold_percentage": "threshold",
    "notification_channels": "channels",
}


class TargetDates(Body):
    """A range of dates, both inclusive."""

    start: date
    end: date


class FirstTarget(Body):
    """What the company wants to reach. It makes the KPI one of the company's own.

    Without a `period`, or with the KPI's own `aggregation_period` as one, the value is the default target
    of every period; the company has the KPI since a year ago, so that past values can be entered. With
    dates, or the date of one period, it is the target for these, and the company has the KPI from then on.
    """

    value: TargetBody
    period: TargetDates | date | Cadence | None = None


class FirstAlert(AlertRuleDraft):
    """An alert rule, with `type`, `threshold` and `channels` for its longer names."""

    model_config = ConfigDict(
        alias_generator=lambda name: _SHORT_NAMES.get(name, name),
        validate_by_name=True,
        validate_by_alias=True,
    )


class FirstSettings(Body):
    """What a new KPI comes with: settings that could also be made one by one once it is there."""

    target: FirstTarget | None = None
    alerts: list[FirstAlert] = Field(default_factory=list, max_length=20)
    permissions: RoleGrants | None = None


class DefinitionDraft(OldWording, DefinitionOptions, FirstSettings):
    """A new KPI, and what it comes with. `calculation_type` may be left out: the data source tells it.

    Without a `key` it gets one that is made of its name, and has a number where that is taken. With
    `copy_of`, the id of another KPI, it is as that one in all fields that are left out, but for its key.
    Without, `name` and `data_source` are required, and `aggregation_period` is monthly unless given.
    """

    key: Key | None = None
    copy_of: Id | None = None
    name: Name | None = None
    data_source: DataSourceBody | None = None
    aggregation_period: Cadence | None = None
    category: Category = Category.CUSTOM
    calculation_type: CalculationType | None = None
    kpi_definition_id: Id | None = Field(
        default=None,
        description="The number that the KPI has in another system. It is not kept: the answer's id is new.",
        json_schema_extra={"deprecated": True},
    )


class ImportRow(Body):
    """One row of a file.

    An empty `user` is the company itself. Without `period_end`, it is the period that holds `period_start`.
    """

    kpi: Name
    user: Text
    period_start: date
    period_end: date | None = None
    value: Value
    notes: Text | None = None


class ImportOutcome(StrEnum):
    """What becomes of a row."""

    CREATED = "created"
    CORRECTED = "corrected"
    UNCHANGED = "unchanged"
    ERROR = "error"


class ImportedValue(View):
    """A value with the target that it is held against; of long notes, the beginning."""

    value: Number | None
    target_value: TargetValue | None
    achievement_percentage: Number | None
    status: Status
    notes: str


class ImportRowView(View):
    """What becomes of a row: the value before and after, or in which field it fails and why."""

    line: int
    outcome: ImportOutcome
    kpi: str
    user: str
    period_start: date | None
    period_end: date | None
    before: ImportedValue | None = None
    after: ImportedValue | None = None
    field: str | None = None
    code: str | None = None
    error: str | None = None


class ImportView(View):
    """What becomes of the rows, in the order of the file; the counts are of all.

    Of more than 1,000 rows it tells of 1,000: of those that are refused before any others. `run_ids` are the
    runs over all that is made of the values, one for each `aggregation_period`; none where nothing is, and in
    a dry run.
    """

    dry_run: bool
    created: int
    corrected: int
    unchanged: int
    errors: int
    run_ids: list[int]
    rows: list[ImportRowView]
