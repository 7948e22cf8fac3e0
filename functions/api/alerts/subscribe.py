"""POST /api/alerts/subscriptions: an admin lets an address have the company's alert emails."""

from lodestar.application.alerts.alert_rules import EmailSubscription, SubscriptionView, subscribe
from lodestar.application.caller import Caller
from lodestar.application.ports import Topics, UnitOfWork
from lodestar.runtime.endpoint import endpoint


@endpoint("POST", "/api/alerts/subscriptions", needs="alerts.manage", success=201)
def handler(draft: EmailSubscription, caller: Caller, work: UnitOfWork, topics: Topics) -> SubscriptionView:
    """Subscribe an address; its owner confirms by email."""
    return subscribe(draft, caller, work, topics)
