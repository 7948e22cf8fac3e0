"""The company's own KPIs as the API shows them."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from lodestar.application.alerts.shapes import AlertView
from lodestar.application.assignments.targets import TargetValue
from lodestar.application.insight.shapes import ChangeView
from lodestar.domain.definitions import Category, TargetType, Unit
from lodestar.domain.measurements import MeasurementState
from lodestar.domain.periods import Cadence
from lodestar.domain.scoring import Status
from lodestar.domain.trends import Course
from lodestar.wire.bodies import View
from lodestar.wire.fields import Number
from lodestar.wire.paging import PageQuery


class LockedKpi(View):
    """A KPI that the caller may know of and not see."""

    name: str
    category: Category
    locked: Literal[True]


class ChangeInWords(ChangeView):
    """The change against the period before the shown one; `text` is `+5 from yesterday`."""

    text: str


class CompanyKpi(View):
    """How a KPI of the company stands; `progress` is the achievement in percent.

    The value is what somebody entered for the running period, else that of the newest closed one, else that
    of the running one to date; `state` tells. Without any the value, the dates and the state are null.
    """

    id: int
    key: str
    name: str
    description: str
    category: Category
    unit: Unit
    precision: int
    aggregation_period: Cadence
    target_type: TargetType
    value: Number | None
    target: TargetValue | None
    progress: Number | None
    status: Status
    change: ChangeInWords | None
    period_start: date | None
    period_end: date | None
    state: MeasurementState | None
    locked: Literal[False]


class CompanyKpiList(View):
    """One page of the company's KPIs."""

    kpis: list[CompanyKpi | LockedKpi]
    next_cursor: str | None


class SeriesEntry(View):
    """A period of a series."""

    period_start: date
    period_end: date
    value: Number | None
    target: TargetValue | None
    progress: Number | None
    state: MeasurementState


class TrendView(View):
    """The later half of the series against the earlier one, in percent; null where that was 0."""

    percent: Number | None
    label: Course


class ForecastView(View):
    """What the running period may come to."""

    period_start: date
    period_end: date
    value: Number


class CompanyKpiDetail(CompanyKpi):
    """A KPI of the company with its series, oldest first.

    One that is retired stands as it did on the last day before `retired_on`, and has no forecast.
    """

    retired_on: date | None
    series: list[SeriesEntry]
    trend: TrendView | None
    forecast: ForecastView | None


class LockedCard(View):
    """A card whose numbers the caller may not see."""

    title: str
    category: Category
    locked: Literal[True]


class Card(View):
    """A KPI on the dashboard; the sparkline is the shown value behind the five before it, oldest first."""

    id: int
    title: str
    category: Category
    unit: Unit
    value: Number | None
    target: TargetValue | None
    progress: Number | None
    status: Status
    change: str | None
    sparkline: list[Number | None]
    locked: Literal[False]


class Dashboard(View):
    """The company's KPIs by cadence, and the newest alerts that fire."""

    daily: list[Card | LockedCard]
    weekly: list[Card | LockedCard]
    monthly: list[Card | LockedCard]
    quarterly: list[Card | LockedCard]
    alerts: list[AlertView]


class CompanyKpiQuery(PageQuery):
    """Which KPIs of the company; a filter that is left out takes any."""

    period: Cadence | None = None
    category: Category | None = None


class SeriesQuery(BaseModel):
    """How long a series is asked for."""

    model_config = ConfigDict(frozen=True)

    days: int = Field(default=30, ge=1, le=3660, description="Periods that end in the last so many days.")


class ExportQuery(BaseModel):
    """Which KPIs are exported; a filter that is left out takes any."""

    model_config = ConfigDict(frozen=True)

    period: Cadence | None = None
    category: Category | None = None

    @property
    def filters(self) -> dict[str, str]:
        """The filters that are set."""
        return self.model_dump(mode="json", exclude_none=True)
