"""What leaves about an alert: the JSON that an email shows and that Slack's message is made of."""

from typing import Any

from lodestar.application.alerts.ports import AlertFigures, ClaimedNotification
from lodestar.domain.definitions import Definition


def notification_body(definition: Definition, figures: AlertFigures) -> dict[str, Any]:
    """The facts of an alert; numbers as text, so that no reader rounds them."""
    return {
        "kpi": definition.key,
        "kpi_name": definition.name,
        "category": definition.category,
        "severity": figures.severity,
        "text": figures.text,
        "value": str(figures.value),
        "target": str(figures.target.low),
        "period_start": figures.period_start.isoformat(),
        "period_end": figures.period_end.isoformat(),
        "assignment_id": figures.assignment_id,
    }


def topic_message(company_id: int, claimed: ClaimedNotification) -> dict[str, Any]:
    """A notification's body with what subscribers filter by, and the id by which they know a double."""
    return dict(claimed.notification.body) | {
        "company_id": company_id,
        "notification_id": claimed.id,
        "channel": claimed.notification.channel,
    }
