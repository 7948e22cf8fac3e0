"""Alert rules, their memory, alerts and the outbox, of the bound company."""

from lodestar.persistence.alerts.notifying import SqlDeliveries, SqlOutbox
from lodestar.persistence.alerts.raising import SqlRaisedAlerts
from lodestar.persistence.alerts.rules import SqlAlertRules
from lodestar.persistence.alerts.subscriptions import SqlSubscriptions


class SqlAlertStore(SqlAlertRules, SqlRaisedAlerts, SqlSubscriptions, SqlOutbox, SqlDeliveries):
    """Alert rules, alerts and their notifications, of the bound company."""
