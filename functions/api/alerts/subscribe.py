"""POST /api/alerts/subscriptions: an admin lets an address have the alerts that they may see themselves."""

from lodestar.application.alerts.ports import Topics
from lodestar.application.alerts.shapes import EmailSubscription, SubscriptionView
from lodestar.application.alerts.subscribing import subscribe
from lodestar.application.caller import Caller
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("POST", "/api/alerts/subscriptions", needs="alerts.manage", success=201)
def handler(
    draft: EmailSubscription, caller: Caller, work: UnitOfWork, topics: Topics
) -> Json[SubscriptionView]:
    """Subscribe an address; its owner confirms by email."""
    return subscribe(draft, caller, work, topics)
