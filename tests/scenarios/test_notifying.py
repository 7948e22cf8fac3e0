"""Notifications through faults: none lost, at most one double per crash, each posted once."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.application.alerts.notifying import (
    MOST_ATTEMPTS,
    SlackMessage,
    deliver_to_slack,
    publish_waiting,
)
from lodestar.domain.refusals import Unavailable
from tests.fakes.notifications import Channel, Crash, Office, Topic

AN_HOUR = timedelta(hours=1)


def test_everything_that_waits_is_published_once() -> None:
    office, topic = Office(waiting=3), Topic([])
    assert publish_waiting(1, office.open_work, topic) == 3
    assert topic.published == {1: 1, 2: 1, 3: 1}
    assert publish_waiting(1, office.open_work, topic) == 0


@given(st.lists(st.sampled_from(["none", "refuse", "die_after"]), max_size=12))
def test_nothing_is_lost_and_each_crash_doubles_at_most_one_notification(faults: list[str]) -> None:
    crashes = faults.count("die_after")
    office, topic = Office(waiting=4), Topic(list(faults))
    for _ in range(3 * len(faults) + 3):
        with suppress(Crash):
            publish_waiting(1, office.open_work, topic)
        office.wait(AN_HOUR)
    gone = {each.id for each in office.rows if each.state == "sent"}
    given_up = {each.id for each in office.rows if each.state == "dead"}
    assert gone | given_up == {1, 2, 3, 4}
    assert set(topic.published) >= gone
    assert sum(topic.published.values()) - len(topic.published) <= crashes


def test_a_topic_that_stays_away_is_given_up_after_the_last_attempt_with_its_reason() -> None:
    office, topic = Office(waiting=1), Topic(["refuse"] * MOST_ATTEMPTS)
    for _ in range(MOST_ATTEMPTS):
        assert publish_waiting(1, office.open_work, topic) == 0
        office.wait(AN_HOUR)
    assert office.rows[0].state == "dead"
    assert office.rows[0].error == "SNS is away."
    assert publish_waiting(1, office.open_work, topic) == 0


def test_a_refused_notification_waits_before_it_is_tried_again() -> None:
    office, topic = Office(waiting=1), Topic(["refuse"])
    publish_waiting(1, office.open_work, topic)
    assert office.rows[0].state == "waiting"
    assert office.rows[0].not_before >= office.now


def test_a_notification_that_arrives_twice_is_posted_once() -> None:
    office, chat = Office(waiting=1), Channel()
    message = SlackMessage(1, 1, {"text": "hello"})
    assert deliver_to_slack(message, office.open_work, chat) is True
    assert deliver_to_slack(message, office.open_work, chat) is False
    assert chat.posted == [{"text": "hello"}]


def test_a_chat_that_is_away_keeps_the_reason_and_gets_the_message_when_it_is_back() -> None:
    office, chat = Office(waiting=1), Channel(refusals=1)
    message = SlackMessage(1, 1, {"text": "hello"})
    with pytest.raises(Unavailable):
        deliver_to_slack(message, office.open_work, chat)
    assert office.rows[0].error == "Slack answers 429."
    assert deliver_to_slack(message, office.open_work, chat) is True
