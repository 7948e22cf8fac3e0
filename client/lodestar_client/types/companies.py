"""Types: companies. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from enum import StrEnum
from typing import NotRequired, TypedDict

from lodestar_client.core import Number
from lodestar_client.types.enums import Cadence


class AdminView(TypedDict):
    """The first admin of a company."""

    email: str
    id: int


class SeamPeriodView(TypedDict):
    """A period beside a seam: its inclusive dates, its days of how many uncut, its instants [from, until)."""

    days: int
    ends_at: dt.datetime
    full_days: int
    period_end: dt.date
    period_start: dt.date
    starts_at: dt.datetime


class SeamView(TypedDict):
    """Where periods begin to follow the new rule; of days it is the timezone."""

    aggregation_period: Cadence
    first_after: SeamPeriodView
    last_before: SeamPeriodView


class CalendarEffectsView(TypedDict):
    """What a change of the calendar does: its seams, and how much has dates that are no period any more."""

    calculated_values: int
    entered_values: int
    run_ids: list[int]
    seams: list[SeamView]
    targets: int


class WeekStart(StrEnum):
    """The day on which a company's week begins."""

    MONDAY = "monday"
    SUNDAY = "sunday"


class CalendarVersionView(TypedDict):
    """The rules of a company's time from a day on. The first ones have always counted."""

    effective_from: dt.date
    fiscal_year_start_month: int
    timezone: str
    week_start: WeekStart


class RetentionView(TypedDict):
    """For how many days a company keeps outcomes of runs, and the answers of repeated writes."""

    answer_days: int
    outcome_days: int


class ChangedCompany(TypedDict):
    """A company after a change, or as it would be; `calendar_effects` is null where the calendar stays."""

    admin: AdminView | None
    calendar_effects: CalendarEffectsView | None
    calendars: list[CalendarVersionView]
    currency: str
    fiscal_year_start_month: int
    id: int
    min_group_size: int
    name: str
    retention: RetentionView | None
    score_cap: Number | None
    timezone: str
    week_start: WeekStart


class RetentionChange(TypedDict):
    """For how many days to keep what a company can do without; a field that is left out stays as it is."""

    answer_days: NotRequired[int | None]
    outcome_days: NotRequired[int | None]


class CompanyChange(TypedDict):
    """What to change of a company; a field that is left out stays as it is. A score_cap of null lifts it."""

    confirm: NotRequired[int | None]
    currency: NotRequired[str | None]
    dry_run: NotRequired[bool]
    effective_from: NotRequired[dt.date | None]
    fiscal_year_start_month: NotRequired[int | None]
    min_group_size: NotRequired[int | None]
    name: NotRequired[str | None]
    retention: NotRequired[RetentionChange | None]
    score_cap: NotRequired[Number | None]
    timezone: NotRequired[str | None]
    week_start: NotRequired[WeekStart | None]


class FirstAdmin(TypedDict):
    """Whoever may do everything in the new company."""

    email: str
    name: str


class CompanyDraft(TypedDict):
    """A new company with its first admin."""

    admin: FirstAdmin
    currency: NotRequired[str]
    fiscal_year_start_month: NotRequired[int]
    min_group_size: NotRequired[int]
    name: str
    score_cap: NotRequired[Number | None]
    timezone: str
    week_start: NotRequired[WeekStart]


class CompanyView(TypedDict):
    """A company. In a list its admin and retention are null: they are seen in that company only."""

    admin: AdminView | None
    calendars: list[CalendarVersionView]
    currency: str
    fiscal_year_start_month: int
    id: int
    min_group_size: int
    name: str
    retention: RetentionView | None
    score_cap: Number | None
    timezone: str
    week_start: WeekStart


class CompanyList(TypedDict):
    """One page of companies."""

    companies: list[CompanyView]
    next_cursor: str | None
