"""What a KPI is: its definition, with unit, direction and thresholds, and what makes a new version of it."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from lodestar.domain.periods import Cadence, Period
from lodestar.domain.refusals import InvalidContent
from lodestar.domain.sources import (
    METHODS_THAT_ADD_UP,
    DatabaseSource,
    DataSource,
    FormulaSource,
    IntercomMetric,
    IntercomSource,
    ManualSource,
    RecordsSource,
    UnreadableSource,
)

MAX_DECIMALS = 4
"""Values are NUMERIC(18,4): more decimals are never stored, so never shown."""
FIELDS_OF_A_VERSION = frozenset(
    {"data_source", "unit", "aggregation_period", "target_type", "thresholds", "rollup", "missing_data"}
)
"""The fields that decide how, and how strictly, a KPI measures: a change of one makes a new version."""

_SLUG = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")


class Category(StrEnum):
    """The part of the business that a KPI speaks about; permissions are given per category."""

    CUSTOMER_SUPPORT = "customer_support"
    SALES = "sales"
    MARKETING = "marketing"
    OPERATIONS = "operations"
    FINANCE = "finance"
    CUSTOM = "custom"


class CalculationType(StrEnum):
    """How a value comes about, in one word for lists and filters; it follows from the data source."""

    MANUAL = "manual"
    QUERY = "query"
    API = "api"
    FORMULA = "formula"
    RECORDS = "records"


class Unit(StrEnum):
    """What a value counts in."""

    COUNT = "count"
    NUMBER = "number"
    CURRENCY = "currency"
    PERCENT = "%"
    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    SCORE = "score"


class TargetType(StrEnum):
    """Which way is good."""

    HIGHER_BETTER = "higher_better"
    LOWER_BETTER = "lower_better"
    EXACT = "exact"
    RANGE = "range"


class MissingData(StrEnum):
    """What a period without a value does to the score: left out, counted as 0, or the latest final value."""

    EXCLUDE = "exclude"
    ZERO = "zero"
    CARRY = "carry"


class Rollup(StrEnum):
    """How the values of people or periods become the value of a team or a longer period."""

    SUM = "sum"
    AVERAGE = "average"
    WEIGHTED_AVERAGE = "weighted_average"
    RATIO = "ratio"
    LAST = "last"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The least achievement (percent) of each status; `InvalidContent` unless they descend."""

    exceeds: Decimal = Decimal(100)
    on_track: Decimal = Decimal(80)
    needs_attention: Decimal = Decimal(60)

    def __post_init__(self) -> None:
        if not self.exceeds > self.on_track > self.needs_attention >= 0:
            raise InvalidContent.of(
                "thresholds",
                "thresholds must descend: exceeds above on_track above needs_attention, none below 0.",
            )


@dataclass(frozen=True, slots=True)
class Definition:
    """What a KPI is and how it is calculated, in one version.

    `precision` is the number of decimals shown, `lookback_periods` the number of closed periods that every
    scheduled run examines again because data comes late. `created_by` is absent when the platform
    made it. Periods that end on `retired_on` or later are none of a retired KPI. Raises `InvalidContent` for
    a field out of its bounds.
    """

    id: int
    key: str
    name: str
    description: str
    category: Category
    data_source: DataSource
    unit: Unit
    precision: int
    aggregation_period: Cadence
    target_type: TargetType
    thresholds: Thresholds
    missing_data: MissingData
    rollup: Rollup
    is_active: bool
    version: int
    created_by: int | None
    created_at: datetime
    updated_at: datetime
    lookback_periods: int = 2
    retired_on: date | None = None

    @property
    def known_category(self) -> Category | None:
        """The category that rights go by; None where this version does not know what is stored there."""
        source = self.data_source
        return (
            None if isinstance(source, UnreadableSource) and "category" in source.columns else self.category
        )

    def __post_init__(self) -> None:
        if not _SLUG.fullmatch(self.key):
            raise InvalidContent.of(
                "key", 'key must be a slug of small letters, digits, "_" and "-", such as "deals_closed".'
            )
        if not 0 <= self.precision <= MAX_DECIMALS:
            raise InvalidContent.of("precision", f"precision must be from 0 to {MAX_DECIMALS} decimals.")
        if self.lookback_periods < 0:
            raise InvalidContent.of("lookback_periods", "lookback_periods must be 0 or more.")

    @property
    def calculation_type(self) -> CalculationType | None:
        """How the value comes about, as the data source says it; None where that cannot be read."""
        match self.data_source:
            case ManualSource():
                return CalculationType.MANUAL
            case DatabaseSource():
                return CalculationType.QUERY
            case RecordsSource():
                return CalculationType.RECORDS
            case FormulaSource():
                return CalculationType.FORMULA
            case IntercomSource():
                return CalculationType.API
            case UnreadableSource():
                return None

    @property
    def adds_up(self) -> bool:
        """Whether people's values add up to the company's, so that its target is no goal for each of them."""
        match self.data_source:
            case RecordsSource(method=method) if method in METHODS_THAT_ADD_UP:
                return True
            case IntercomSource(metric=IntercomMetric.CONVERSATIONS_CLOSED):
                return True
        return self.rollup is Rollup.SUM

    def retired(self, day: date, now: datetime) -> "Definition":
        """No longer in use from a day on."""
        return replace(self, is_active=False, retired_on=day, updated_at=now)

    def ended_in_use(self, period: Period) -> bool:
        """Whether the KPI was in use when a period ended."""
        return self.is_active or (self.retired_on is not None and period.end < self.retired_on)

    def back(self, now: datetime) -> "Definition":
        """In use again, assigned to nobody."""
        return replace(self, is_active=True, retired_on=None, updated_at=now)

    def changed_to(self, after: "Definition") -> "Definition":
        """`after` in its version: the next one if it measures in another way, else the same."""
        is_same = all(getattr(after, name) == getattr(self, name) for name in FIELDS_OF_A_VERSION)
        return replace(after, version=self.version if is_same else self.version + 1)

    def measures_like(self, other: "Definition") -> bool:
        """Whether values of both can be compared: they have the same source, unit and roll-up.

        What may be entered, and by whom, is no other source.
        """
        are_entered = isinstance(self.data_source, ManualSource) and isinstance(
            other.data_source, ManualSource
        )
        return (are_entered or self.data_source == other.data_source) and (
            (self.unit, self.rollup) == (other.unit, other.rollup)
        )


@dataclass(frozen=True, slots=True)
class Author:
    """Who made a version."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class DefinitionVersion:
    """A definition with the calculation of one version; all else of it, such as its name, is today's.

    An `author` of None is the platform.
    """

    definition: Definition
    author: Author | None
    created_at: datetime
    is_current: bool
