"""When a measurement makes an alert fire, go on or end. No I/O."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum

from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import TargetType
from lodestar.domain.targets import Target

CRITICAL_FROM = Decimal(40)
"""Percent off target from which an alert is critical."""


class AlertType(StrEnum):
    """The conditions that a rule can watch."""

    BELOW_TARGET = "below_target"
    ABOVE_TARGET = "above_target"
    TREND_DOWN = "trend_down"
    TREND_UP = "trend_up"


JUDGED_TYPES = (AlertType.BELOW_TARGET,)
"""The conditions that values are judged by; rules of the others are kept, and not active yet."""


class Severity(StrEnum):
    """How loud an alert is."""

    CRITICAL = "critical"
    WARNING = "warning"
    SUCCESS = "success"


class NotificationChannel(StrEnum):
    """How people hear of an alert. The dashboard shows the alert itself and needs no message."""

    EMAIL = "email"
    SLACK = "slack"
    DASHBOARD = "dashboard"


class AlertState(StrEnum):
    """Where an alert is in its life: `closed` ended for another reason than its value."""

    FIRING = "firing"
    RESOLVED = "resolved"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why an alert is over whose value has not recovered."""

    KPI_RETIRED = "kpi_retired"
    PERSON_LEFT = "person_left"
    TEAM_DISSOLVED = "team_dissolved"
    TERMS_ENDED = "terms_ended"
    WITHDRAWN = "withdrawn"


class NotificationState(StrEnum):
    """Where a message about an alert is: `dead` was tried as often as it may be, and is given up."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


class ConditionState(StrEnum):
    """How a rule finds one assignment; `pending`: it misses, in too few periods in a row so far."""

    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"


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
    channels: tuple[NotificationChannel, ...] = (NotificationChannel.DASHBOARD,)
    applies_to: tuple[SubjectType, ...] = tuple(SubjectType)
    evaluate_open: bool = False

    @property
    def recovers_below(self) -> Decimal:
        """Percent off target under which a firing alert resolves; the threshold unless set stricter."""
        return self.threshold_percentage if self.recovery_percentage is None else self.recovery_percentage

    def is_missed(self, off: Decimal) -> bool:
        """Whether a value that is `off` percent worse than its target is a miss; a met target never is."""
        return off > 0 and off >= self.threshold_percentage

    def is_recovered(self, off: Decimal) -> bool:
        """Whether a value that is `off` percent worse than its target ends a firing alert.

        A target that is met ends it even where the recovery is 0, under which no value can be.
        """
        return off == 0 or off < self.recovers_below


@dataclass(frozen=True, slots=True)
class WatchedAssignment:
    """One assignment under one rule: what a rule remembers, it remembers of each."""

    rule_id: int
    assignment_id: int


@dataclass(frozen=True, slots=True)
class Reading:
    """A measurement as a rule sees it: one revision of one closed (or open) period."""

    assignment_id: int
    subject_type: SubjectType
    period_start: date
    period_end: date
    revision: int
    is_open: bool
    value: Decimal | None
    target: Target | None


@dataclass(frozen=True, slots=True)
class RuleState:
    """What a rule remembers of one assignment: its condition, and the period and revision it judged last.

    `hits` counts the misses in a row, that period's included; while an alert fires they stay at what it took.
    Where that period is `ok` they are the misses right before it: corrected to a miss, it goes on with them.
    """

    state: ConditionState
    hits: int
    period_start: date
    revision: int
    alert_id: int | None = None

    def hits_before(self, period_start: date) -> int:
        """The misses in a row right before a period, which is the one that was judged last or a later one."""
        if period_start == self.period_start:
            return self.hits if self.state is ConditionState.OK else self.hits - 1
        return 0 if self.state is ConditionState.OK else self.hits

    def moved_to(self, period_start: date) -> "RuleState":
        """What was remembered of a period that there is no more, of the one in its place: not judged yet."""
        return replace(self, period_start=period_start, revision=_NOT_JUDGED)


_NOT_JUDGED = 0
"""Before the first revision of a measurement."""


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
    the rule asks), and a reading without value or target change nothing; nor does anything under a rule of
    a type that is not judged yet.
    """
    if not _concerns(rule, before, reading) or reading.value is None or reading.target is None:
        return None
    off = shortfall(reading.value, reading.target, direction)
    hits_before = 0 if before is None else before.hits_before(reading.period_start)
    now = RuleState(ConditionState.OK, hits_before, reading.period_start, reading.revision)
    if before is not None and before.state is ConditionState.FIRING:
        if rule.is_recovered(off):
            return Judgement(now, Event.RESOLVED, before.alert_id)
        # Whatever has not recovered goes on as the same alert, so that nobody is told of it twice.
        still = replace(now, state=ConditionState.FIRING, hits=before.hits, alert_id=before.alert_id)
        return Judgement(still, Event.CONTINUED, before.alert_id)
    if not rule.is_missed(off):
        return Judgement(now, None)
    hits = hits_before + 1
    if hits < rule.consecutive_periods:
        return Judgement(replace(now, state=ConditionState.PENDING, hits=hits), None)
    return Judgement(replace(now, state=ConditionState.FIRING, hits=hits), Event.OPENED)


def _concerns(rule: AlertRule, before: RuleState | None, reading: Reading) -> bool:
    if rule.alert_type not in JUDGED_TYPES or (reading.is_open and not rule.evaluate_open):
        return False
    if reading.subject_type not in rule.applies_to:
        return False
    # Judging a revision again would count it twice, and what an older period would say is no news.
    seen = None if before is None else (before.period_start, before.revision)
    return seen is None or (reading.period_start, reading.revision) > seen


def severity(rule: AlertRule, off: Decimal) -> Severity:
    """The rule's own severity, else critical from 40 % off target and warning below."""
    return rule.severity or (Severity.CRITICAL if off >= CRITICAL_FROM else Severity.WARNING)


def headline(level: Severity, kpi_name: str, off: Decimal, direction: TargetType) -> str:
    """`CRITICAL: Daily Revenue 45% below target`; above where lower is better."""
    side = {TargetType.HIGHER_BETTER: "below", TargetType.LOWER_BETTER: "above"}.get(direction, "off")
    return f"{level.upper()}: {kpi_name} {off.quantize(Decimal(1))}% {side} target"
