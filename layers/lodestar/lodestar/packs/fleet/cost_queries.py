"""Who may ask what a fleet costs, about which company and which days."""

import re
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError, WithJsonSchema

from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.domain.companies import Company
from lodestar.domain.dates import order_problem
from lodestar.domain.periods import FIRST_DAY, LAST_DAY, Cadence
from lodestar.domain.permissions import COMPANIES_MANAGE, KPIS_VIEW_ALL, Actor, may_assign
from lodestar.domain.refusals import Forbidden, InvalidRequest, NotFound
from lodestar.packs.fleet.cost_arithmetic import BasisUnit, Span, month_of, previous_month
from lodestar.wire.fields import Id
from lodestar.wire.paging import QueryModel

MONTH = r"^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])$"
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


_COMPANY_ID = TypeAdapter(Id)


class Grain(StrEnum):
    """How long the buckets of a trend are."""

    MONTH = "month"
    WEEK = "week"

    @property
    def cadence(self) -> Cadence:
        """As the calendar calls it."""
        return Cadence.MONTHLY if self is Grain.MONTH else Cadence.WEEKLY


class PeriodQuery(QueryModel):
    """Which days of which company; by default the last full calendar month.

    Texts, which are read below: beside a month the dates are not even looked at, and whoever may not name a
    company is told so, whatever they sent.
    """

    month: str | None = Field(
        default=None,
        description="A calendar month, YYYY-MM. Wins over period_start and period_end, which are not read "
        "then. By default the last full month of the company's own calendar.",
        json_schema_extra={"pattern": MONTH},
    )
    period_start: str | None = Field(
        default=None,
        description="First day, YYYY-MM-DD, inclusive; together with period_end.",
        json_schema_extra={"format": "date"},
    )
    period_end: str | None = Field(
        default=None,
        description="Last day, YYYY-MM-DD, inclusive; together with period_start.",
        json_schema_extra={"format": "date"},
    )
    company_id: Annotated[str, WithJsonSchema(_COMPANY_ID.json_schema())] | None = Field(
        default=None, description="Whose costs: for superusers, who have to name a company; else forbidden."
    )


class SummaryQuery(PeriodQuery):
    """What to summarize."""

    basis_unit: BasisUnit = Field(default=BasisUnit.KM, description="What the rates are per.")


class CostStructureQuery(PeriodQuery):
    """What to divide up."""

    group_by: Literal["cost_center"] = Field(default="cost_center", description="What costs are grouped by.")
    basis_unit: BasisUnit | None = Field(
        default=None, description="What the rates are per. By default snapshots of every unit count."
    )


class TrendQuery(SummaryQuery):
    """What to put in a series."""

    grain: Grain = Field(default=Grain.MONTH, description="Calendar months, or ISO weeks from Monday on.")


def may_view_costs(actor: Actor) -> bool:
    """Whether the costs of a fleet may be seen: by managers, and by those who see all numbers anyway."""
    return may_assign(actor) or actor.may(KPIS_VIEW_ALL)


def company_asked_for(query: PeriodQuery, caller: Caller, work: UnitOfWork) -> Company:
    """The company that is asked about: the caller's own, or the one that a superuser names.

    The transaction is bound to it.

    Raises:
        Forbidden: costs are not for the caller, or somebody else than a superuser names a company.
        InvalidRequest: a superuser names none, or by what is no id.
        NotFound: the one that a superuser names is not there.
    """
    if caller.actor.may(COMPANIES_MANAGE):
        return _entered(query.company_id, work)
    if query.company_id is not None:
        raise Forbidden("Only a superuser may name a company: leave company_id out to read your own.")
    if not may_view_costs(caller.actor):
        raise Forbidden("What the fleet costs is for managers and admins: ask an admin for such a role.")
    return caller.company


def span_asked_for(query: PeriodQuery, today: date) -> Span:
    """The period that is asked about; `today` is the company's.

    Raises:
        InvalidRequest: a month or date that cannot be read or lies too far away, one date without the
            other, or the end before the start.
    """
    if query.month is not None:
        return _month(query.month)
    days = [*_days(query)]
    if not days:
        return previous_month(today)
    if len(days) == 1:
        missing = "period_end" if query.period_end is None else "period_start"
        raise InvalidRequest.of(missing, "Send period_start and period_end together, or a month instead.")
    start, end = days
    problem = order_problem(start, end)
    if problem is not None:
        raise InvalidRequest.of("period_end", problem)
    return Span(start, end)


def _entered(company_id: str | None, work: UnitOfWork) -> Company:
    if company_id is None:
        raise InvalidRequest.of("company_id", "Name the company to read: send its id as company_id.")
    try:
        known = work.enter_company(_COMPANY_ID.validate_strings(company_id))
    except ValidationError as error:
        raise _unreadable("company_id", "the id of a company, such as 2") from error
    if not known:
        raise NotFound("There is no such company.")
    return work.people.company()


def _month(text: str) -> Span:
    if not re.fullmatch(MONTH, text):
        raise _unreadable("month", f"a month from {FIRST_DAY:%Y-%m} to {LAST_DAY:%Y-%m}, such as 2026-01")
    return month_of(date.fromisoformat(f"{text}-01"))


def _days(query: PeriodQuery) -> Iterator[date]:
    for name, text in (("period_start", query.period_start), ("period_end", query.period_end)):
        if text is not None:
            yield _day(name, text)


def _day(name: str, text: str) -> date:
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise _unreadable(name, "an existing date, such as 2026-01-31")
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InvalidRequest.of(name, f"{name} {day} must lie between {FIRST_DAY} and {LAST_DAY}.")
    return day


def _unreadable(name: str, what: str) -> InvalidRequest:
    rule = f"{name} must be {what}."
    return InvalidRequest.of(name, rule, code="invalid_parameter")
