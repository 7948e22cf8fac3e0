"""The companies of the platform: read and change. All of it is a superuser's."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lodestar.application.access import require_found
from lodestar.application.people.ports import PeopleWork
from lodestar.application.people.shapes import CompanyChange, CompanyView
from lodestar.application.work import AuditObject
from lodestar.domain.companies import Company
from lodestar.domain.refusals import NotFound
from lodestar.wire.changes import given_fields
from lodestar.wire.json_view import Json

_OF_CALENDAR = ("timezone", "week_start", "fiscal_year_start_month")


def get_company(company_id: int, work: PeopleWork) -> Json[CompanyView]:
    """A company of the platform.

    Raises:
        NotFound: there is none of that id; the platform's own is not one of them.
    """
    _require_company(company_id, work)
    return committed_company(company_id, work)


def change_company(company_id: int, change: CompanyChange, work: PeopleWork) -> Json[CompanyView]:
    """Change some of a company's facts; its own audit log tells of it.

    Raises:
        NotFound: there is none of that id; the platform's own is not one of them.
        InvalidContent: an unknown timezone.
    """
    _require_company(company_id, work)
    before = work.people.company_for_update()
    after = _changed(before, given_fields(change, clearable={"score_cap"}))
    if after != before:
        work.people.save_company(after)
        about = AuditObject("company", company_id)
        work.audit.record("company.changed", about, _for_audit(before), _for_audit(after))
    return committed_company(company_id, work)


def committed_company(company_id: int, work: PeopleWork) -> Json[CompanyView]:
    """The company as the API shows it; the transaction is committed with it."""
    return Json(require_found(work.views.read_and_commit("company", {"id": company_id}), "company"))


def _require_company(company_id: int, work: PeopleWork) -> None:
    """Bind the transaction to the company: rows of another one than the bound are out of reach."""
    if not work.enter_company(company_id):
        raise NotFound("There is no such company.")


def _changed(company: Company, fields: Mapping[str, Any]) -> Company:
    # `replace` makes a new Calendar, which refuses a timezone that there is not.
    of_calendar = {name: value for name, value in fields.items() if name in _OF_CALENDAR}
    others = {name: value for name, value in fields.items() if name not in _OF_CALENDAR}
    return replace(company, calendar=replace(company.calendar, **of_calendar), **others)


def _for_audit(company: Company) -> Mapping[str, Any]:
    return {
        "name": company.name,
        "timezone": company.calendar.timezone,
        "week_start": company.calendar.week_start,
        "fiscal_year_start_month": company.calendar.fiscal_year_start_month,
        "currency": company.currency,
        "score_cap": company.score_cap,
        "min_group_size": company.min_group_size,
    }
