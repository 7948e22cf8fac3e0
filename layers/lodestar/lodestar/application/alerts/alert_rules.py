"""Alert rules and subscriptions: what to watch and whom to tell."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from lodestar.application.caller import Caller
from lodestar.application.ports import Topics, UnitOfWork
from lodestar.application.viewing import found, scope_parameters
from lodestar.domain.alerts import AlertRule, AlertType, Severity
from lodestar.domain.assignments import SubjectType
from lodestar.domain.refusals import InvalidContent, NotFound
from lodestar.wire.bodies import Body, View
from lodestar.wire.fields import Email, Id, Number
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery, list_view

type Percentage = Annotated[Decimal, Field(ge=0, le=10000, max_digits=7, decimal_places=2)]


class AlertRuleDraft(Body):
    """When to alert about a KPI, and where to."""

    alert_type: AlertType
    threshold_percentage: Percentage
    recovery_percentage: Percentage | None = None
    consecutive_periods: int = Field(default=1, ge=1, le=100)
    severity: Severity | None = None
    notification_channels: Annotated[
        list[Literal["email", "slack", "dashboard"]], Field(min_length=1, max_length=3)
    ]
    applies_to: list[SubjectType] = Field(default=list(SubjectType), min_length=1, max_length=3)
    evaluate_open: bool = False


class AlertRuleView(View):
    """An alert rule."""

    id: int
    kpi_id: int
    alert_type: AlertType
    threshold_percentage: Number
    recovery_percentage: Number | None
    consecutive_periods: int
    severity: Severity | None
    notification_channels: list[str]
    applies_to: list[SubjectType]
    evaluate_open: bool
    is_active: bool


class NotificationView(View):
    """One message about an alert."""

    id: int
    channel: str
    state: str
    attempts: int
    sent_at: datetime | None
    delivered_at: datetime | None
    error: str | None


class AlertView(View):
    """An alert with its notifications."""

    id: int
    kpi_id: int
    kpi_key: str
    assignment_id: int
    user_id: int | None
    user_name: str | None
    team_id: int | None
    state: str
    severity: Severity
    text: str
    value: Number
    target: Number | dict[str, Number]
    period_start: date
    period_end: date
    opened_at: datetime
    resolved_at: datetime | None
    notifications: list[NotificationView]


class AlertList(View):
    """One page of alerts."""

    alerts: list[AlertView]
    next_cursor: str | None


class EmailSubscription(Body):
    """An address that gets the company's alerts."""

    channel: Literal["email"]
    address: Email


class SubscriptionView(View):
    """A subscription; email has to be confirmed by its owner first."""

    channel: str
    address: str
    subscription_arn: str


class AlertState(StrEnum):
    """Where an alert is in its life."""

    FIRING = "firing"
    RESOLVED = "resolved"


class AlertQuery(PageQuery):
    """Which alerts; a filter that is left out takes any."""

    state: AlertState | None = None
    severity: Severity | None = None
    kpi_id: Id | None = None
    user_id: Id | None = None


def create_alert_rule(
    kpi_id: int, draft: AlertRuleDraft, caller: Caller, work: UnitOfWork
) -> Json[AlertRuleView]:
    """Watch a KPI: one rule covers every subject that it applies to.

    Raises:
        NotFound: the company has no such KPI.
        InvalidContent: a recovery above the threshold.
    """
    if work.definitions.get(kpi_id) is None:
        raise NotFound("There is no such KPI.")
    rule_id = add_alert_rule(kpi_id, draft, caller, work)
    return Json(found(work.views.last("alert_rule", {"id": rule_id}), "alert rule"))


def add_alert_rule(kpi_id: int, draft: AlertRuleDraft, caller: Caller, work: UnitOfWork) -> int:
    """Insert a rule for a KPI of the company; its id.

    Raises:
        InvalidContent: as `create_alert_rule`.
    """
    if draft.recovery_percentage is not None and draft.recovery_percentage > draft.threshold_percentage:
        raise InvalidContent.of(
            "recovery_percentage", "recovery_percentage must not be above threshold_percentage."
        )
    rule = AlertRule(
        id=0,
        definition_id=kpi_id,
        alert_type=draft.alert_type,
        threshold_percentage=draft.threshold_percentage,
        recovery_percentage=draft.recovery_percentage,
        consecutive_periods=draft.consecutive_periods,
        severity=draft.severity,
        channels=tuple(sorted(set(draft.notification_channels))),
        applies_to=tuple(sorted(set(draft.applies_to))),
        evaluate_open=draft.evaluate_open,
    )
    rule_id = work.alert_rules.add(rule, caller.user_id, work.now)
    after = {"kpi_id": kpi_id, **draft.model_dump()}
    work.audit.record("alert_rule.created", ("alert_rule", rule_id), None, after)
    return rule_id


def subscribe(draft: EmailSubscription, caller: Caller, work: UnitOfWork, topics: Topics) -> SubscriptionView:
    """Let an address have the company's alert emails."""
    arn = topics.subscribe_email(topics.make(caller.company.id), draft.address)
    about = ("company", caller.company.id)
    work.audit.record("alerts.subscribed", about, None, {"address": draft.address})
    work.commit()
    return SubscriptionView(channel="email", address=draft.address, subscription_arn=arn)


def alerts_for(query: AlertQuery, caller: Caller, work: UnitOfWork) -> Json[AlertList]:
    """A page of the alerts about people, teams and the company that the caller may see, newest first."""
    return Json(list_view("alerts", query, work, **alerts_in_sight(caller)))


def alerts_in_sight(caller: Caller) -> dict[str, object]:
    """What a view of alerts binds: a person gets nothing about KPIs that they may not see."""
    teams = sorted(each for each in caller.actor.managed_team_ids if caller.actor.leads(each))
    return {"me": caller.user_id, "teams": teams, **scope_parameters(caller.actor)}
