"""Alerts end with what they are about: a KPI, a person, a team, terms, or the value itself."""

from collections.abc import Callable, Collection

from lodestar.application.alerts.ports import AlertWork, FiringAlert
from lodestar.domain.alerts import CloseReason
from lodestar.domain.measurements import SlotKey
from lodestar.domain.periods import Period
from lodestar.domain.runs import NewRun, RunKind


def close_alerts_of_kpi(definition_id: int, work: AlertWork) -> None:
    """End the alerts of a KPI that is retired."""
    _close(lambda alert: alert.definition_id == definition_id, CloseReason.KPI_RETIRED, work)


def close_alerts_of(assignment_ids: Collection[int], reason: CloseReason, work: AlertWork) -> None:
    """End the alerts about these assignments."""
    _close(lambda alert: alert.assignment_id in assignment_ids, reason, work)


def close_withdrawn_alerts(slots: Collection[SlotKey], work: AlertWork) -> None:
    """End the alerts about values that are taken out of sight."""
    gone = set(slots)
    _close(lambda alert: _slot(alert) in gone, CloseReason.WITHDRAWN, work)


def close_ended_alerts(due: NewRun, work: AlertWork) -> int:
    """End the alerts of earlier periods whose subject has no terms in a closed period that is due; how many.

    Until then an alert about the last period that had terms is news.
    """
    if due.kind is not RunKind.SCHEDULED or due.cadence is None:
        return 0
    period = Period(due.cadence, due.period_start, due.period_end)
    earlier = [alert for alert in work.alerts.firing_alerts() if alert.period_end < period.start]
    if not earlier:
        return 0
    kpis = {kpi.id for kpi in work.definitions.all() if kpi.aggregation_period is period.cadence}
    assignments = work.assignments.by_ids({alert.assignment_id for alert in earlier})
    over = {each.id for each in assignments if each.definition_id in kpis and not each.covers(period)}
    ids = [alert.id for alert in earlier if alert.assignment_id in over]
    work.alerts.close_alerts(ids, CloseReason.TERMS_ENDED, work.now)
    return len(ids)


def _close(is_over: Callable[[FiringAlert], bool], reason: CloseReason, work: AlertWork) -> None:
    ids = [alert.id for alert in work.alerts.firing_alerts() if is_over(alert)]
    work.alerts.close_alerts(ids, reason, work.now)


def _slot(alert: FiringAlert) -> SlotKey:
    return SlotKey(alert.assignment_id, alert.period_start, alert.period_end)
