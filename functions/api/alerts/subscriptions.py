"""GET /api/alerts/subscriptions: which addresses get alerts, and who subscribed them."""

from lodestar.application.alerts.shapes import SubscriptionList
from lodestar.application.alerts.subscribing import list_subscriptions
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint
from lodestar.runtime.parameters import FromQuery
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery


@endpoint("GET", "/api/alerts/subscriptions", needs="alerts.manage")
def handler(query: FromQuery[PageQuery], work: UnitOfWork) -> Json[SubscriptionList]:
    """A page of the company's subscriptions, whoever made them."""
    return list_subscriptions(query, work)
