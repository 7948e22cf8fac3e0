"""Types: alerts. Made from the OpenAPI document by `make openapi`: change that, not this."""

from typing import Literal, TypedDict

from lodestar_client.types.shared import AlertView


class AlertList(TypedDict):
    """One page of alerts."""

    alerts: list[AlertView]
    next_cursor: str | None


class EmailSubscription(TypedDict):
    """An address that gets the company's alerts."""

    address: str
    channel: Literal["email"]


class SubscriptionView(TypedDict):
    """A subscription; email has to be confirmed by its owner first."""

    address: str
    channel: Literal["email"]
    subscription_arn: str
