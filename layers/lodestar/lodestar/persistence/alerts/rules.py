"""Alert rules: what is watched."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from lodestar.domain.alerts import AlertRule, AlertType, NotificationChannel, Severity
from lodestar.domain.assignments import SubjectType
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.tables import alert_rules


class SqlAlertRules(SqlStore):
    """Alert rules of the bound company."""

    def add_rule(self, rule: AlertRule, author_id: int, at: datetime) -> int:
        """Insert a rule; its id."""
        statement = insert(alert_rules).values(
            company_id=self._session.company_id,
            definition_id=rule.definition_id,
            alert_type=rule.alert_type,
            threshold_percentage=rule.threshold_percentage,
            recovery_percentage=rule.recovery_percentage,
            consecutive_periods=rule.consecutive_periods,
            severity=rule.severity,
            notification_channels=list(rule.channels),
            applies_to=list(rule.applies_to),
            evaluate_open=rule.evaluate_open,
            created_by=author_id,
            created_at=at,
        )
        return self._session.insert(statement.returning(alert_rules.c.id))

    def active_rules(self, definition_ids: Collection[int]) -> list[AlertRule]:
        """The active rules of these definitions."""
        rows = self._session.rows(
            "select * from lodestar.alert_rules where company_id = :company and is_active "
            "and definition_id = any(cast(:ids as bigint[])) order by id",
            ids=array(list(definition_ids)),
        )
        return [_rule(row) for row in rows]


def _rule(row: Mapping[str, Any]) -> AlertRule:
    return AlertRule(
        id=row["id"],
        definition_id=row["definition_id"],
        alert_type=AlertType(row["alert_type"]),
        threshold_percentage=row["threshold_percentage"],
        recovery_percentage=row["recovery_percentage"],
        consecutive_periods=row["consecutive_periods"],
        severity=None if row["severity"] is None else Severity(row["severity"]),
        channels=tuple(map(NotificationChannel, row["notification_channels"])),
        applies_to=tuple(map(SubjectType, row["applies_to"])),
        evaluate_open=row["evaluate_open"],
    )
