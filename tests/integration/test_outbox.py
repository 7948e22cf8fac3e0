"""Notifications leave once: claims, leases and the subscribers' own marks."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from local.postgres import Database
from lodestar.application.alerts.ports import AlertFigures, ClaimedNotification, Notification
from lodestar.domain.alerts import AlertRule, AlertType, NotificationChannel, Severity
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.tenants import NOW, Tenant, new_tenant, point, wait_until_blocked

LEASE = timedelta(minutes=2)
SLACK = NotificationChannel.SLACK


def notify(tenant: Tenant, count: int) -> None:
    """Put notifications about one alert in the outbox."""
    user, definition = tenant.user(), tenant.definition()
    assignment = tenant.assignment(definition, user)
    day = NOW.date()
    with tenant.work() as work:
        rule = AlertRule(0, definition.id, AlertType.BELOW_TARGET, Decimal(10))
        rule_id = work.alerts.add_rule(rule, user, NOW)
        figures = AlertFigures(
            rule_id, assignment.id, definition.id, Severity.CRITICAL, "…", Decimal(5), point(10), day, day
        )
        (alert_id,) = work.alerts.open_alerts([figures], NOW)
        work.alerts.add_notifications(
            [Notification(alert_id, NotificationChannel.EMAIL, "…", {"n": n}) for n in range(count)], NOW
        )
        work.commit()


def claim(tenant: Tenant, at: datetime, context: WorkContext | None = None) -> ClaimedNotification | None:
    with tenant.work(context) as work:
        claimed = work.alerts.claim_notification(at, at + LEASE)
        work.commit()
    return claimed


@dataclass(frozen=True)
class One:
    """A company with one notification."""

    tenant: Tenant
    id: int


@pytest.fixture
def one(tenant: Tenant) -> One:
    notify(tenant, 1)
    (row,) = tenant.rows("select id from lodestar.notifications where company_id = :company")
    return One(tenant, row["id"])


def claim_all(tenant: Tenant, context: WorkContext) -> list[int]:
    claimed = []
    while (notification := claim(tenant, NOW, context)) is not None:
        claimed.append(notification.id)
    return claimed


def test_two_relays_never_claim_the_same_notification(context: WorkContext, rival: WorkContext) -> None:
    tenant = new_tenant(context)
    notify(tenant, 40)
    with ThreadPoolExecutor(2) as pool:
        halves = list(pool.map(lambda relay: claim_all(tenant, relay), [context, rival]))
    assert sorted(halves[0] + halves[1]) == sorted(set(halves[0]) | set(halves[1]))
    assert len(halves[0] + halves[1]) == 40


def test_a_claim_that_is_not_committed_is_skipped_and_not_waited_for(
    tenant: Tenant, rival: WorkContext
) -> None:
    notify(tenant, 2)
    with tenant.work() as first:
        mine = first.alerts.claim_notification(NOW, NOW + LEASE)
        theirs = claim(tenant, NOW, rival)
        assert claim(tenant, NOW, rival) is None
    assert mine is not None
    assert theirs is not None
    assert mine.id != theirs.id


def test_a_lease_hides_a_notification_until_it_ends(one: One) -> None:
    first = claim(one.tenant, NOW)
    assert first is not None
    assert (first.attempts, first.notification.body) == (1, {"n": 0})
    assert claim(one.tenant, NOW + LEASE - timedelta(seconds=1)) is None
    again = claim(one.tenant, NOW + LEASE)
    assert again is not None
    assert (again.id, again.attempts) == (one.id, 2)


def test_what_was_sent_is_not_claimed_again(one: One) -> None:
    claim(one.tenant, NOW)
    with one.tenant.work() as work:
        work.alerts.mark_sent(one.id, NOW)
        work.commit()
    assert claim(one.tenant, NOW + LEASE) is None


@pytest.mark.parametrize(("retry_at", "comes_again"), [(NOW + timedelta(hours=1), True), (None, False)])
def test_what_failed_comes_again_at_its_time_or_is_dead(
    one: One, retry_at: datetime | None, comes_again: bool
) -> None:
    claim(one.tenant, NOW)
    with one.tenant.work() as work:
        work.alerts.mark_failed(one.id, "The topic is away.", retry_at)
        work.commit()
    assert claim(one.tenant, NOW + timedelta(minutes=59)) is None
    assert (claim(one.tenant, NOW + timedelta(minutes=60)) is not None) is comes_again
    (row,) = one.tenant.rows("select state, error from lodestar.notifications where company_id = :company")
    assert row == {"state": "waiting" if comes_again else "dead", "error": "The topic is away."}


def test_a_delivery_is_marked_for_its_subscriber_only(one: One) -> None:
    with one.tenant.work() as work:
        assert work.alerts.claim_delivery(one.id, SLACK)
        work.alerts.mark_delivered(one.id, SLACK, NOW)
        work.commit()
    with one.tenant.work() as work:
        assert not work.alerts.claim_delivery(one.id, SLACK)
        assert work.alerts.claim_delivery(one.id, NotificationChannel.EMAIL)


def test_a_delivery_that_failed_is_tried_again(one: One) -> None:
    with one.tenant.work() as work:
        work.alerts.claim_delivery(one.id, SLACK)
        work.alerts.mark_delivery_failed(one.id, SLACK, "Slack is away.")
        work.commit()
    with one.tenant.work() as work:
        assert work.alerts.claim_delivery(one.id, SLACK)


@pytest.mark.parametrize("survives", [True, False])
def test_the_second_copy_at_the_same_time_waits_for_the_first(
    one: One, rival: WorkContext, database: Database, survives: bool
) -> None:
    with ThreadPoolExecutor(1) as other, one.tenant.work(rival) as second:
        with one.tenant.work() as first:
            assert first.alerts.claim_delivery(one.id, SLACK)
            pending = other.submit(second.alerts.claim_delivery, one.id, SLACK)
            wait_until_blocked(database)
            first.alerts.mark_delivered(one.id, SLACK, NOW)
            if survives:
                first.commit()
        assert pending.result() is not survives
