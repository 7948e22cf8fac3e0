"""Subscriptions: addresses outside that get alerts, each those that its maker may see."""

from lodestar.application.access import require_found
from lodestar.application.alerts.ports import AlertWork, Subscription, Topics
from lodestar.application.alerts.shapes import EmailSubscription, SubscriptionList, SubscriptionView
from lodestar.application.caller import Caller
from lodestar.application.pages import read_page_and_commit
from lodestar.application.work import AuditObject
from lodestar.domain.alerts import NotificationChannel
from lodestar.domain.permissions import may_be_told
from lodestar.domain.refusals import Conflict, NotFound
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery

MAX_SUBSCRIPTIONS = 150
"""Of a company at once: a topic takes 200 filters."""


def subscribe(
    draft: EmailSubscription, caller: Caller, work: AlertWork, topics: Topics
) -> Json[SubscriptionView]:
    """Let an address have the alerts that the caller may see, now and later.

    Raises:
        Conflict: the address is subscribed already, or there are too many.
        Unavailable: the topic does not take it now; nothing is written.
    """
    subscription_id = work.alerts.add_subscription(draft.channel, draft.address, caller.user_id, work.now)
    if subscription_id is None:
        raise Conflict(
            f"{draft.address} is subscribed already: end that subscription first, to make it yours.",
            code="duplicate",
        )
    if len(work.alerts.subscriptions()) > MAX_SUBSCRIPTIONS:
        raise Conflict(f"A company has at most {MAX_SUBSCRIPTIONS} subscriptions: end some first.")
    topic = topics.make(caller.company.id)
    arn = topics.subscribe_email(topic, draft.address, subscription_id)
    work.alerts.name_subscription(subscription_id, arn)
    about = AuditObject("subscription", subscription_id)
    work.audit.record("alerts.subscribed", about, None, draft.model_dump())
    text = work.views.read_and_commit("subscription", {"id": subscription_id})
    return Json(require_found(text, "subscription"))


def list_subscriptions(query: PageQuery, work: AlertWork) -> Json[SubscriptionList]:
    """A page of the company's subscriptions, whoever made them."""
    return Json(read_page_and_commit("subscriptions", query, work))


def end_subscription(subscription_id: int, work: AlertWork, topics: Topics) -> Json[SubscriptionView]:
    """Let an address have no more alerts; the answer is the subscription as it was.

    Raises:
        NotFound: the company has no such subscription.
        Unavailable: the topic does not end it now; nothing is written.
    """
    ended = work.alerts.subscription_for_update(subscription_id)
    if ended is None:
        raise NotFound("There is no such subscription.")
    text = require_found(work.views.read("subscription", {"id": subscription_id}), "subscription")
    work.alerts.end_subscription(subscription_id, work.now)
    before = {"channel": ended.channel, "address": ended.address}
    work.audit.record("alerts.unsubscribed", AuditObject("subscription", subscription_id), before, None)
    topics.unsubscribe(ended.subscription_arn)
    work.commit()
    return Json(text)


def told_by(alert_id: int, channel: NotificationChannel, work: AlertWork) -> list[int]:
    """The subscriptions by which an alert goes out: those whose makers may see what it is about now."""
    subscriptions = [each for each in work.alerts.subscriptions() if each.channel is channel]
    if not subscriptions:
        return []
    watched = work.alerts.watched_subject(alert_id)
    makers = work.people.actors({each.created_by for each in subscriptions})

    def may_go_out(subscription: Subscription) -> bool:
        maker = makers.get(subscription.created_by)  # nobody, once they are deactivated
        return maker is not None and may_be_told(maker, watched)

    return [each.id for each in subscriptions if may_go_out(each)]
