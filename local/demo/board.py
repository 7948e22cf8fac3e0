"""The demo company's own KPIs: what its board reads, and the role that may."""

from collections.abc import Mapping
from datetime import date, timedelta

from local.demo.api import Api

CEO_EMAIL = "nora@polaris.example"

COMPANY_TARGETS: Mapping[str, int] = {
    "calls_made": 50,
    "first_response_time": 20,
    "cases_resolved": 230,
    "revenue": 45_000,
    "deals_closed": 50,
}
"""KPIs of people that the company has too, as their sum or average, with its targets."""

CASH = {
    "key": "cash_balance",
    "name": "Cash balance",
    "description": "What the company's accounts hold at the end of the month.",
    "category": "finance",
    "data_source": {"type": "manual", "allowed_range": {"min": 0}},
    "unit": "currency",
    "precision": 0,
    "aggregation_period": "monthly",
    "permissions": {"view": ["ceo"]},
}
"""A KPI of the company only. Everybody may know that there is one; its numbers are for admins and the CEO."""
_CASH_TARGET = 250_000
_BALANCES = (218_400, 231_950, 240_100)
"""Of the last closed months, oldest first."""


def set_up_board(admin: Api, definitions: Mapping[str, int], days: tuple[date, date]) -> None:
    """Make a role of the company's own and the CEO who has it; assign KPIs to the company; keep its books."""
    first_day, last_day = days
    keys = ["kpis.sales.view", "kpis.customer_support.view"]
    admin.post(
        "/api/roles", {"name": "ceo", "description": "Sees how the company does.", "permissions": keys}
    )
    admin.post("/api/users", {"name": "Nora Vance", "email": CEO_EMAIL, "role": "ceo"})
    for key, target in COMPANY_TARGETS.items():
        _assign(admin, definitions[key], target, first_day)
    cash = admin.post("/api/kpis/definitions", CASH)["id"]
    _keep_books(admin, cash, last_day)


def _assign(admin: Api, kpi_id: int, target: int, start: date) -> None:
    admin.post(f"/api/kpis/{kpi_id}/assign", {"target_value": target, "start_date": start.isoformat()})


def _keep_books(admin: Api, cash: int, last_day: date) -> None:
    """Enter the balances of the last closed months, from the first of which on it is the company's KPI."""
    after = (last_day + timedelta(days=1)).replace(day=1)
    month_ends: list[date] = []
    for _ in _BALANCES:
        month_ends.insert(0, after - timedelta(days=1))
        after = month_ends[0].replace(day=1)
    _assign(admin, cash, _CASH_TARGET, after)
    for month_end, balance in zip(month_ends, _BALANCES, strict=True):
        admin.post(f"/api/kpis/{cash}/values", {"value": balance, "period_date": month_end.isoformat()})
