"""What each worker and schedule is for: what was lost before it is called, and what has to be true after."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from decimal import Decimal

from local.postgres import APP
from tests.functions.world import World


@contextmanager
def batch_is_calculated(world: World) -> Iterator[None]:
    """The worker of run 1, the first day's, died, and a late record changes what another one will find."""
    late = {"source": "calls", "external_id": "late", "occurred_at": "2026-03-02T12:00:00Z", "user_id": 4}
    world.admin.push({**late, "value": 3})
    world.sql(
        "update lodestar.batches set state = 'sent', sent_at = now(), attempts = 1, taken_by = null "
        "where run_id = 1 and number = 1"
    )
    yield
    first, *_ = world.admin.history(4, 1)
    assert (first["period_start"], first["actual_value"]) == (date(2026, 3, 2), Decimal("15.5"))


@contextmanager
def stalled_batches_are_sent_again(world: World) -> Iterator[None]:
    """The messages of run 1 were lost hours ago."""
    world.sql(
        "update lodestar.batches set state = 'sent', leased_until = now() - interval '1 minute', attempts = 1 "
        "where run_id = 1"
    )
    yield
    assert world.sql("select distinct state from lodestar.batches where run_id = 1") == [["done"]]


@contextmanager
def notification_is_sent(world: World) -> Iterator[None]:
    """Notification 1 waits in the outbox."""
    world.sql("update lodestar.notifications set state = 'waiting', not_before = now() where id = 1")
    yield
    assert world.sql("select state from lodestar.notifications where id = 1") == [["sent"]]


@contextmanager
def slack_has_the_notification(world: World) -> Iterator[None]:
    """Slack does not have notification 1 yet."""
    world.sql("delete from lodestar.deliveries where notification_id = 1")
    before = len(world.slack.taken)
    yield
    assert [each["text"] for each in world.slack.taken[before:]] == ["CRITICAL: Calls 50% below target"]


@contextmanager
def day_is_planned(world: World) -> Iterator[None]:
    """Nobody has planned the day before the schedule's."""
    scheduled = "select period_start::text from lodestar.runs where company_id = 2 and kind = 'scheduled'"
    assert ["2026-03-05"] not in world.sql(scheduled)
    yield
    assert ["2026-03-05"] in world.sql(scheduled)


@contextmanager
def login_follows_the_secret(world: World) -> Iterator[None]:
    """The application's login has another password than its secret."""
    world.sql(f"alter role {APP} password 'another'")
    yield
    world.stack.database.connect(APP).close()


EFFECTS: Mapping[str, Callable[[World], AbstractContextManager[None]]] = {
    "deploy/migrate": login_follows_the_secret,
    "schedules/maintain": stalled_batches_are_sent_again,
    "schedules/plan": day_is_planned,
    "schedules/relay": notification_is_sent,
    "workers/calculate": batch_is_calculated,
    "workers/deliver_slack": slack_has_the_notification,
    "workers/do_task": notification_is_sent,
}
