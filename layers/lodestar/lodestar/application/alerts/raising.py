"""Judging fresh measurements by the alert rules: state, alerts and outbox in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lodestar.application.alerts.ports import AlertFigures, AlertWork, Notification
from lodestar.domain.alerts import (
    AlertRule,
    Event,
    Judgement,
    Reading,
    RuleState,
    headline,
    judge,
    severity,
    shortfall,
)
from lodestar.domain.assignments import SubjectType
from lodestar.domain.measurements import Measurement, WrittenMeasurement


@dataclass(frozen=True, slots=True)
class _Case:
    rule: AlertRule
    row: Measurement
    judgement: Judgement

    @property
    def key(self) -> tuple[int, int]:
        return self.rule.id, self.row.slot.assignment_id

    @property
    def alert_id(self) -> int:
        assert self.judgement.alert_id is not None  # noqa: S101 — only a firing alert goes on or ends
        return self.judgement.alert_id


def raise_alerts(
    written: Sequence[WrittenMeasurement],
    rows: Iterable[Measurement],
    kinds: Mapping[int, SubjectType],
    work: AlertWork,
) -> int:
    """Judge what a write changed; how many notifications went to the outbox.

    `kinds` tells each assignment's subject type. Only changed measurements are judged, so judging the
    same revision again is impossible by construction.
    """
    rules = work.alerts.active_rules({each.slot.definition.id for each in rows}) if written else []
    if not rules:
        return 0
    states = work.alerts.rule_states({each.id for each in rules})
    return _act_on(_cases(written, rows, kinds, (rules, states)), work)


def _cases(
    written: Sequence[WrittenMeasurement],
    rows: Iterable[Measurement],
    kinds: Mapping[int, SubjectType],
    memory: tuple[Sequence[AlertRule], dict[tuple[int, int], RuleState]],
) -> list[_Case]:
    rules, states = memory
    by_key = {(each.slot.assignment_id, each.slot.period.start): each for each in rows}
    cases: dict[tuple[int, int], _Case] = {}
    for change in sorted(written, key=lambda each: each.period_start):
        row = by_key[change.assignment_id, change.period_start]
        if not row.slot.is_news:
            continue  # what an older period would have opened is no news now
        reading = _reading(row, change, kinds[change.assignment_id])
        for rule in rules:
            if rule.definition_id != row.slot.definition.id:
                continue
            judgement = judge(
                rule, row.slot.definition.target_type, states.get((rule.id, change.assignment_id)), reading
            )
            if judgement is not None:
                cases[rule.id, change.assignment_id] = _Case(rule, row, judgement)
    return list(cases.values())


def _reading(row: Measurement, change: WrittenMeasurement, kind: SubjectType) -> Reading:
    return Reading(
        assignment_id=row.slot.assignment_id,
        subject_type=kind,
        period_start=row.slot.period.start,
        period_end=row.slot.period.end,
        revision=change.revision,
        is_open=row.slot.is_open,
        value=row.value,
        target=row.target,
    )


def _act_on(cases: list[_Case], work: AlertWork) -> int:
    states = {each.key: each.judgement.state for each in cases}
    opened = [each for each in cases if each.judgement.event is Event.OPENED]
    figures = [_figures(each) for each in opened]
    ids = work.alerts.open_alerts(figures, work.now)
    for case, alert_id in zip(opened, ids, strict=True):
        states[case.key] = replace(case.judgement.state, alert_id=alert_id)
    for event, state in ((Event.CONTINUED, "firing"), (Event.RESOLVED, "resolved")):
        going_on = [each for each in cases if each.judgement.event is event]
        work.alerts.update_alerts({each.alert_id: _figures(each) for each in going_on}, state, work.now)
    work.alerts.save_rule_states(states)
    notifications = [
        Notification(alert_id, channel, figure.text, _message(case, figure))
        for case, figure, alert_id in zip(opened, figures, ids, strict=True)
        for channel in case.rule.channels
        if channel != "dashboard"  # its inbox is the alert itself
    ]
    work.alerts.add_notifications(notifications, work.now)
    return len(notifications)


def _figures(case: _Case) -> AlertFigures:
    row = case.row
    assert row.value is not None  # noqa: S101 — judge() has nothing to say about a reading
    assert row.target is not None  # noqa: S101 — without a value and a target
    direction = row.slot.definition.target_type
    off = shortfall(row.value, row.target, direction)
    level = severity(case.rule, off)
    return AlertFigures(
        rule_id=case.rule.id,
        assignment_id=row.slot.assignment_id,
        definition_id=row.slot.definition.id,
        severity=level,
        text=headline(level, row.slot.definition.name, off, direction),
        value=row.value,
        target=row.target,
        period_start=row.slot.period.start,
        period_end=row.slot.period.end,
    )


def _message(case: _Case, figures: AlertFigures) -> dict[str, Any]:
    """What a channel shows; numbers as text, so that no reader rounds them."""
    return {
        "kpi": case.row.slot.definition.key,
        "kpi_name": case.row.slot.definition.name,
        "category": case.row.slot.definition.category,
        "severity": figures.severity,
        "text": figures.text,
        "value": str(figures.value),
        "target": str(figures.target.low),
        "period_start": figures.period_start.isoformat(),
        "period_end": figures.period_end.isoformat(),
        "assignment_id": figures.assignment_id,
    }
