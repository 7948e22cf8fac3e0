"""Methods: kpis. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages
from lodestar_client.types.kpis import (
    AlertRuleDraft,
    AlertRuleView,
    CompanyKpi,
    CompanyKpiDetail,
    CompanyKpiList,
    CompanyValue,
    CompanyValueView,
    Dashboard,
    GroupAssignmentDraft,
    LockedKpi,
)
from lodestar_client.types.shared import AssignmentView, Cadence, Category, History, HistoryEntry


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
        found: CompanyKpiList = self._core.call(
            Request(
                "GET",
                "/api/kpis/",
                query={"limit": limit, "cursor": cursor, "period": period, "category": category},
            )
        )
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
        found: Dashboard = self._core.call(Request("GET", "/api/kpis/dashboard"))
        return found

    def get(self, kpi_id: int, *, days: int | None = None) -> CompanyKpiDetail:
        """A KPI of the company with its series, trend and forecast."""
        found: CompanyKpiDetail = self._core.call(Request("GET", f"/api/kpis/{kpi_id}", query={"days": days}))
        return found

    def create_alert(
        self, kpi_id: int, body: AlertRuleDraft, *, idempotency_key: str | None = None
    ) -> AlertRuleView:
        """Make an alert rule; it covers every subject that it applies to."""
        found: AlertRuleView = self._core.call(
            Request(
                "POST", f"/api/kpis/{kpi_id}/alerts", headers={"Idempotency-Key": idempotency_key}, body=body
            )
        )
        return found

    def assign(
        self, kpi_id: int, body: GroupAssignmentDraft, *, idempotency_key: str | None = None
    ) -> AssignmentView:
        """Assign a KPI to a team (`team_id`) or the company (without); the same again changes nothing."""
        found: AssignmentView = self._core.call(
            Request(
                "POST", f"/api/kpis/{kpi_id}/assign", headers={"Idempotency-Key": idempotency_key}, body=body
            )
        )
        return found

    def history(
        self,
        kpi_id: int,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        from_: str | None = None,
        to: str | None = None,
        as_of: str | None = None,
    ) -> History:
        """A page of measurements of the company itself, oldest first; for those who see this KPI."""
        found: History = self._core.call(
            Request(
                "GET",
                f"/api/kpis/{kpi_id}/history",
                query={"limit": limit, "cursor": cursor, "from": from_, "to": to, "as_of": as_of},
            )
        )
        return found

    def all_history(
        self,
        kpi_id: int,
        *,
        limit: int | None = None,
        from_: str | None = None,
        to: str | None = None,
        as_of: str | None = None,
    ) -> Iterator[HistoryEntry]:
        """Every row of `history`, page by page."""
        return pages(
            lambda cursor: self.history(kpi_id, limit=limit, cursor=cursor, from_=from_, to=to, as_of=as_of),
            "measurements",
        )

    def enter(
        self, kpi_id: int, body: CompanyValue, *, idempotency_key: str | None = None
    ) -> CompanyValueView:
        """Enter the company's value of a manual KPI for the period of a date; 200 when it corrects one."""
        found: CompanyValueView = self._core.call(
            Request(
                "POST", f"/api/kpis/{kpi_id}/values", headers={"Idempotency-Key": idempotency_key}, body=body
            )
        )
        return found
