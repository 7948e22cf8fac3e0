"""KPIs as older systems ask for them, each beside the same in today's words.

The systems that the platform takes the place of have their requests written down, and those who use them send
them as they stand. Of these, the names of the fields, what is left out and the shape of every value are what
is held here.
"""

from dataclasses import dataclass
from typing import Any

type Body = dict[str, Any]

BOUND = ["user_id", "start_date", "end_date"]

RESOLUTION_HOURS = (
    "SELECT AVG(EXTRACT(EPOCH FROM (resolved_at - created_at)) / 3600) as hours FROM support_cases "
    "WHERE assigned_to = :user_id AND resolved_at >= :start_date AND resolved_at < :end_date"
)
ALL_RATINGS = (
    "SELECT COUNT(*) FROM ratings WHERE user_id = :user_id "
    "AND created_at >= :start_date AND created_at < :end_date"
)
GOOD_RATINGS = ALL_RATINGS.replace("AND created_at", "AND rating >= 4 AND created_at", 1)


@dataclass(frozen=True)
class OlderRequest:
    """A body of an older client, the same in today's words, and what is shown of the KPI among other things."""

    older: Body
    newer: Body
    shown: Body


def _satisfaction(*names: str) -> Body:
    queries = dict(zip(names, (GOOD_RATINGS, ALL_RATINGS), strict=True))
    inputs = [
        {"variable": name, "source": {"type": "database", "query": query}} for name, query in queries.items()
    ]
    return {"type": "formula", "formula": f"({names[0]} / {names[1]}) * 100", "inputs": inputs}


_DESCRIBED = {"description": "For the support team.", "category": "customer_support"}
_DEFAULTS = {"description": "", "category": "custom", "aggregation_period": "monthly", "is_active": True}

DEFINITIONS: dict[str, OlderRequest] = {
    "a query that lists what is bound": OlderRequest(
        older={
            "kpi_definition_id": 1,
            "name": "Mean Resolution Time",
            "calculation_type": "query",
            "data_source": {"type": "database", "query": RESOLUTION_HOURS, "parameters": BOUND},
            "unit": "hours",
            "target_type": "lower_better",
        },
        newer={
            "key": "mean_resolution_time",
            "name": "Mean Resolution Time",
            "data_source": {"type": "database", "query": RESOLUTION_HOURS},
            "aggregation_period": "monthly",
            "unit": "hours",
            "target_type": "lower_better",
        },
        shown={
            **_DEFAULTS,
            "key": "mean_resolution_time",
            "name": "Mean Resolution Time",
            "calculation_type": "query",
            "unit": "hours",
            "target_type": "lower_better",
            "data_source": {"type": "database", "query": RESOLUTION_HOURS, "parameters": {}},
        },
    ),
    "conversations in Intercom": OlderRequest(
        older={
            "kpi_definition_id": 2,
            "name": "First Answer",
            "calculation_type": "api",
            "data_source": {
                "type": "intercom",
                "endpoint": "conversations",
                "metric": "first_response_time",
                "filters": {
                    "assignee_id": ":user_id",
                    "created_at_after": ":start_date",
                    "created_at_before": ":end_date",
                },
            },
            "unit": "minutes",
            "target_type": "lower_better",
        },
        newer={
            "key": "first_answer",
            "name": "First Answer",
            "data_source": {"type": "intercom", "metric": "first_response_time", "statistic": "median"},
            "aggregation_period": "monthly",
            "unit": "minutes",
            "target_type": "lower_better",
        },
        shown={
            **_DEFAULTS,
            "key": "first_answer",
            "calculation_type": "api",
            "unit": "minutes",
            "data_source": {
                "type": "intercom",
                "metric": "first_response_time",
                "statistic": "median",
                "filters": {},
            },
        },
    ),
    "a formula over two queries": OlderRequest(
        older={
            "kpi_definition_id": 3,
            "name": "Happy Customers",
            "calculation_type": "formula",
            "data_source": _satisfaction("happy", "everybody"),
            "unit": "%",
            "target_type": "higher_better",
        },
        newer={
            "key": "happy_customers",
            "name": "Happy Customers",
            "data_source": _satisfaction("happy", "everybody"),
            "aggregation_period": "monthly",
            "unit": "%",
        },
        shown={**_DEFAULTS, "key": "happy_customers", "calculation_type": "formula", "unit": "%"},
    ),
    "what a manager enters": OlderRequest(
        older={
            "kpi_definition_id": 4,
            "name": "Tone",
            "calculation_type": "manual",
            "data_source": {"type": "manual", "allowed_range": {"min": 1, "max": 5}},
            "unit": "score",
            "target_type": "higher_better",
        },
        newer={
            "key": "tone",
            "name": "Tone",
            "data_source": {"type": "manual", "allowed_range": {"min": 1, "max": 5}, "entered_by": "manager"},
            "aggregation_period": "monthly",
            "unit": "score",
        },
        shown={**_DEFAULTS, "key": "tone", "calculation_type": "manual", "unit": "score"},
    ),
    "every field of the personal system": OlderRequest(
        older={
            "name": "Tone by the week",
            **_DESCRIBED,
            "calculation_type": "manual",
            "data_source": {"type": "manual", "allowed_range": {"min": 1, "max": 5}},
            "unit": "score",
            "aggregation_period": "weekly",
            "target_type": "exact",
        },
        newer={
            "key": "tone_by_the_week",
            "name": "Tone by the week",
            **_DESCRIBED,
            "data_source": {"type": "manual", "allowed_range": {"min": 1, "max": 5}},
            "unit": "score",
            "aggregation_period": "weekly",
            "target_type": "exact",
        },
        shown={
            **_DESCRIBED,
            "key": "tone_by_the_week",
            "aggregation_period": "weekly",
            "target_type": "exact",
        },
    ),
    "the short one of the company system": OlderRequest(
        older={
            "name": "Calls a Day",
            "category": "sales",
            "tracking_period": "daily",
            "unit": "number",
            "calculation_method": "count",
            "data_source": "crm_api",
        },
        newer={
            "key": "calls_a_day",
            "name": "Calls a Day",
            "category": "sales",
            "aggregation_period": "daily",
            "unit": "number",
            "data_source": {"type": "records", "source": "crm_api", "method": "count"},
        },
        shown={
            "key": "calls_a_day",
            "category": "sales",
            "aggregation_period": "daily",
            "calculation_type": "records",
            "unit": "number",
            "data_source": {
                "type": "records",
                "source": "crm_api",
                "method": "count",
                "field": "value",
                "filters": {},
            },
        },
    ),
    "a percentage": OlderRequest(
        older={
            "name": "Win Rate",
            "tracking_period": "weekly",
            "unit": "percentage",
            "calculation_method": "average",
            "data_source": "crm_api",
        },
        newer={
            "key": "win_rate",
            "name": "Win Rate",
            "aggregation_period": "weekly",
            "unit": "%",
            "data_source": {"type": "records", "source": "crm_api", "method": "average"},
        },
        shown={"key": "win_rate", "unit": "%", "aggregation_period": "weekly"},
    ),
    "a time of no unit": OlderRequest(
        older={
            "name": "Answer Time",
            "unit": "time",
            "calculation_method": "average",
            "data_source": "helpdesk",
        },
        newer={
            "key": "answer_time",
            "name": "Answer Time",
            "aggregation_period": "monthly",
            "unit": "number",
            "data_source": {"type": "records", "source": "helpdesk", "method": "average"},
        },
        shown={"key": "answer_time", "unit": "number", "aggregation_period": "monthly"},
    ),
    "the long one of the company system": OlderRequest(
        older={
            "name": "Calls of the Team",
            "description": "Calls that the team makes on a day.",
            "category": "sales",
            "tracking_period": "daily",
            "unit": "number",
            "calculation_method": "count",
            "data_source": "crm_api",
            "target": {"value": 40, "period": "daily"},
            "alerts": [{"type": "below_target", "threshold": 25, "channels": ["email", "slack"]}],
            "permissions": {
                "view": ["ceo", "sales_manager", "sales_rep"],
                "edit": ["ceo", "sales_manager"],
            },
        },
        newer={
            "key": "calls_of_the_team",
            "name": "Calls of the Team",
            "description": "Calls that the team makes on a day.",
            "category": "sales",
            "aggregation_period": "daily",
            "unit": "number",
            "data_source": {"type": "records", "source": "crm_api", "method": "count"},
            "target": {"value": 40},
            "alerts": [
                {
                    "alert_type": "below_target",
                    "threshold_percentage": 25,
                    "notification_channels": ["email", "slack"],
                }
            ],
            "permissions": {
                "view": ["ceo", "sales_manager", "sales_rep"],
                "edit": ["ceo", "sales_manager"],
            },
        },
        shown={
            "key": "calls_of_the_team",
            "description": "Calls that the team makes on a day.",
            "created_roles": ["ceo", "sales_manager", "sales_rep"],
        },
    ),
}
"""By what is old about each."""
