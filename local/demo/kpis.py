"""What the demo company measures: the customer-support set, and five KPIs of its sales team."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

_CASES = (
    "FROM support_cases WHERE assigned_to = :user_id AND closed_at >= :start_date AND closed_at < :end_date"
)


@dataclass(frozen=True, slots=True)
class Goal:
    """A KPI (the body of POST /api/kpis/definitions), with the target and weight that everybody gets."""

    definition: dict[str, Any]
    target: int
    weight: int

    @property
    def is_manual(self) -> bool:
        """Whether the manager enters its values."""
        return bool(self.definition["data_source"]["type"] == "manual")

    @property
    def most(self) -> Decimal:
        """The greatest value that may be entered, of a manual KPI."""
        return Decimal(self.definition["data_source"]["allowed_range"]["max"])


def _query(select: str, rest: str = _CASES) -> dict[str, Any]:
    return {"type": "database", "query": f"SELECT {select} {rest}"}


RESOLUTION_TIME = Goal(
    {
        "key": "average_resolution_time",
        "name": "Average resolution time",
        "description": "Hours from the opening of a case to its closing.",
        "category": "customer_support",
        "data_source": _query("AVG(resolution_minutes) / 60"),
        "unit": "hours",
        "aggregation_period": "weekly",
        "target_type": "lower_better",
        "rollup": "average",
    },
    target=4,
    weight=30,
)

SUPPORT_GOALS = (
    RESOLUTION_TIME,
    Goal(
        {
            "key": "first_response_time",
            "name": "First response time",
            "description": "Minutes from the opening of a case to the first answer.",
            "category": "customer_support",
            "data_source": _query("AVG(first_response_minutes)"),
            "unit": "minutes",
            "precision": 1,
            "aggregation_period": "daily",
            "target_type": "lower_better",
            "rollup": "average",
        },
        target=20,
        weight=15,
    ),
    Goal(
        {
            "key": "customer_satisfaction",
            "name": "Customer satisfaction",
            "description": "Share of the rated cases with 4 or 5 stars.",
            "category": "customer_support",
            "data_source": {
                "type": "formula",
                "formula": "content / rated * 100",
                "inputs": [
                    {"variable": "content", "source": _query("COUNT(*)", f"{_CASES} AND satisfaction >= 4")},
                    {"variable": "rated", "source": _query("COUNT(satisfaction)")},
                ],
            },
            "unit": "%",
            "precision": 1,
            "aggregation_period": "weekly",
        },
        target=85,
        weight=25,
    ),
    Goal(
        {
            "key": "cases_resolved",
            "name": "Cases resolved",
            "description": "Support cases closed.",
            "category": "customer_support",
            "data_source": _query("COUNT(*)"),
            "unit": "count",
            "precision": 0,
            "aggregation_period": "weekly",
            "rollup": "sum",
        },
        target=38,
        weight=20,
    ),
    Goal(
        {
            "key": "communication_quality",
            "name": "Communication quality",
            "description": "The manager's judgement of ten cases of the month, from 1 to 5.",
            "category": "customer_support",
            "data_source": {
                "type": "manual",
                "allowed_range": {"min": 1, "max": 5},
                "requires_note_below": 3,
            },
            "unit": "score",
            "precision": 1,
            "aggregation_period": "monthly",
        },
        target=4,
        weight=10,
    ),
)

_WON = {"type": "records", "source": "deals", "filters": {"stage": "won"}}

SALES_GOALS = (
    Goal(
        {
            "key": "revenue",
            "name": "Revenue",
            "description": "The sum of the deals won.",
            "category": "sales",
            "data_source": _WON | {"method": "sum"},
            "unit": "currency",
            "aggregation_period": "weekly",
            "missing_data": "zero",
            "rollup": "sum",
        },
        target=9000,
        weight=35,
    ),
    Goal(
        {
            "key": "deals_closed",
            "name": "Deals closed",
            "description": "How many deals were won.",
            "category": "sales",
            "data_source": _WON | {"method": "count"},
            "unit": "count",
            "precision": 0,
            "aggregation_period": "weekly",
            "rollup": "sum",
        },
        target=10,
        weight=25,
    ),
    Goal(
        {
            "key": "average_deal",
            "name": "Average deal",
            "description": "Revenue by deals closed; none in a week without a deal.",
            "category": "sales",
            "data_source": {
                "type": "formula",
                "formula": "revenue / deals",
                "inputs": [
                    {"variable": "revenue", "source": {"type": "kpi", "key": "revenue"}},
                    {"variable": "deals", "source": {"type": "kpi", "key": "deals_closed"}},
                ],
            },
            "unit": "currency",
            "aggregation_period": "weekly",
        },
        target=900,
        weight=15,
    ),
    Goal(
        {
            "key": "calls_made",
            "name": "Calls made",
            "description": "Calls to customers; on a weekend the last working day counts.",
            "category": "sales",
            # None is no data, which `carry` bridges; 0 would be a very bad day.
            "data_source": _query(
                "NULLIF(COUNT(*), 0)",
                "FROM records WHERE user_id = :user_id AND source = 'calls'"
                " AND occurred_at >= :start_date AND occurred_at < :end_date",
            ),
            "unit": "count",
            "precision": 0,
            "aggregation_period": "daily",
            "missing_data": "carry",
            "rollup": "sum",
        },
        target=10,
        weight=15,
    ),
    Goal(
        {
            "key": "pipeline_discipline",
            "name": "Pipeline discipline",
            "description": "Share of the open deals with a next step and a date, as the manager finds them.",
            "category": "sales",
            "data_source": {"type": "manual", "allowed_range": {"min": 0, "max": 100}},
            "unit": "%",
            "precision": 1,
            "aggregation_period": "monthly",
        },
        target=90,
        weight=10,
    ),
)
