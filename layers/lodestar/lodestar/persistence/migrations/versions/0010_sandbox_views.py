"""The records in admins' SQL: as they are, and by kind under the names of their business."""

from collections.abc import Sequence

from alembic import op

from lodestar.persistence.migrations.functions import sql_function
from lodestar.persistence.migrations.sandboxes import COMPANY_ID, add_sandbox_views, team_at

revision = "0010"
down_revision = "0009"

_TEAM_OF_ITS_DAY = team_at(user="r.user_id", instant="r.occurred_at")

_RECORDS = f"""select r.source, r.external_id, r.occurred_at, r.user_id, s.team_id, r.company_id,
  r.value, r.attributes
from lodestar.records r
{_TEAM_OF_ITS_DAY}
where r.company_id = {COMPANY_ID}"""

_OPENED_AT = "lodestar.attribute_time(r.attributes, 'opened_at')"
_CLOSED_AT = "case when r.attributes ->> 'status' = 'closed' then r.occurred_at end"

# Some help desks open and close a case, others create and resolve it: each finds its own words.
_SUPPORT_CASES = f"""select r.external_id, r.user_id as assigned_to, s.team_id, r.company_id,
  {_OPENED_AT} as opened_at,
  {_OPENED_AT} as created_at,
  lodestar.attribute_time(r.attributes, 'first_response_at') as first_response_at,
  {_CLOSED_AT} as closed_at,
  {_CLOSED_AT} as resolved_at,
  r.attributes ->> 'status' as status,
  r.attributes ->> 'priority' as priority,
  r.attributes ->> 'channel' as channel,
  (extract(epoch from r.occurred_at - {_OPENED_AT}) / 60)::numeric as resolution_minutes,
  (extract(epoch from lodestar.attribute_time(r.attributes, 'first_response_at')
    - {_OPENED_AT}) / 60)::numeric as first_response_minutes,
  lodestar.attribute_number(r.attributes, 'satisfaction') as satisfaction,
  coalesce(r.attributes ->> 'reopened' = 'true', false) as reopened
from lodestar.records r
{_TEAM_OF_ITS_DAY}
where r.company_id = {COMPANY_ID} and r.source = 'support_cases'"""


def _of_records(source: str, columns: Sequence[str]) -> str:
    """The records of a source under the names that its business has for them."""
    return f"""select r.external_id, r.user_id, s.team_id, r.company_id, {", ".join(columns)}
from lodestar.records r
{_TEAM_OF_ITS_DAY}
where r.company_id = {COMPANY_ID} and r.source = '{source}'"""


def _text(name: str) -> str:
    return f"r.attributes ->> '{name}' as {name}"


def _time(name: str) -> str:
    return f"lodestar.attribute_time(r.attributes, '{name}') as {name}"


def _number(name: str) -> str:
    return f"lodestar.attribute_number(r.attributes, '{name}') as {name}"


def _switch(name: str) -> str:
    return f"coalesce(r.attributes ->> '{name}' = 'true', false) as {name}"


RECORD_VIEWS = {
    "ratings": [
        "r.occurred_at as rated_at",
        "r.occurred_at as created_at",
        "r.value as score",
        "r.value as rating",
        _text("channel"),
    ],
    "customers": ["r.occurred_at as joined_at", _time("left_at")],
    "deals": [
        "r.value as amount",
        _text("stage"),
        _time("opened_at"),
        "case when r.attributes ->> 'stage' in ('won', 'lost') then r.occurred_at end as closed_at",
        _text("customer_id"),
    ],
    "leads": [
        "r.occurred_at as created_at",
        _text("status"),
        _text("channel"),
        _number("score"),
        _time("converted_at"),
    ],
    "tasks": [
        _text("status"),
        _time("opened_at"),
        _time("due_at"),
        "case when r.attributes ->> 'status' = 'completed' then r.occurred_at end as completed_at",
        _switch("has_error"),
    ],
    "time_entries": [
        "r.occurred_at as worked_at",
        "r.value as hours",
        _switch("billable"),
        _text("project"),
    ],
    "sla_events": [
        "r.occurred_at",
        _text("kind"),
        _switch("met"),
        "r.value as minutes",
    ],
}
"""Pushed records under the names of their business, each beside the ids that all have."""


def upgrade() -> None:
    op.execute(sql_function("attribute_time"))
    op.execute(sql_function("attribute_number"))
    tables = {name: _of_records(name, columns) for name, columns in RECORD_VIEWS.items()}
    add_sandbox_views(records=_RECORDS, support_cases=_SUPPORT_CASES, **tables)
