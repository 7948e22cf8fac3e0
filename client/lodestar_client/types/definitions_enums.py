"""Types: definitions_enums. Made from the OpenAPI document by `make openapi`: change that, not this."""

from enum import StrEnum


class AggregationMethod(StrEnum):
    """How many records become one number: `calculation_method`."""

    COUNT = "count"
    SUM = "sum"
    AVERAGE = "average"
    MIN = "min"
    MAX = "max"
    COUNT_DISTINCT = "count_distinct"
    LATEST = "latest"


class BoundParameter(StrEnum):
    """What the platform binds in every query: whom a value is for, and the instants of its period."""

    USER_ID = "user_id"
    TEAM_ID = "team_id"
    COMPANY_ID = "company_id"
    START_DATE = "start_date"
    END_DATE = "end_date"


class EnteredBy(StrEnum):
    """Who enters a manual value: the manager only, or the measured user too."""

    MANAGER = "manager"
    USER = "user"


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


class MissingData(StrEnum):
    """What a period without a value does to the score: left out, counted as 0, or the latest final value."""

    EXCLUDE = "exclude"
    ZERO = "zero"
    CARRY = "carry"
