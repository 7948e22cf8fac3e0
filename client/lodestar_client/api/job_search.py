"""Methods: job_search. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages, quoted
from lodestar_client.types.job_search import (
    ApplicationView,
    BoostTaskView,
    ContactView,
    EventView,
    FollowUpView,
    GrowthBoostTaskView,
    GrowthEventView,
    JobSearchBatch,
    JobSearchList,
    JobSearchTable,
    JobSearchToday,
    JobSearchWeek,
    JobView,
    OutreachView,
    SeniorReviewView,
    SettingsChange,
    SettingsView,
)
from lodestar_client.types.shared import DeletedView, RowsView


class JobSearchApi:
    """The operations of the tag `job_search`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def get_settings(self) -> SettingsView:
        """The company's daily targets of a job search."""
        request = Request("GET", "/api/job-search/settings")
        found: SettingsView = self._core.call(request, SettingsView)
        return found

    def change_settings(self, body: SettingsChange) -> SettingsView:
        """Change the company's daily targets of a job search; what is left out stays."""
        request = Request("PUT", "/api/job-search/settings", body=body)
        found: SettingsView = self._core.call(request, SettingsView)
        return found

    def list(
        self,
        table: JobSearchTable,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        external_id: str | None = None,
        job: str | None = None,
        contact: str | None = None,
        stage: str | None = None,
        heat: int | None = None,
        status: str | None = None,
        archived: bool | None = None,
        attended: bool | None = None,
    ) -> JobSearchList:
        """A page of the caller's own rows, in the order in which they were first loaded."""
        request = Request(
            "GET",
            f"/api/job-search/{quoted(table)}",
            query={
                "limit": limit,
                "cursor": cursor,
                "from": from_,
                "to": to,
                "external_id": external_id,
                "job": job,
                "contact": contact,
                "stage": stage,
                "heat": heat,
                "status": status,
                "archived": archived,
                "attended": attended,
            },
        )
        found: JobSearchList = self._core.call(request, JobSearchList)
        return found

    def all(
        self,
        table: JobSearchTable,
        *,
        limit: int | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        external_id: str | None = None,
        job: str | None = None,
        contact: str | None = None,
        stage: str | None = None,
        heat: int | None = None,
        status: str | None = None,
        archived: bool | None = None,
        attended: bool | None = None,
    ) -> Iterator[
        JobView
        | ContactView
        | ApplicationView
        | OutreachView
        | FollowUpView
        | EventView
        | GrowthEventView
        | BoostTaskView
        | GrowthBoostTaskView
        | SeniorReviewView
    ]:
        """Every row of `list`, page by page."""
        return pages(
            lambda cursor: self.list(
                table,
                limit=limit,
                cursor=cursor,
                from_=from_,
                to=to,
                external_id=external_id,
                job=job,
                contact=contact,
                stage=stage,
                heat=heat,
                status=status,
                archived=archived,
                attended=attended,
            ),
            "rows",
        )

    def load(
        self, table: JobSearchTable, body: JobSearchBatch, *, idempotency_key: str | None = None
    ) -> RowsView:
        """Take up to 1,000 rows of one's own; good ones are kept when others are bad."""
        request = Request(
            "POST",
            f"/api/job-search/{quoted(table)}",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        found: RowsView = self._core.call(request, RowsView)
        return found

    def load_csv(self, table: JobSearchTable, body: str, *, idempotency_key: str | None = None) -> RowsView:
        """Take up to 5,000 rows of one's own from a CSV file whose header names the fields of a row."""
        request = Request(
            "POST",
            f"/api/job-search/{quoted(table)}/import",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
            media="text/csv",
        )
        found: RowsView = self._core.call(request, RowsView)
        return found

    def delete(self, table: JobSearchTable, row_id: int) -> DeletedView:
        """Delete one of the caller's own rows. A job or contact that other rows name stays: 409."""
        request = Request("DELETE", f"/api/job-search/{quoted(table)}/{quoted(row_id)}")
        found: DeletedView = self._core.call(request, DeletedView)
        return found

    def today(self, *, from_: dt.date | None = None, to: dt.date | None = None) -> JobSearchToday:
        """What the signed-in user sent today, what is due, and what had best be done next."""
        request = Request("GET", "/api/kpis/today", query={"from": from_, "to": to})
        found: JobSearchToday = self._core.call(request, JobSearchToday)
        return found

    def week(self, *, from_: dt.date | None = None, to: dt.date | None = None) -> JobSearchWeek:
        """What the signed-in user did in the company's week, by the user's own clocks."""
        request = Request("GET", "/api/kpis/week", query={"from": from_, "to": to})
        found: JobSearchWeek = self._core.call(request, JobSearchWeek)
        return found
