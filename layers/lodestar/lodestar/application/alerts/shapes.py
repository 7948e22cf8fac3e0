"""The bodies and answers of this room."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from lodestar.application.assignments.targets import TargetValue
from lodestar.domain.alerts import (
    AlertState,
    AlertType,
    CloseReason,
    NotificationChannel,
    NotificationState,
    Severity,
)
from lodestar.domain.assignments import SubjectType
from lodestar.wire.bodies import Body, View
from lodestar.wire.fields import Email, Id, Number
from lodestar.wire.paging import PageQuery

type Percentage = Annotated[Decimal, Field(ge=0, le=10000, max_digits=7, decimal_places=2)]


class AlertRuleDraft(Body):
    """When to alert about a KPI, and where to.

    Values are judged by `below_target` rules. Those of another type are kept and not active yet.
    """

    alert_type: AlertType
    threshold_percentage: Percentage
    recovery_percentage: Percentage | None = None
    consecutive_periods: int = Field(default=1, ge=1, le=100)
    severity: Severity | None = None
    notification_channels: Annotated[list[NotificationChannel], Field(min_length=1, max_length=3)]
    applies_to: list[SubjectType] = Field(default=list(SubjectType), min_length=1, max_length=3)
    evaluate_open: bool = False


class AlertRuleView(View):
    """An alert rule. One of a type that values are not judged by yet is kept, and is not active."""

    id: int
    kpi_id: int
    alert_type: AlertType
    threshold_percentage: Number
    recovery_percentage: Number | None
    consecutive_periods: int
    severity: Severity | None
    notification_channels: list[NotificationChannel]
    applies_to: list[SubjectType]
    evaluate_open: bool
    is_active: bool


class NotificationView(View):
    """One message about an alert."""

    id: int
    channel: NotificationChannel
    state: NotificationState
    attempts: int
    sent_at: datetime | None
    delivered_at: datetime | None
    error: str | None


class AlertView(View):
    """An alert with its notifications. A `closed` one ended for another reason than its value."""

    id: int
    kpi_id: int
    kpi_key: str
    assignment_id: int
    user_id: int | None
    user_name: str | None
    team_id: int | None
    state: AlertState
    severity: Severity
    text: str
    value: Number
    target: TargetValue
    period_start: date
    period_end: date
    opened_at: datetime
    resolved_at: datetime | None
    close_reason: CloseReason | None
    closed_at: datetime | None
    notifications: list[NotificationView]


class AlertList(View):
    """One page of alerts."""

    alerts: list[AlertView]
    next_cursor: str | None


class EmailSubscription(Body):
    """An address that gets those alerts of the company that whoever subscribes it may see."""

    channel: Literal[NotificationChannel.EMAIL]
    address: Email


class SubscriptionView(View):
    """A subscription; email has to be confirmed by its owner first.

    The address gets the alerts that whoever made it (`created_by`) may see when they are sent.
    """

    id: int
    channel: Literal[NotificationChannel.EMAIL]
    address: str
    subscription_arn: str
    created_by: int
    created_by_name: str
    created_at: datetime


class SubscriptionList(View):
    """One page of subscriptions, whoever made them."""

    subscriptions: list[SubscriptionView]
    next_cursor: str | None


class AlertQuery(PageQuery):
    """Which alerts; a filter that is left out takes any."""

    state: AlertState | None = None
    severity: Severity | None = None
    kpi_id: Id | None = None
    user_id: Id | None = None
