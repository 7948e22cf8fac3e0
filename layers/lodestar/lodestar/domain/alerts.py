"""When a measurement makes an alert fire, go on or end. No I/O."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from lodestar.domain.definitions import TargetType
from lodestar.domain.targets import Target

CRITICAL_FROM = Decimal(40)
"""Percent off target from which an alert is critical."""


class AlertType(StrEnum):
    """The conditions that a rule can watch."""

    BELOW_TARGET = "below_target"


class Severity(StrEnum):
    """How loud an alert is."""

    CRITICAL = "critical"
    WARNING = "warning"
    SUCCESS = "success"


@dataclass(frozen=True, slots=True)
class AlertRule:
    """A condition on every subject of a KPI. Percentages are 0–100 of the target."""

    id: int
    definition_id: int
    alert_type: AlertType
    threshold_percentage: Decimal
    recovery_percentage: Decimal | None = None
    consecutive_periods: int = 1
    severity: Severity | None = None
    channels: tuple[str, ...] = ("dashboard",)
    applies_to: tuple[str, ...] = ("user", "team", "company")
    evaluate_open: bool = False

    @property
    def recovers_below(self) -> Decimal:
        """Percent off target under which a firing alert resolves; the threshold unless set stricter."""
        return self.threshold_percentage if self.recovery_percentage is None else self.recovery_percentage


@dataclass(frozen=True, slots=True)
class Reading:
    """A measurement as a rule sees it: one revision of one closed (or open) period."""

    assignment_id: int
    subject_type: str
    period_start: date
    period_end: date
    revision: int
    is_open: bool
    value: Decimal | None
    target: Target | None


@dataclass(frozen=True, slots=True)
class RuleState:
    """What a rule remembers of one assignment: ok, pending or firing, and the last revision it judged."""

    state: str
    hits: int
    period_start: date
    revision: int
    alert_id: int | None = None


class Event(StrEnum):
    """What a judged reading means for the alert."""

    OPENED = "opened"
    CONTINUED = "continued"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The state after a reading, the event to act on, if any, and the alert that goes on or ends."""

    state: RuleState
    event: Event | None
    alert_id: int | None = None


def shortfall(value: Decimal, target: Target, direction: TargetType) -> Decimal:
    """How many percent worse than its target a value is: 0 when it is met; worse by direction.

    Against a target of 0 there is no percentage: a missed one counts as 100.
    """
    bound, distance = _missed_bound(value, target, direction)
    if distance <= 0:
        return Decimal(0)
    return Decimal(100) if bound == 0 else distance / abs(bound) * 100


def _missed_bound(value: Decimal, target: Target, direction: TargetType) -> tuple[Decimal, Decimal]:
    too_low, too_high = target.low - value, value - target.high
    if direction is TargetType.HIGHER_BETTER:
        return target.low, too_low
    if direction is TargetType.LOWER_BETTER:
        return target.high, too_high
    return (target.low, too_low) if too_low > too_high else (target.high, too_high)


def judge(
    rule: AlertRule, direction: TargetType, before: RuleState | None, reading: Reading
) -> Judgement | None:
    """What `reading` changes under `rule`; None when the rule has nothing to say about it.

    A revision that was judged before, a period older than the last judged one, an open period (unless
    the rule asks), and a reading without value or target change nothing.
    """
    if not _concerns(rule, before, reading) or reading.value is None or reading.target is None:
        return None
    off = shortfall(reading.value, reading.target, direction)
    now = RuleState("ok", 0, reading.period_start, reading.revision)
    was = before or now
    if was.state == "firing":
        if off < rule.recovers_below:
            return Judgement(now, Event.RESOLVED, was.alert_id)
        still = replace(now, state="firing", hits=was.hits, alert_id=was.alert_id)
        return Judgement(still, Event.CONTINUED, was.alert_id)
    if off < rule.threshold_percentage or off == 0:
        return Judgement(now, None)
    same_period = before is not None and before.period_start == reading.period_start
    hits = max(was.hits, 1) if same_period else was.hits + 1
    if hits < rule.consecutive_periods:
        return Judgement(replace(now, state="pending", hits=hits), None)
    return Judgement(replace(now, state="firing", hits=hits), Event.OPENED)


def _concerns(rule: AlertRule, before: RuleState | None, reading: Reading) -> bool:
    if reading.is_open and not rule.evaluate_open:
        return False
    if reading.subject_type not in rule.applies_to:
        return False
    seen = None if before is None else (before.period_start, before.revision)
    return seen is None or (reading.period_start, reading.revision) > seen


def severity(rule: AlertRule, off: Decimal) -> Severity:
    """The rule's own severity, else critical from 40 % off target and warning below."""
    return rule.severity or (Severity.CRITICAL if off >= CRITICAL_FROM else Severity.WARNING)


def headline(level: Severity, kpi_name: str, off: Decimal, direction: TargetType) -> str:
    """`CRITICAL: Daily Revenue 45% below target`; above where lower is better."""
    side = {TargetType.HIGHER_BETTER: "below", TargetType.LOWER_BETTER: "above"}.get(direction, "off")
    return f"{level.upper()}: {kpi_name} {off.quantize(Decimal(1))}% {side} target"
