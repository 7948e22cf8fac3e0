"""Judging fresh measurements by the alert rules: states, alerts and outbox in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lodestar.application.alerts.messages import notification_body
from lodestar.application.alerts.ports import AlertFigures, AlertWork, Notification
from lodestar.domain.alerts import (
    AlertRule,
    AlertState,
    Event,
    Judgement,
    NotificationChannel,
    Reading,
    RuleState,
    WatchedAssignment,
    headline,
    judge,
    severity,
    shortfall,
)
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import Measurement, WrittenMeasurement


@dataclass(frozen=True, slots=True)
class _JudgedMeasurement:
    rule: AlertRule
    measurement: Measurement
    judgement: Judgement

    @property
    def watched(self) -> WatchedAssignment:
        return WatchedAssignment(self.rule.id, self.measurement.slot.assignment_id)

    @property
    def definition(self) -> Definition:
        return self.measurement.slot.definition

    @property
    def alert_id(self) -> int:
        assert self.judgement.alert_id is not None  # noqa: S101 — only a firing alert goes on or ends
        return self.judgement.alert_id


def raise_alerts(
    written: Sequence[WrittenMeasurement],
    measurements: Iterable[Measurement],
    subject_types: Mapping[int, SubjectType],
    work: AlertWork,
) -> int:
    """Judge what a write changed; how many notifications went to the outbox.

    `subject_types` tells by assignment id who is measured. Only what the write changed is judged: a batch
    that is calculated again with the same results raises nothing.

    The states are read once, so an assignment's newest closed period and its running one are judged in two
    calls: in one call the second judgement would not know of the first.
    """
    if not written:
        return 0
    rules = work.alerts.active_rules({measurement.slot.definition.id for measurement in measurements})
    if not rules:
        return 0
    states = work.alerts.rule_states({rule.id for rule in rules})
    judged = _judged(written, measurements, subject_types, rules, states)
    return _act_on(judged, work)


def _judged(
    written: Sequence[WrittenMeasurement],
    measurements: Iterable[Measurement],
    subject_types: Mapping[int, SubjectType],
    rules: Sequence[AlertRule],
    states: Mapping[WatchedAssignment, RuleState],
) -> list[_JudgedMeasurement]:
    by_key = {measurement.slot.key: measurement for measurement in measurements}
    judged: dict[WatchedAssignment, _JudgedMeasurement] = {}
    for change in sorted(written, key=lambda change: change.key.period_start):
        measurement = by_key[change.key]
        # Nobody is to be woken for what a backfill finds out about last year, nor by a few days of a month,
        # nor by a KPI that is no longer in use.
        slot = measurement.slot
        if not slot.is_news or measurement.is_partial or not slot.definition.is_active:
            continue
        reading = _reading(measurement, change, subject_types[change.key.assignment_id])
        for rule in rules:
            if rule.definition_id != measurement.slot.definition.id:
                continue
            before = states.get(WatchedAssignment(rule.id, change.key.assignment_id))
            judgement = judge(rule, measurement.slot.definition.target_type, before, reading)
            if judgement is not None:
                verdict = _JudgedMeasurement(rule, measurement, judgement)
                judged[verdict.watched] = verdict
    return list(judged.values())


def _reading(measurement: Measurement, change: WrittenMeasurement, subject_type: SubjectType) -> Reading:
    return Reading(
        assignment_id=measurement.slot.assignment_id,
        subject_type=subject_type,
        period_start=measurement.slot.period.start,
        period_end=measurement.slot.period.end,
        revision=change.revision,
        is_open=measurement.slot.is_open,
        value=measurement.value,
        target=measurement.target,
    )


def _act_on(judged: list[_JudgedMeasurement], work: AlertWork) -> int:
    states = {verdict.watched: verdict.judgement.state for verdict in judged}
    opened = [verdict for verdict in judged if verdict.judgement.event is Event.OPENED]
    figures = [_figures(verdict) for verdict in opened]
    alert_ids = work.alerts.open_alerts(figures, work.now)
    for verdict, alert_id in zip(opened, alert_ids, strict=True):
        # The rule remembers which alert it opened: the next judgement goes on with it, or ends it.
        states[verdict.watched] = replace(verdict.judgement.state, alert_id=alert_id)
    for event, state in ((Event.CONTINUED, AlertState.FIRING), (Event.RESOLVED, AlertState.RESOLVED)):
        going_on = [verdict for verdict in judged if verdict.judgement.event is event]
        new_figures = {verdict.alert_id: _figures(verdict) for verdict in going_on}
        work.alerts.update_alerts(new_figures, state, work.now)
    work.alerts.save_rule_states(states)
    # Only an alert that opens is told of: one that goes on would send a message with every period.
    notifications = [
        Notification(alert_id, channel, figure.text, notification_body(verdict.definition, figure))
        for verdict, figure, alert_id in zip(opened, figures, alert_ids, strict=True)
        for channel in verdict.rule.channels
        if channel is not NotificationChannel.DASHBOARD  # it shows the alert itself
    ]
    work.alerts.add_notifications(notifications, work.now)
    return len(notifications)


def _figures(verdict: _JudgedMeasurement) -> AlertFigures:
    measurement = verdict.measurement
    assert measurement.value is not None  # noqa: S101 — judge() has nothing to say about a reading
    assert measurement.target is not None  # noqa: S101 — without a value and a target
    direction = verdict.definition.target_type
    off = shortfall(measurement.value, measurement.target, direction)
    level = severity(verdict.rule, off)
    return AlertFigures(
        rule_id=verdict.rule.id,
        assignment_id=measurement.slot.assignment_id,
        definition_id=verdict.definition.id,
        severity=level,
        text=headline(level, verdict.definition.name, off, direction),
        value=measurement.value,
        target=measurement.target,
        period_start=measurement.slot.period.start,
        period_end=measurement.slot.period.end,
    )
