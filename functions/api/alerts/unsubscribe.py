"""DELETE /api/alerts/subscriptions/{subscription_id}: an address gets no more alerts."""

from lodestar.application.alerts.ports import Topics
from lodestar.application.alerts.shapes import SubscriptionView
from lodestar.application.alerts.subscribing import end_subscription
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import PathId
from lodestar.wire.json_view import Json


@endpoint("DELETE", "/api/alerts/subscriptions/{subscription_id}", needs="alerts.manage")
def handler(subscription_id: PathId, work: UnitOfWork, topics: Topics) -> Json[SubscriptionView]:
    """End a subscription, whoever made it; the answer is how it was."""
    return end_subscription(subscription_id, work, topics)
