"""Types: alerts. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from typing import Literal, TypedDict

from lodestar_client.types.shared import AlertView


class AlertList(TypedDict):
    """One page of alerts."""

    alerts: list[AlertView]
    next_cursor: str | None


class EmailSubscription(TypedDict):
    """An address that gets those alerts of the company that whoever subscribes it may see."""

    address: str
    channel: Literal["email"]


class SubscriptionView(TypedDict):
    """A subscription; email has to be confirmed by its owner first."""

    address: str
    channel: Literal["email"]
    created_at: dt.datetime
    created_by: int
    created_by_name: str
    id: int
    subscription_arn: str


class SubscriptionList(TypedDict):
    """One page of subscriptions, whoever made them."""

    next_cursor: str | None
    subscriptions: list[SubscriptionView]
