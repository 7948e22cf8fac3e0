"""Notifications through faults: none lost, at most one double per crash, each posted once."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lodestar.application.alerts.notifying import (
    LEASE,
    MAX_DELAY,
    MAX_PUBLISH_ATTEMPTS,
    MAX_WAIT_TO_RETRY,
    SlackMessage,
    deliver_to_slack,
    publish_waiting,
)
from lodestar.application.alerts.ports import Notification
from lodestar.domain.alerts import NotificationChannel, NotificationState
from lodestar.domain.refusals import Unavailable
from tests.fakes.alerts import StoredDelivery
from tests.fakes.calculation import FakeMessages
from tests.fakes.topics import Crash, FakeChat, FakeTopics
from tests.fakes.work import NOW, FakeWork

AN_HOUR = timedelta(hours=1)
SLACK = NotificationChannel.SLACK


def with_notifications(count: int) -> FakeWork:
    """A company with notifications in its outbox, from 1 on."""
    work = FakeWork()
    facts = {"severity": "warning", "category": "sales", "kpi": "calls"}
    work.alerts.add_notifications(
        [Notification(9, SLACK, f"WARNING {number}", facts) for number in range(1, count + 1)], work.now
    )
    return work


def numbers_of(work: FakeWork, state: NotificationState) -> set[int]:
    return {number for number, stored in work.alerts.outbox.items() if stored.state is state}


def test_everything_that_waits_is_published_once() -> None:
    work, topics = with_notifications(3), FakeTopics()
    assert publish_waiting(1, work.open_work, topics, FakeMessages()) == 3
    assert topics.published == {1: 1, 2: 1, 3: 1}
    assert publish_waiting(1, work.open_work, topics, FakeMessages()) == 0


def test_a_message_carries_the_facts_of_its_notification_and_what_subscribers_filter_by() -> None:
    work, topics = with_notifications(2), FakeTopics()
    publish_waiting(7, work.open_work, topics, FakeMessages())
    facts = {"severity": "warning", "category": "sales", "kpi": "calls"}
    assert topics.messages == [
        facts | {"company_id": 7, "notification_id": number, "channel": "slack"} for number in (1, 2)
    ]
    assert topics.subjects == ["WARNING 1", "WARNING 2"]


def test_the_topic_is_looked_up_once_and_only_where_something_waits() -> None:
    work, topics = with_notifications(3), FakeTopics()
    publish_waiting(1, work.open_work, topics, FakeMessages())
    publish_waiting(1, work.open_work, topics, FakeMessages())
    assert topics.made == 1


def test_a_claim_is_committed_before_the_send_so_that_a_crash_leaves_it_leased() -> None:
    work, topics = with_notifications(1), FakeTopics(["die_after"])
    with pytest.raises(Crash):
        publish_waiting(1, work.open_work, topics, FakeMessages())
    stored = work.alerts.outbox[1]
    assert (stored.state, stored.attempts) == (NotificationState.WAITING, 1)
    assert (stored.not_before, work.commits) == (NOW + LEASE, 1)


@given(st.lists(st.sampled_from(["none", "refuse", "die_after"]), max_size=12))
def test_nothing_is_lost_and_each_crash_doubles_at_most_one_notification(faults: list[str]) -> None:
    crashes = faults.count("die_after")
    work, topics = with_notifications(4), FakeTopics(list(faults))
    for _ in range(3 * len(faults) + 3):
        with suppress(Crash):
            publish_waiting(1, work.open_work, topics, FakeMessages())
        work.now += AN_HOUR
    sent, given_up = numbers_of(work, NotificationState.SENT), numbers_of(work, NotificationState.DEAD)
    assert sent | given_up == {1, 2, 3, 4}
    assert set(topics.published) >= sent
    assert sum(topics.published.values()) - len(topics.published) <= crashes


def test_a_topic_that_stays_away_is_given_up_after_the_last_attempt_with_its_reason() -> None:
    work, topics = with_notifications(1), FakeTopics(["refuse"] * MAX_PUBLISH_ATTEMPTS)
    for attempt in range(MAX_PUBLISH_ATTEMPTS):
        assert numbers_of(work, NotificationState.WAITING) == {1}, attempt
        assert publish_waiting(1, work.open_work, topics, FakeMessages()) == 0
        work.now += AN_HOUR
    stored = work.alerts.outbox[1]
    assert stored.state is NotificationState.DEAD
    assert stored.error == "SNS is away."
    assert publish_waiting(1, work.open_work, topics, FakeMessages()) == 0


def test_a_refused_notification_waits_before_it_is_tried_again() -> None:
    work, topics = with_notifications(1), FakeTopics(["refuse"])
    publish_waiting(1, work.open_work, topics, FakeMessages())
    assert work.alerts.outbox[1].state is NotificationState.WAITING
    assert work.alerts.outbox[1].not_before >= work.now


@pytest.mark.parametrize("attempts", range(MAX_PUBLISH_ATTEMPTS - 1))
def test_the_wait_grows_with_the_attempts_and_is_never_longer_than_an_hour(attempts: int) -> None:
    work, topics = with_notifications(1), FakeTopics(["refuse"])
    work.alerts.outbox[1].attempts = attempts
    publish_waiting(1, work.open_work, topics, FakeMessages())
    waits = work.alerts.outbox[1].not_before - work.now
    assert waits <= min(MAX_WAIT_TO_RETRY, timedelta(seconds=2 ** (attempts + 1) * 5))


def test_one_refused_notification_does_not_stop_those_behind_it() -> None:
    work, topics = with_notifications(3), FakeTopics(["none", "refuse", "none"])
    assert publish_waiting(1, work.open_work, topics, FakeMessages()) == 2
    assert numbers_of(work, NotificationState.SENT) == {1, 3}


def test_a_topic_that_cannot_be_made_is_tried_once_a_pass_and_given_up_with_its_reason() -> None:
    work, topics = with_notifications(2), FakeTopics(refused={1})
    for attempt in range(1, MAX_PUBLISH_ATTEMPTS + 1):
        assert publish_waiting(1, work.open_work, topics, FakeMessages()) == 0
        assert [stored.attempts for stored in work.alerts.outbox.values()] == [attempt] * 2
        work.now += AN_HOUR
    assert numbers_of(work, NotificationState.DEAD) == {1, 2}
    assert work.alerts.outbox[1].error == "The company's alert topic cannot be made now."


def test_what_failed_is_sent_for_again_at_its_time() -> None:
    work, topics, messages = with_notifications(3), FakeTopics(["none", "refuse", "none"]), FakeMessages()
    publish_waiting(1, work.open_work, topics, messages)
    assert messages.published == [1]
    assert messages.waits == [min(work.alerts.outbox[2].not_before - NOW, MAX_DELAY)]


def test_nothing_is_sent_for_when_nothing_failed_or_all_is_given_up() -> None:
    work, topics, messages = with_notifications(2), FakeTopics(["none", "refuse"]), FakeMessages()
    work.alerts.outbox[2].attempts = MAX_PUBLISH_ATTEMPTS - 1
    publish_waiting(1, work.open_work, topics, messages)
    assert messages.published == []


def test_a_notification_whose_sender_died_at_each_attempt_is_given_up_unsent() -> None:
    work, topics = with_notifications(1), FakeTopics()
    work.alerts.outbox[1].attempts = MAX_PUBLISH_ATTEMPTS
    assert publish_waiting(1, work.open_work, topics, FakeMessages()) == 0
    stored = work.alerts.outbox[1]
    assert (stored.state, stored.error) == (
        NotificationState.DEAD,
        "Each attempt to send it ended without an answer.",
    )
    assert topics.published == {}


def test_a_notification_that_arrives_twice_is_posted_once() -> None:
    work, chat = FakeWork(), FakeChat()
    message = SlackMessage(1, 1, {"text": "hello"})
    assert deliver_to_slack(message, work.open_work, chat) is True
    assert deliver_to_slack(message, work.open_work, chat) is False
    assert chat.posted == [{"text": "hello"}]


def test_a_chat_that_is_away_keeps_the_reason_and_gets_the_message_when_it_is_back() -> None:
    work, chat = FakeWork(), FakeChat(refusals=1)
    message = SlackMessage(1, 1, {"text": "hello"})
    with pytest.raises(Unavailable):
        deliver_to_slack(message, work.open_work, chat)
    assert work.alerts.deliveries[1, SLACK] == StoredDelivery(1, None, "Slack answers 429.")
    assert work.commits == 1  # the reason is there for whoever asks why nothing came
    assert deliver_to_slack(message, work.open_work, chat) is True
    assert work.alerts.deliveries[1, SLACK] == StoredDelivery(2, NOW, None)
