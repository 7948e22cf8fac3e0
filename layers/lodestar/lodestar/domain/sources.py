"""Where a KPI's value comes from: the sources that a definition may have, and the rules of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, ClassVar

from lodestar.domain.refusals import InvalidContent

MAX_INPUTS = 30
MAX_QUERIES = 5
"""Queries among the inputs of a formula; they share one budget of seconds."""
EARLIEST_OFFSET = -366
"""How many periods back a formula may look: enough for the same day a year ago."""


class SourceKind(StrEnum):
    """The kinds of data source, and of a formula's input, as rows and the API name them in `type`."""

    MANUAL = "manual"
    DATABASE = "database"
    RECORDS = "records"
    FORMULA = "formula"
    KPI = "kpi"
    INTERCOM = "intercom"


class BoundParameter(StrEnum):
    """What the platform binds in every query: whom a value is for, and the instants of its period."""

    USER_ID = "user_id"
    TEAM_ID = "team_id"
    COMPANY_ID = "company_id"
    START_DATE = "start_date"
    END_DATE = "end_date"


class AggregationMethod(StrEnum):
    """How many records become one number: `calculation_method`."""

    COUNT = "count"
    SUM = "sum"
    AVERAGE = "average"
    MIN = "min"
    MAX = "max"
    COUNT_DISTINCT = "count_distinct"
    LATEST = "latest"


METHODS_THAT_ADD_UP = frozenset(
    {AggregationMethod.COUNT, AggregationMethod.SUM, AggregationMethod.COUNT_DISTINCT}
)
"""Methods by which the numbers of people make the company's when they are added."""


class IntercomMetric(StrEnum):
    """What of its conversations Intercom tells of a person."""

    FIRST_RESPONSE_TIME = "first_response_time"
    TIME_TO_CLOSE = "time_to_close"
    CONVERSATIONS_CLOSED = "conversations_closed"
    CSAT = "csat"
    CSAT_AVERAGE = "csat_average"
    REOPEN_RATE = "reopen_rate"
    HANDLING_TIME = "handling_time"


class Statistic(StrEnum):
    """How the durations of many conversations become one number."""

    MEDIAN = "median"
    MEAN = "mean"


class EnteredBy(StrEnum):
    """Who enters a manual value: the manager only, or the measured user too."""

    MANAGER = "manager"
    USER = "user"


class InputSubject(StrEnum):
    """Whose measurement a formula takes: its own subject's, that subject's team's, or the company's."""

    SAME = "same"
    TEAM = "team"
    COMPANY = "company"


@dataclass(frozen=True, slots=True)
class ManualSource:
    """People enter the value, within `allowed_min`..`allowed_max`; below a limit only with a note."""

    kind: ClassVar[SourceKind] = SourceKind.MANUAL

    allowed_min: Decimal | None = None
    allowed_max: Decimal | None = None
    entered_by: EnteredBy = EnteredBy.MANAGER
    requires_note_below: Decimal | None = None

    def __post_init__(self) -> None:
        low, high = self.allowed_min, self.allowed_max
        if low is not None and high is not None and low > high:
            raise InvalidContent.of(
                "data_source.allowed_range", "allowed_range.min must not be above allowed_range.max."
            )

    def allows(self, low: Decimal, high: Decimal | None = None) -> bool:
        """Whether a number, or a whole band of them, lies in the allowed range, its bounds included."""
        high = low if high is None else high
        return (self.allowed_min is None or low >= self.allowed_min) and (
            self.allowed_max is None or high <= self.allowed_max
        )

    @property
    def allowed_range(self) -> str:
        """The allowed range in words: `0 to ∞`."""
        low = "−∞" if self.allowed_min is None else self.allowed_min
        high = "∞" if self.allowed_max is None else self.allowed_max
        return f"{low} to {high}"

    def needs_notes(self, value: Decimal) -> bool:
        """Whether a value is so low that it has to be explained."""
        return self.requires_note_below is not None and value < self.requires_note_below


@dataclass(frozen=True, slots=True)
class DatabaseSource:
    """An admin's SELECT of one number per user, with the values of its own named parameters."""

    kind: ClassVar[SourceKind] = SourceKind.DATABASE

    query: str
    parameters: Mapping[str, Decimal | str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RecordsSource:
    """The records that clients push in, of one source, filtered and aggregated.

    `field` is `value` or `attributes.<name>`; a `count` counts records whatever the field.
    """

    kind: ClassVar[SourceKind] = SourceKind.RECORDS

    source: str
    method: AggregationMethod
    field: str = "value"
    filters: Mapping[str, str | Decimal | bool] = MappingProxyType({})

    def __post_init__(self) -> None:
        scope, _, name = self.field.partition(".")
        if self.field != "value" and not (scope == "attributes" and name):
            raise InvalidContent.of("data_source.field", 'field must be "value" or "attributes.<name>".')


@dataclass(frozen=True, slots=True)
class KpiInput:
    """Another KPI's measurement, `offset` periods away: 0 is the same period, −1 the one before."""

    kind: ClassVar[SourceKind] = SourceKind.KPI

    key: str
    offset: int = 0
    of: InputSubject = InputSubject.SAME

    def __post_init__(self) -> None:
        if not EARLIEST_OFFSET <= self.offset <= 0:
            raise InvalidContent.of(
                "data_source.inputs.offset",
                f"offset must be a number of periods from {EARLIEST_OFFSET} to 0.",
            )


@dataclass(frozen=True, slots=True)
class FormulaInput:
    """One variable of a formula and where its number comes from."""

    variable: str
    source: DatabaseSource | RecordsSource | KpiInput


@dataclass(frozen=True, slots=True)
class FormulaSource:
    """An expression over named inputs, each named once."""

    kind: ClassVar[SourceKind] = SourceKind.FORMULA

    formula: str
    inputs: tuple[FormulaInput, ...] = ()

    def __post_init__(self) -> None:
        queries = [given for given in self.inputs if isinstance(given.source, DatabaseSource)]
        if len(self.inputs) > MAX_INPUTS or len(queries) > MAX_QUERIES:
            raise InvalidContent.of(
                "data_source.inputs",
                f"A formula takes at most {MAX_INPUTS} inputs, and {MAX_QUERIES} of them queries: "
                "make KPIs of parts of it.",
            )
        names = [given.variable for given in self.inputs]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise InvalidContent.of(
                "data_source.inputs", f'The variable "{twice}" is given twice: name each input differently.'
            )


@dataclass(frozen=True, slots=True)
class IntercomSource:
    """The conversations of a company's Intercom workspace, each counted for the teammate that it belongs to.

    `filters` let only those count whose attributes are equal.
    """

    kind: ClassVar[SourceKind] = SourceKind.INTERCOM

    metric: IntercomMetric
    statistic: Statistic = Statistic.MEDIAN
    filters: Mapping[str, str | Decimal | bool] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class UnreadableSource:
    """What stands for the source of a definition that is stored in a way that this version cannot read.

    Another version of the platform may have saved it, with a kind of source or a word that is not known
    here. `stored` is its source as it was found, any JSON, and `kind` what that calls itself; `columns` are
    the other parts of the definition that cannot be read, as they were found. Nothing can be calculated from
    it; to save the KPI with all that is faulty anew mends it.
    """

    kind: str
    stored: Any
    columns: Mapping[str, Any] = field(default_factory=dict)
    is_source_faulty: bool = True

    @property
    def to_be_sent(self) -> tuple[str, ...]:
        """The fields that a change has to name, so that nothing is saved that only stood in."""
        return ("data_source", *sorted(self.columns))

    @property
    def message(self) -> str:
        """What is wrong and what to do about it, as one sentence."""
        faulty = [*(["data source"] if self.is_source_faulty else []), *sorted(self.columns)]
        of_type = f', of type "{self.kind}",' if self.is_source_faulty else ""
        return (
            f"The {' and '.join(faulty)} of this KPI{of_type} cannot be read by this version of the "
            f"platform: change its {' and '.join(self.to_be_sent)}."
        )


type AskedSource = DatabaseSource | RecordsSource | IntercomSource
"""A source that is asked for the values of many subjects at once."""
type DataSource = ManualSource | FormulaSource | AskedSource | UnreadableSource
