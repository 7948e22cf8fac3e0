"""Reading the company's own KPIs: the list, the dashboard, one with its series.

A company KPI is an active definition with an active company-level assignment. Everybody in the company may
know of it; who may see its numbers, domain.permissions says.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lodestar.application.alerts.alert_rules import AlertView, alerts_in_sight
from lodestar.application.assignments.assigning import TargetRangeView
from lodestar.application.caller import Caller
from lodestar.application.ports import UnitOfWork
from lodestar.application.reading.standing import ChangeView
from lodestar.application.viewing import found, refuse_locked, scope_parameters
from lodestar.domain.definitions import Category, Definition, TargetType, Unit
from lodestar.domain.periods import FIRST_DAY, Cadence, Period
from lodestar.domain.refusals import NotFound
from lodestar.domain.scoring import Status
from lodestar.domain.series import Course, trend
from lodestar.engine.forecast import forecast
from lodestar.wire.bodies import View
from lodestar.wire.exact_json import to_json
from lodestar.wire.fields import Number
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery, list_view

PERIODS_BACK = 12
"""How far back a value is looked for, in periods; enough for a sparkline that ends in the past."""
FORECAST_FROM = 24
"""Closed periods that a forecast rests on: what lies before them has no weight left in it."""
ALERTS_SHOWN = 20


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
    target: Number | TargetRangeView | None
    progress: Number | None
    status: Status
    change: ChangeInWords | None
    period_start: date | None
    period_end: date | None
    state: str | None
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
    target: Number | TargetRangeView | None
    progress: Number | None
    state: str


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
    """A KPI of the company with its series, oldest first."""

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
    target: Number | TargetRangeView | None
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


def company_kpi(kpi_id: int, work: UnitOfWork) -> Definition:
    """The definition of a KPI of the company.

    Raises:
        NotFound: there is none of that id, or it is retired or not assigned to the company.
    """
    definition = work.company_kpis.definition(kpi_id)
    if definition is None:
        raise NotFound(
            "There is no such KPI of the company: a KPI is one while it is assigned to the company."
        )
    return definition


def visible_company_kpi(kpi_id: int, caller: Caller, work: UnitOfWork) -> Definition:
    """As `company_kpi`, if its numbers are for the caller.

    Raises:
        NotFound: as `company_kpi`.
        Forbidden: it is locked.
    """
    definition = company_kpi(kpi_id, work)
    refuse_locked(definition, caller.actor)
    return definition


def company_kpis(query: CompanyKpiQuery, caller: Caller, work: UnitOfWork) -> Json[CompanyKpiList]:
    """A page of the company's KPIs as they stand today; those that are not for the caller are locked."""
    return Json(list_view("company_kpis", query, work, **standing_parameters(caller, work)))


def dashboard(caller: Caller, work: UnitOfWork) -> Json[Dashboard]:
    """Every KPI of the company as a card, and the newest alerts that fire, as far as the caller may see."""
    everything = {"period": None, "category": None, "limit": None, "cursor": None}
    firing = {"state": "firing", "severity": None, "kpi_id": None, "user_id": None, "alerts": ALERTS_SHOWN}
    parameters = everything | firing | alerts_in_sight(caller) | standing_parameters(caller, work)
    return Json(found(work.views.last("dashboard", parameters), "dashboard"))


def company_kpi_in_detail(
    kpi_id: int, query: SeriesQuery, caller: Caller, work: UnitOfWork
) -> Json[CompanyKpiDetail]:
    """A KPI of the company with its series, where that goes, and what the running period may come to.

    The series has the periods that end in the last `days` days, and the running one, which is open.

    Raises:
        NotFound, Forbidden: as `visible_company_kpi`.
    """
    definition = visible_company_kpi(kpi_id, caller, work)
    calendar, today = caller.company.calendar, caller.company.calendar.local_date(work.now)
    running = calendar.containing(definition.aggregation_period, today)
    since = max(today - timedelta(days=query.days - 1), FIRST_DAY)
    first = calendar.containing(definition.aggregation_period, since).start
    basis = [calendar.previous(running, back) for back in range(FORECAST_FROM, 0, -1)]
    closed = work.company_kpis.values(kpi_id, min(first, basis[0].start), basis[-1].start)
    parameters = {
        "id": kpi_id,
        "since": since,
        "series_first": first,
        "trend": to_json(trend([value for start, value in closed.items() if start >= first])),
        "forecast": to_json(_forecast(definition, running, [closed.get(each.start) for each in basis])),
    } | standing_parameters(caller, work)
    return Json(found(work.views.last("company_kpi", parameters), "KPI of the company"))


def standing_parameters(caller: Caller, work: UnitOfWork) -> dict[str, Any]:
    """What every view of the company's KPIs binds: whose eyes, which day, which periods.

    Beside these, "company_kpis" binds `period`, `category`, `limit` and `cursor`; a limit of None takes all.
    """
    today = caller.company.calendar.local_date(work.now)
    yesterday = today - timedelta(days=1)
    calendar = (caller.company.calendar, yesterday, PERIODS_BACK)
    return {"on": today, "calendar": calendar, **scope_parameters(caller.actor)}


def _forecast(
    definition: Definition, running: Period, values: Sequence[Decimal | None]
) -> Mapping[str, object] | None:
    value = forecast(values, definition.precision)
    if value is None:
        return None
    return {"period_start": running.start, "period_end": running.end, "value": value}
