"""Subscriptions: an address outside gets what its maker may see at that time, and can be let go by others."""

from dataclasses import replace

import pytest

from lodestar.application.alerts.notifying import publish_waiting
from lodestar.application.alerts.ports import Notification
from lodestar.application.alerts.shapes import EmailSubscription
from lodestar.application.alerts.subscribing import (
    MAX_SUBSCRIPTIONS,
    end_subscription,
    list_subscriptions,
    subscribe,
)
from lodestar.application.caller import Caller
from lodestar.domain.alerts import NotificationChannel
from lodestar.domain.definitions import Category
from lodestar.domain.people import CompanyRole
from lodestar.domain.permissions import Actor, Grant, GrantedKpi, WatchedSubject
from lodestar.domain.refusals import Conflict, NotFound
from lodestar.wire.paging import PageQuery
from tests.fakes.calculation import FakeMessages
from tests.fakes.people import ACME, caller_of
from tests.fakes.topics import FakeTopics
from tests.fakes.work import FakeWork, shown

COSTS, DEALS = 7, 8
EMAIL = NotificationChannel.EMAIL
OF_COSTS = WatchedSubject(COSTS, Category.FINANCE, None, None)
OF_DEALS = WatchedSubject(DEALS, Category.SALES, None, None)


class Office:
    """Acme, whose Sue (a role that sees sales) and Ada (an admin) subscribe addresses."""

    def __init__(self) -> None:
        self.work, self.topics = FakeWork(), FakeTopics()
        self.people = self.work.people
        keys = frozenset({"alerts.manage", "kpis.sales.view"})
        self.people.roles[1] = CompanyRole(1, "watcher", "", keys)
        self.ada = self.people.add_user({"name": "Ada", "email": "ada@acme.test", "role": "admin"}, "ada")
        self.sue = self.people.add_user({"name": "Sue", "email": "sue@acme.test", "role": "watcher"}, "sue")

    def caller(self, user_id: int) -> Caller:
        actor: Actor = self.people.actors([user_id])[user_id]
        return replace(caller_of(), actor=actor)

    def subscribe(self, user_id: int, address: str) -> int:
        draft = EmailSubscription(channel=EMAIL, address=address)
        view, asked = shown(subscribe(draft, self.caller(user_id), self.work, self.topics).text)
        assert view == "subscription"
        return int(asked["id"])

    def told_of(self, watched: WatchedSubject, channel: NotificationChannel = EMAIL) -> set[int]:
        """The subscriptions that a notification about it goes to."""
        self.work.alerts.watched[1] = watched
        self.work.alerts.add_notifications([Notification(1, channel, "WARNING", {})], self.work.now)
        publish_waiting(ACME.id, self.work.open_work, self.topics, FakeMessages())
        return set(self.topics.told[-1])


@pytest.fixture
def office() -> Office:
    return Office()


def test_an_address_is_subscribed_by_a_filter_of_its_own_and_written_down(office: Office) -> None:
    made = office.subscribe(office.sue, "ops@acme.test")
    assert office.topics.subscribed == {"topic-1:ops@acme.test": ("topic-1", made)}
    (kept,) = office.work.alerts.subscriptions()
    assert (kept.created_by, kept.subscription_arn) == (office.sue, "topic-1:ops@acme.test")
    (entry,) = office.work.audit.entries
    assert (entry.action, entry.about.type, entry.about.id) == ("alerts.subscribed", "subscription", made)
    assert entry.after == {"channel": "email", "address": "ops@acme.test"}
    assert office.work.commits == 1


def test_an_address_gets_what_its_maker_may_see_and_no_more(office: Office) -> None:
    of_sue, of_ada = (
        office.subscribe(office.sue, "sue@far.test"),
        office.subscribe(office.ada, "ada@far.test"),
    )
    assert office.told_of(OF_COSTS) == {of_ada}
    assert office.told_of(OF_DEALS) == {of_sue, of_ada}
    assert office.told_of(replace(OF_DEALS, category=None)) == {of_ada}
    assert office.told_of(replace(OF_DEALS, user_id=office.ada)) == {of_ada}
    assert office.told_of(replace(OF_DEALS, user_id=office.sue)) == {of_sue, of_ada}
    assert office.told_of(replace(OF_DEALS, team_id=5)) == {of_ada}
    assert office.told_of(OF_DEALS, NotificationChannel.SLACK) == set()


def test_it_is_asked_when_it_is_sent_and_not_when_it_is_made(office: Office) -> None:
    of_sue = office.subscribe(office.sue, "sue@far.test")
    office.people.grants[office.sue] = (GrantedKpi(COSTS, Category.FINANCE, Grant(can_view=True)),)
    assert office.told_of(OF_COSTS) == {of_sue}
    office.people.grants.clear()
    assert office.told_of(OF_COSTS) == set()
    office.people.users[office.sue] = replace(office.people.users[office.sue], is_active=False)
    assert office.told_of(OF_DEALS) == set()


def test_an_address_has_one_subscription_which_others_can_end(office: Office) -> None:
    made = office.subscribe(office.sue, "ops@acme.test")
    for user_id in (office.sue, office.ada):
        with pytest.raises(Conflict, match="is subscribed already"):
            office.subscribe(user_id, "ops@acme.test")
    view, asked = shown(end_subscription(made, office.work, office.topics).text)
    assert (view, asked) == ("subscription", {"id": made})
    assert (office.work.alerts.subscriptions(), office.topics.subscribed) == ([], {})
    assert office.work.audit.entries[-1].action == "alerts.unsubscribed"
    assert office.told_of(OF_DEALS) == set()
    with pytest.raises(NotFound, match="There is no such subscription"):
        end_subscription(made, office.work, office.topics)
    assert office.subscribe(office.ada, "ops@acme.test") == made  # by which the topic may still know it
    assert office.told_of(OF_COSTS) == {made}


def test_all_are_listed_and_their_number_is_bounded(office: Office) -> None:
    assert shown(list_subscriptions(PageQuery(), office.work).text)[0] == "subscriptions"
    for number in range(MAX_SUBSCRIPTIONS):
        office.subscribe(office.ada, f"a{number}@far.test")
    with pytest.raises(Conflict, match="at most 150 subscriptions"):
        office.subscribe(office.ada, "more@far.test")
