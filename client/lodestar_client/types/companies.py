"""Types: companies. Made from the OpenAPI document by `make openapi`: change that, not this."""

from enum import StrEnum
from typing import NotRequired, TypedDict

from lodestar_client.core import Number


class AdminView(TypedDict):
    """The first admin of a company."""

    email: str
    id: int


class WeekStart(StrEnum):
    """The day on which a company's week begins."""

    MONDAY = "monday"
    SUNDAY = "sunday"


class CompanyChange(TypedDict):
    """What to change of a company; a field that is left out stays as it is. A score_cap of null lifts it."""

    currency: NotRequired[str | None]
    fiscal_year_start_month: NotRequired[int | None]
    min_group_size: NotRequired[int | None]
    name: NotRequired[str | None]
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
    """A company. In a list its admin is null: the people of a company are seen in that company only."""

    admin: AdminView | None
    currency: str
    fiscal_year_start_month: int
    id: int
    min_group_size: int
    name: str
    score_cap: Number | None
    timezone: str
    week_start: WeekStart


class CompanyList(TypedDict):
    """One page of companies."""

    companies: list[CompanyView]
    next_cursor: str | None
