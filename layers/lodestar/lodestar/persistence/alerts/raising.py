"""What judging measurements reads and writes: the rules' memory, alerts, and the outbox."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from lodestar.application.alerts.ports import AlertFigures, FiringAlert, Notification
from lodestar.domain.alerts import AlertState, CloseReason, ConditionState, RuleState, WatchedAssignment
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.wire.exact_json import to_json


def _figures_rows() -> str:
    """Figures of alerts as rows of a table `t`; only those that are updated have an `id`.

    Binds: rows (a JSON array of objects).
    """
    return """jsonb_to_recordset(cast(:rows as jsonb)) as t(id bigint, rule_id bigint,
  assignment_id bigint, definition_id bigint, severity text, text text, value numeric, target_low numeric,
  target_high numeric, period_start date, period_end date)"""


# Binds: company, rows, at.
_OPEN = f"""
insert into lodestar.alerts (company_id, rule_id, assignment_id, definition_id, state, severity, text, value,
  target_low, target_high, period_start, period_end, opened_at, updated_at)
select :company, t.rule_id, t.assignment_id, t.definition_id, 'firing', t.severity, t.text, t.value,
  t.target_low, t.target_high, t.period_start, t.period_end, :at, :at
from {_figures_rows()}
returning id, rule_id, assignment_id"""

# Binds: company, rows, state, at.
_UPDATE = f"""
update lodestar.alerts a set state = :state, severity = t.severity, text = t.text, value = t.value,
  target_low = t.target_low, target_high = t.target_high, period_start = t.period_start,
  period_end = t.period_end, updated_at = :at,
  resolved_at = case when :state = 'resolved' then cast(:at as timestamptz) end
from {_figures_rows()}
where a.company_id = :company and a.id = t.id"""

# Binds: company.
_FIRING = """
select id, assignment_id, definition_id, period_start, period_end from lodestar.alerts
where company_id = :company and state = 'firing' order by id for no key update"""

# Binds: company, ids, reason, at.
_CLOSE = """
with closed as (
  update lodestar.alerts set state = 'closed', close_reason = :reason, closed_at = :at, updated_at = :at
  where company_id = :company and id = any(cast(:ids as bigint[])) and state = 'firing'
  returning rule_id, assignment_id
)
update lodestar.alert_states s set state = 'ok', hits = 0, alert_id = null
from closed c
where s.company_id = :company and s.rule_id = c.rule_id and s.assignment_id = c.assignment_id"""

# Binds: company, rows.
_REMEMBER = """
insert into lodestar.alert_states
  (company_id, rule_id, assignment_id, state, hits, period_start, revision, alert_id)
select :company, t.* from jsonb_to_recordset(cast(:rows as jsonb)) as t(rule_id bigint, assignment_id bigint,
  state text, hits smallint, period_start date, revision integer, alert_id bigint)
on conflict (company_id, rule_id, assignment_id) do update set
  state = excluded.state, hits = excluded.hits, period_start = excluded.period_start,
  revision = excluded.revision, alert_id = excluded.alert_id"""

# Binds: company, rows, at. What is due at once is found by the next relay if its message is lost.
_NOTIFY = """
insert into lodestar.notifications (company_id, alert_id, channel, subject, body, not_before)
select :company, t.alert_id, t.channel, t.subject, t.body, :at
from jsonb_to_recordset(cast(:rows as jsonb)) as t(alert_id bigint, channel text, subject text, body jsonb)"""


class SqlRaisedAlerts(SqlStore):
    """Alerts of the bound company and what its rules remember, many at a time."""

    def rule_states(self, rule_ids: Collection[int]) -> Mapping[WatchedAssignment, RuleState]:
        """What they remember of each assignment that they have judged."""
        rows = self._session.rows(
            "select * from lodestar.alert_states where company_id = :company "
            "and rule_id = any(cast(:ids as bigint[]))",
            ids=array(list(rule_ids)),
        )
        return {WatchedAssignment(row["rule_id"], row["assignment_id"]): _rule_state(row) for row in rows}

    def open_alerts(self, alerts: Sequence[AlertFigures], at: datetime) -> list[int]:
        """Insert firing alerts; their ids in the same order."""
        if not alerts:
            return []
        rows = self._session.rows(_OPEN, rows=to_json([_figures(alert) for alert in alerts]), at=at)
        # `returning` gives rows in no order that could be relied on.
        ids = {(row["rule_id"], row["assignment_id"]): row["id"] for row in rows}
        return [ids[alert.rule_id, alert.assignment_id] for alert in alerts]

    def update_alerts(self, alerts: Mapping[int, AlertFigures], state: AlertState, at: datetime) -> None:
        """Write new figures of alerts by id, and whether they go on or are over."""
        if alerts:
            rows = [_figures(alert) | {"id": alert_id} for alert_id, alert in alerts.items()]
            self._session.run(_UPDATE, rows=to_json(rows), state=state, at=at)

    def firing_alerts(self) -> list[FiringAlert]:
        """All alerts that fire, in the order of their ids; nobody else ends them until then."""
        return [FiringAlert(**row) for row in self._session.rows(_FIRING)]

    def close_alerts(self, alert_ids: Collection[int], reason: CloseReason, at: datetime) -> None:
        """End these alerts; their rules forget the misses that they have counted."""
        if alert_ids:
            self._session.run(_CLOSE, ids=array(sorted(alert_ids)), reason=reason, at=at)

    def save_rule_states(self, states: Mapping[WatchedAssignment, RuleState]) -> None:
        """Write what the rules remember of each assignment."""
        rows = [
            {
                "rule_id": watched.rule_id,
                "assignment_id": watched.assignment_id,
                "state": state.state,
                "hits": state.hits,
                "period_start": state.period_start,
                "revision": state.revision,
                "alert_id": state.alert_id,
            }
            for watched, state in states.items()
        ]
        if rows:
            self._session.run(_REMEMBER, rows=to_json(rows))

    def add_notifications(self, notifications: Sequence[Notification], at: datetime) -> None:
        """Put notifications in the outbox."""
        if notifications:
            rows = [
                {
                    "alert_id": notification.alert_id,
                    "channel": notification.channel,
                    "subject": notification.subject,
                    "body": notification.body,
                }
                for notification in notifications
            ]
            self._session.run(_NOTIFY, rows=to_json(rows), at=at)


def _rule_state(row: Mapping[str, Any]) -> RuleState:
    return RuleState(
        state=ConditionState(row["state"]),
        hits=row["hits"],
        period_start=row["period_start"],
        revision=row["revision"],
        alert_id=row["alert_id"],
    )


def _figures(alert: AlertFigures) -> dict[str, Any]:
    return {
        "rule_id": alert.rule_id,
        "assignment_id": alert.assignment_id,
        "definition_id": alert.definition_id,
        "severity": alert.severity,
        "text": alert.text,
        "value": alert.value,
        "target_low": alert.target.low,
        "target_high": alert.target.high,
        "period_start": alert.period_start,
        "period_end": alert.period_end,
    }
