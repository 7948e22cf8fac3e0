"""Methods: alerts. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages
from lodestar_client.types.alerts import AlertList, EmailSubscription, SubscriptionView
from lodestar_client.types.enums import AlertState, Severity
from lodestar_client.types.shared import AlertView


class AlertsApi:
    """The operations of the tag `alerts`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: AlertState | None = None,
        severity: Severity | None = None,
        kpi_id: int | None = None,
        user_id: int | None = None,
    ) -> AlertList:
        """A page of alerts about KPIs that the caller may see, newest first, with their notifications."""
        request = Request(
            "GET",
            "/api/alerts",
            query={
                "limit": limit,
                "cursor": cursor,
                "state": state,
                "severity": severity,
                "kpi_id": kpi_id,
                "user_id": user_id,
            },
        )
        found: AlertList = self._core.call(request, AlertList)
        return found

    def all(
        self,
        *,
        limit: int | None = None,
        state: AlertState | None = None,
        severity: Severity | None = None,
        kpi_id: int | None = None,
        user_id: int | None = None,
    ) -> Iterator[AlertView]:
        """Every row of `list`, page by page."""
        return pages(
            lambda cursor: self.list(
                limit=limit, cursor=cursor, state=state, severity=severity, kpi_id=kpi_id, user_id=user_id
            ),
            "alerts",
        )

    def subscribe(self, body: EmailSubscription, *, idempotency_key: str | None = None) -> SubscriptionView:
        """Subscribe an address; its owner confirms by email."""
        request = Request(
            "POST", "/api/alerts/subscriptions", headers={"Idempotency-Key": idempotency_key}, body=body
        )
        found: SubscriptionView = self._core.call(request, SubscriptionView)
        return found
