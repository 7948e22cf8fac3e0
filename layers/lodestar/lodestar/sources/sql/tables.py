"""What the platform offers to admins' SQL; each pack adds its own (packs.registry.sandbox_tables)."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

type Tables = Mapping[str, Collection[str]]
"""The tables of the sandbox by name, with the names of their columns."""

_IDS = ("external_id", "user_id", "team_id", "company_id")
_CASE_IDS = ("external_id", "assigned_to", "team_id", "company_id")
_CASE_TIMES = ("opened_at", "created_at", "first_response_at", "closed_at", "resolved_at")
_CASE_FACTS = (*_CASE_TIMES, "status", "priority", "channel", "reopened")
_CASE_FIGURES = ("resolution_minutes", "first_response_minutes", "satisfaction")

SANDBOX: Tables = MappingProxyType(
    {
        "records": frozenset([*_IDS, "source", "occurred_at", "value", "attributes"]),
        "support_cases": frozenset([*_CASE_IDS, *_CASE_FACTS, *_CASE_FIGURES]),
        "customers": frozenset([*_IDS, "joined_at", "left_at"]),
        "ratings": frozenset([*_IDS, "rated_at", "created_at", "score", "rating", "channel"]),
        "deals": frozenset([*_IDS, "amount", "stage", "opened_at", "closed_at", "customer_id"]),
        "leads": frozenset([*_IDS, "created_at", "status", "channel", "score", "converted_at"]),
        "tasks": frozenset([*_IDS, "status", "opened_at", "due_at", "completed_at", "has_error"]),
        "time_entries": frozenset([*_IDS, "worked_at", "hours", "billable", "project"]),
        "sla_events": frozenset([*_IDS, "occurred_at", "kind", "met", "minutes"]),
    }
)
"""The platform's own tables in a company's sandbox (migration 0010); each pack adds its own."""
