"""Methods: kpis. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages, quoted
from lodestar_client.types.enums import Cadence, Category
from lodestar_client.types.kpis import (
    AlertRuleDraft,
    AlertRuleView,
    AssignmentList,
    Breakdown,
    BreakdownBy,
    CompanyKpi,
    CompanyKpiDetail,
    CompanyKpiList,
    Dashboard,
    GroupAssignmentDraft,
    GroupExplanation,
    GroupValue,
    GroupValueView,
    LockedKpi,
)
from lodestar_client.types.shared import AssignmentChange, AssignmentView, History, HistoryEntry


class KpisApi:
    """The operations of the tag `kpis`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        period: Cadence | None = None,
        category: Category | None = None,
    ) -> CompanyKpiList:
        """A page of the company's KPIs as they stand today; those that are not for the caller are locked."""
        request = Request(
            "GET",
            "/api/kpis/",
            query={"limit": limit, "cursor": cursor, "period": period, "category": category},
        )
        found: CompanyKpiList = self._core.call(request, CompanyKpiList)
        return found

    def all(
        self, *, limit: int | None = None, period: Cadence | None = None, category: Category | None = None
    ) -> Iterator[CompanyKpi | LockedKpi]:
        """Every row of `list`, page by page."""
        return pages(
            lambda cursor: self.list(limit=limit, cursor=cursor, period=period, category=category), "kpis"
        )

    def dashboard(self) -> Dashboard:
        """The company's KPIs as cards by cadence, and the newest alerts that fire."""
        request = Request("GET", "/api/kpis/dashboard")
        found: Dashboard = self._core.call(request, Dashboard)
        return found

    def get(self, kpi_id: int, *, days: int | None = None) -> CompanyKpiDetail:
        """A KPI of the company with its series, trend and forecast."""
        request = Request("GET", f"/api/kpis/{quoted(kpi_id)}", query={"days": days})
        found: CompanyKpiDetail = self._core.call(request, CompanyKpiDetail)
        return found

    def create_alert(
        self, kpi_id: int, body: AlertRuleDraft, *, idempotency_key: str | None = None
    ) -> AlertRuleView:
        """Make an alert rule; it covers every subject that it applies to."""
        request = Request(
            "POST",
            f"/api/kpis/{quoted(kpi_id)}/alerts",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        found: AlertRuleView = self._core.call(request, AlertRuleView)
        return found

    def assign(
        self, kpi_id: int, body: GroupAssignmentDraft, *, idempotency_key: str | None = None
    ) -> AssignmentView:
        """Assign a KPI to a team (`team_id`) or the company (without); the same again changes nothing."""
        request = Request(
            "POST",
            f"/api/kpis/{quoted(kpi_id)}/assign",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        found: AssignmentView = self._core.call(request, AssignmentView)
        return found

    def assignments(
        self, kpi_id: int, *, limit: int | None = None, cursor: str | None = None
    ) -> AssignmentList:
        """The people, teams and the company itself that have a KPI, as far as the caller may see them."""
        request = Request(
            "GET", f"/api/kpis/{quoted(kpi_id)}/assignments", query={"limit": limit, "cursor": cursor}
        )
        found: AssignmentList = self._core.call(request, AssignmentList)
        return found

    def all_assignments(self, kpi_id: int, *, limit: int | None = None) -> Iterator[AssignmentView]:
        """Every row of `assignments`, page by page."""
        return pages(lambda cursor: self.assignments(kpi_id, limit=limit, cursor=cursor), "assignments")

    def remove_assignment(
        self, kpi_id: int, assignment_id: int, *, from_: dt.date | None = None, dry_run: bool | None = None
    ) -> AssignmentView:
        """Take back a team's or the company's assignment, or its terms from a day on, with what was measured."""
        request = Request(
            "DELETE",
            f"/api/kpis/{quoted(kpi_id)}/assignments/{quoted(assignment_id)}",
            query={"from": from_, "dry_run": dry_run},
        )
        found: AssignmentView = self._core.call(request, AssignmentView)
        return found

    def get_assignment(self, kpi_id: int, assignment_id: int) -> AssignmentView:
        """The assignment with all its terms; its ETag is what a change of it may name."""
        request = Request("GET", f"/api/kpis/{quoted(kpi_id)}/assignments/{quoted(assignment_id)}")
        found: AssignmentView = self._core.call(request, AssignmentView)
        return found

    def change_assignment(
        self, kpi_id: int, assignment_id: int, body: AssignmentChange, *, if_match: str | None = None
    ) -> AssignmentView:
        """Change a team's or the company's assignment from a day on, or end it; what is left out stays."""
        request = Request(
            "PUT",
            f"/api/kpis/{quoted(kpi_id)}/assignments/{quoted(assignment_id)}",
            headers={"If-Match": if_match},
            body=body,
        )
        found: AssignmentView = self._core.call(request, AssignmentView)
        return found

    def breakdown(
        self,
        kpi_id: int,
        *,
        period_start: dt.date,
        period_end: dt.date,
        team_id: int | None = None,
        by: BreakdownBy | None = None,
    ) -> Breakdown:
        """The value of one period by team or by person, as far as the caller may see them."""
        request = Request(
            "GET",
            f"/api/kpis/{quoted(kpi_id)}/breakdown",
            query={"period_start": period_start, "period_end": period_end, "team_id": team_id, "by": by},
        )
        found: Breakdown = self._core.call(request, Breakdown)
        return found

    def explain(
        self, kpi_id: int, *, period_start: dt.date, period_end: dt.date, team_id: int | None = None
    ) -> GroupExplanation:
        """How the value of one period came about, of the company or of a team (`team_id`), and of what."""
        request = Request(
            "GET",
            f"/api/kpis/{quoted(kpi_id)}/explain",
            query={"period_start": period_start, "period_end": period_end, "team_id": team_id},
        )
        found: GroupExplanation = self._core.call(request, GroupExplanation)
        return found

    def history(
        self,
        kpi_id: int,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        as_of: dt.datetime | None = None,
        team_id: int | None = None,
    ) -> History:
        """A page of measurements of the company, or of a team (`team_id`), oldest first; for who sees these."""
        request = Request(
            "GET",
            f"/api/kpis/{quoted(kpi_id)}/history",
            query={
                "limit": limit,
                "cursor": cursor,
                "from": from_,
                "to": to,
                "as_of": as_of,
                "team_id": team_id,
            },
        )
        found: History = self._core.call(request, History)
        return found

    def all_history(
        self,
        kpi_id: int,
        *,
        limit: int | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        as_of: dt.datetime | None = None,
        team_id: int | None = None,
    ) -> Iterator[HistoryEntry]:
        """Every row of `history`, page by page."""
        return pages(
            lambda cursor: self.history(
                kpi_id, limit=limit, cursor=cursor, from_=from_, to=to, as_of=as_of, team_id=team_id
            ),
            "measurements",
        )

    def enter(self, kpi_id: int, body: GroupValue, *, idempotency_key: str | None = None) -> GroupValueView:
        """Enter the company's value of a manual KPI, or a team's, for the period of a date; 200 corrects one."""
        request = Request(
            "POST",
            f"/api/kpis/{quoted(kpi_id)}/values",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
        )
        found: GroupValueView = self._core.call(request, GroupValueView)
        return found
