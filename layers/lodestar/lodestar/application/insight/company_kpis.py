"""Reading the company's own KPIs: the list, the dashboard, one with its series.

A company KPI is a definition with a company-level assignment. Everybody in the company may know of it; its
numbers are for those whose role or grant shows them. Lists have those that are assigned today; one by one, a
retired one can still be read.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from lodestar.application.access import require_found, require_visible_company_kpi, visibility_parameters
from lodestar.application.alerts.rules import alerts_in_sight
from lodestar.application.caller import Caller
from lodestar.application.insight.company_shapes import (
    CompanyKpiDetail,
    CompanyKpiList,
    CompanyKpiQuery,
    Dashboard,
    SeriesQuery,
)
from lodestar.application.insight.ports import InsightWork
from lodestar.application.pages import read_page_and_commit
from lodestar.domain.definitions import Definition
from lodestar.domain.periods import FIRST_DAY, Period
from lodestar.domain.trends import trend
from lodestar.engine.forecast import forecast
from lodestar.wire.exact_json import to_json
from lodestar.wire.json_view import Json

PERIODS_SEARCHED = 12
"""How many closed periods a value is looked for in; enough for a sparkline that ends in the past."""
FORECAST_PERIODS = 24
"""Closed periods that a forecast rests on: what lies before them has no weight left in it."""
MAX_ALERTS_ON_DASHBOARD = 20


def company_kpis(query: CompanyKpiQuery, caller: Caller, work: InsightWork) -> Json[CompanyKpiList]:
    """A page of the company's KPIs as they stand today; those that are not for the caller are locked."""
    return Json(read_page_and_commit("company_kpis", query, work, **company_kpi_parameters(caller, work)))


def dashboard(caller: Caller, work: InsightWork) -> Json[Dashboard]:
    """Every KPI of the company as a card, and the newest alerts that fire, as far as the caller may see."""
    # Without a limit: a card that is missing would look like a KPI that is gone.
    everything = {"period": None, "category": None, "limit": None, "cursor": None}
    every_alert = {"severity": None, "kpi_id": None, "user_id": None}
    firing = {"state": "firing", "alerts": MAX_ALERTS_ON_DASHBOARD, **every_alert}
    parameters = everything | firing | alerts_in_sight(caller) | company_kpi_parameters(caller, work)
    return Json(require_found(work.views.read_and_commit("dashboard", parameters), "dashboard"))


def company_kpi_in_detail(
    kpi_id: int, query: SeriesQuery, caller: Caller, work: InsightWork
) -> Json[CompanyKpiDetail]:
    """A KPI of the company with its series, where that goes, and what the running period may come to.

    The series has the periods that end in the last `days` days, and the running one, which is open. Of a
    retired KPI it is all as of the day on which it was retired: its closed periods are those before.

    Raises:
        NotFound: there is no such KPI of the company.
        Forbidden: it is locked for the caller.
    """
    definition = require_visible_company_kpi(work.assignments.company_kpi(kpi_id), caller)
    calendar = caller.company.calendar
    today = definition.retired_on or calendar.local_date(work.now)
    running = calendar.containing(definition.aggregation_period, today)
    since = max(today - timedelta(days=query.days - 1), FIRST_DAY)
    first = calendar.containing(definition.aggregation_period, since).start
    basis = [calendar.previous(running, back) for back in range(FORECAST_PERIODS, 0, -1)]
    # One read serves both: the series may reach further back than the forecast, or less far.
    closed = work.insight.company_values(kpi_id, min(first, basis[0].start), basis[-1].start)
    parameters = {
        "id": kpi_id,
        "since": since,
        "series_first": first,
        "trend": to_json(trend([value for start, value in closed.items() if start >= first])),
        "forecast": to_json(_forecast(definition, running, [closed.get(period.start) for period in basis])),
    } | company_kpi_parameters(caller, work, today)
    return Json(require_found(work.views.read_and_commit("company_kpi", parameters), "KPI of the company"))


def company_kpi_parameters(caller: Caller, work: InsightWork, on: date | None = None) -> dict[str, Any]:
    """What every view of the company's KPIs binds: whose eyes, which day (today unless given), which periods.

    Beside these, "company_kpis" binds `period`, `category`, `limit` and `cursor`; a limit of None takes all.
    """
    today = on or caller.company.calendar.local_date(work.now)
    yesterday = today - timedelta(days=1)
    calendar = (caller.company.calendar, yesterday, PERIODS_SEARCHED)
    return {"on": today, "calendar": calendar, **visibility_parameters(caller.actor)}


def _forecast(
    definition: Definition, running: Period, values: Sequence[Decimal | None]
) -> Mapping[str, object] | None:
    value = forecast(values, definition.precision) if definition.is_active else None
    if value is None:
        return None
    return {"period_start": running.start, "period_end": running.end, "value": value}
