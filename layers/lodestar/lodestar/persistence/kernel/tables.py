"""The tables that stores write row by row. The migrations are the truth; a test holds these to it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Identity,
    Integer,
    MetaData,
    Numeric,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData(schema="lodestar")
_VALUE = Numeric(18, 4)
_INSTANT = DateTime(timezone=True)

companies = Table(
    "companies",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text),
    Column("currency", Text),
    Column("score_cap", Numeric(5, 2)),
    Column("min_group_size", SmallInteger),
    Column("topic_arn", Text),
    Column("is_platform", Boolean),
    Column("version", Integer),
)
identities = Table(
    "identities",
    metadata,
    Column("sub", Text, primary_key=True),
    Column("company_id", BigInteger),
    Column("user_id", BigInteger),
)
teams = Table(
    "teams",
    metadata,
    Column("company_id", BigInteger, primary_key=True),
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text),
    Column("manager_id", BigInteger),
    Column("is_active", Boolean),
)
users = Table(
    "users",
    metadata,
    Column("company_id", BigInteger, primary_key=True),
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text),
    Column("email", Text),
    Column("role", Text),
    Column("timezone", Text),
    Column("external_ids", JSONB),
    Column("is_active", Boolean),
)
roles = Table(
    "roles",
    metadata,
    Column("company_id", BigInteger, primary_key=True),
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text),
    Column("description", Text),
    Column("permissions", ARRAY(Text)),
)
definitions = Table(
    "definitions",
    metadata,
    Column("company_id", BigInteger, primary_key=True),
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("key", Text),
    Column("name", Text),
    Column("description", Text),
    Column("category", Text),
    Column("calculation_type", Text),
    Column("data_source", JSONB),
    Column("unit", Text),
    Column("precision", SmallInteger),
    Column("aggregation_period", Text),
    Column("target_type", Text),
    Column("thresholds", JSONB),
    Column("missing_data", Text),
    Column("rollup", Text),
    Column("lookback_periods", SmallInteger),
    Column("is_active", Boolean),
    Column("version", Integer),
    Column("created_by", BigInteger),
    Column("created_at", _INSTANT),
    Column("updated_at", _INSTANT),
)
definition_versions = Table(
    "definition_versions",
    metadata,
    Column("company_id", BigInteger, primary_key=True),
    Column("definition_id", BigInteger, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", JSONB),
    Column("author_id", BigInteger),
    Column("created_at", _INSTANT),
    Column("effective_from", Date),
    Column("begins_anew", Boolean),
)
runs = Table(
    "runs",
    metadata,
    Column("company_id", BigInteger, primary_key=True),
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text),
    Column("cadence", Text),
    Column("period_start", Date),
    Column("period_end", Date),
    Column("definition_ids", ARRAY(BigInteger)),
    Column("user_ids", ARRAY(BigInteger)),
    Column("reason", Text),
    Column("state", Text),
    Column("requested_by", BigInteger),
    Column("judge", Text),
    Column("created_at", _INSTANT),
    Column("finished_at", _INSTANT),
)
alert_rules = Table(
    "alert_rules",
    metadata,
    Column("company_id", BigInteger, primary_key=True),
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("definition_id", BigInteger),
    Column("alert_type", Text),
    Column("threshold_percentage", Numeric(7, 2)),
    Column("recovery_percentage", Numeric(7, 2)),
    Column("consecutive_periods", SmallInteger),
    Column("severity", Text),
    Column("notification_channels", ARRAY(Text)),
    Column("applies_to", ARRAY(Text)),
    Column("evaluate_open", Boolean),
    Column("is_active", Boolean),
    Column("created_by", BigInteger),
    Column("created_at", _INSTANT),
)
