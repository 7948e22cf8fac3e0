"""Types: enums. Made from the OpenAPI document by `make openapi`: change that, not this."""

from enum import StrEnum


class CloseReason(StrEnum):
    """Why an alert is over whose value has not recovered."""

    KPI_RETIRED = "kpi_retired"
    PERSON_LEFT = "person_left"
    TEAM_DISSOLVED = "team_dissolved"
    TERMS_ENDED = "terms_ended"
    WITHDRAWN = "withdrawn"


class NotificationChannel(StrEnum):
    """How people hear of an alert. The dashboard shows the alert itself and needs no message."""

    EMAIL = "email"
    SLACK = "slack"
    DASHBOARD = "dashboard"


class NotificationState(StrEnum):
    """Where a message about an alert is: `dead` was tried as often as it may be, and is given up."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


class Severity(StrEnum):
    """How loud an alert is."""

    CRITICAL = "critical"
    WARNING = "warning"
    SUCCESS = "success"


class AlertState(StrEnum):
    """Where an alert is in its life: `closed` ended for another reason than its value."""

    FIRING = "firing"
    RESOLVED = "resolved"
    CLOSED = "closed"


class AlertType(StrEnum):
    """The conditions that a rule can watch."""

    BELOW_TARGET = "below_target"
    ABOVE_TARGET = "above_target"
    TREND_DOWN = "trend_down"
    TREND_UP = "trend_up"


class SubjectType(StrEnum):
    """What a KPI is measured for."""

    USER = "user"
    TEAM = "team"
    COMPANY = "company"


class Unit(StrEnum):
    """What a value counts in."""

    COUNT = "count"
    NUMBER = "number"
    CURRENCY = "currency"
    PERCENT_SIGN = "%"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    SCORE = "score"


class Rollup(StrEnum):
    """How the values of people or periods become the value of a team or a longer period."""

    SUM = "sum"
    AVERAGE = "average"
    WEIGHTED_AVERAGE = "weighted_average"
    RATIO = "ratio"
    LAST = "last"
    NONE = "none"


class ValueWay(StrEnum):
    """How a number comes about."""

    ROLLED_UP = "rolled_up"
    RAW_ROWS = "raw_rows"
    FORMULA = "formula"
    ENTERED = "entered"
    UNKNOWN = "unknown"


class Cadence(StrEnum):
    """How often a KPI is measured: its `aggregation_period`."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


class InputSubject(StrEnum):
    """Whose measurement a formula takes: its own subject's, that subject's team's, or the company's."""

    SAME = "same"
    TEAM = "team"
    COMPANY = "company"


class PeriodState(StrEnum):
    """Whether a period lies ahead, runs or is over."""

    NOT_BEGUN = "not_begun"
    OPEN = "open"
    CLOSED = "closed"


class TargetWord(StrEnum):
    """What the document calls TargetWord."""

    ASSIGNMENT_TARGET = "assignment_target"
    ASSIGNMENT_DEFAULT = "assignment_default"
    COMPANY_TARGET = "company_target"
    NONE = "none"


class CalculationType(StrEnum):
    """How a value comes about, in one word for lists and filters; it follows from the data source."""

    MANUAL = "manual"
    QUERY = "query"
    API = "api"
    FORMULA = "formula"
    RECORDS = "records"


class Category(StrEnum):
    """The part of the business that a KPI speaks about; permissions are given per category."""

    CUSTOMER_SUPPORT = "customer_support"
    SALES = "sales"
    MARKETING = "marketing"
    OPERATIONS = "operations"
    FINANCE = "finance"
    CUSTOM = "custom"


class Status(StrEnum):
    """What an achievement means, in the words of the definition's thresholds."""

    EXCEEDS = "exceeds"
    ON_TRACK = "on_track"
    NEEDS_ATTENTION = "needs_attention"
    CRITICAL = "critical"
    NO_TARGET = "no_target"
    NO_DATA = "no_data"


class TargetType(StrEnum):
    """Which way is good."""

    HIGHER_BETTER = "higher_better"
    LOWER_BETTER = "lower_better"
    EXACT = "exact"
    RANGE = "range"


class Direction(StrEnum):
    """Where a KPI is going, judged by what is good for it."""

    IMPROVING = "improving"
    DECLINING = "declining"
    FLAT = "flat"


class MeasurementState(StrEnum):
    """`open` while the period runs, `final` once it is closed, `restated` when it changed after that."""

    OPEN = "open"
    FINAL = "final"
    RESTATED = "restated"


class NotMeasuredOutcome(StrEnum):
    """A word of `outcome`."""

    ERROR = "error"
    SKIPPED = "skipped"


class RunState(StrEnum):
    """Where a run is in its life."""

    PLANNED = "planned"
    RUNNING = "running"
    COMPLETED = "completed"
    COMPLETED_WITH_FAILURES = "completed_with_failures"
    CANCELLED = "cancelled"


class TargetOrigin(StrEnum):
    """Which rule gave the target."""

    RANGE = "range"
    ASSIGNMENT_DEFAULT = "assignment_default"
    COMPANY = "company"
    NONE = "none"
