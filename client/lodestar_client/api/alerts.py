"""Methods: alerts. Made from the OpenAPI document by `make openapi`: change that, not this."""

from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages, quoted
from lodestar_client.types.alerts import AlertList, EmailSubscription, SubscriptionList, SubscriptionView
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

    def subscriptions(self, *, limit: int | None = None, cursor: str | None = None) -> SubscriptionList:
        """A page of the company's subscriptions, whoever made them."""
        request = Request("GET", "/api/alerts/subscriptions", query={"limit": limit, "cursor": cursor})
        found: SubscriptionList = self._core.call(request, SubscriptionList)
        return found

    def all_subscriptions(self, *, limit: int | None = None) -> Iterator[SubscriptionView]:
        """Every row of `subscriptions`, page by page."""
        return pages(lambda cursor: self.subscriptions(limit=limit, cursor=cursor), "subscriptions")

    def subscribe(self, body: EmailSubscription, *, idempotency_key: str | None = None) -> SubscriptionView:
        """Subscribe an address; its owner confirms by email."""
        request = Request(
            "POST", "/api/alerts/subscriptions", headers={"Idempotency-Key": idempotency_key}, body=body
        )
        found: SubscriptionView = self._core.call(request, SubscriptionView)
        return found

    def unsubscribe(self, subscription_id: int) -> SubscriptionView:
        """End a subscription, whoever made it; the answer is how it was."""
        request = Request("DELETE", f"/api/alerts/subscriptions/{quoted(subscription_id)}")
        found: SubscriptionView = self._core.call(request, SubscriptionView)
        return found
