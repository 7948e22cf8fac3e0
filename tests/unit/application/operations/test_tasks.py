"""Tasks of companies: what one of them raises is its own failure, and is told to its admins."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from lodestar.application.alerts.ports import Notification
from lodestar.application.operations.task_messages import task_from_message, task_to_message
from lodestar.application.operations.tasks import CompanyTasks, send_to_each
from lodestar.domain.alerts import NotificationChannel, NotificationState
from lodestar.domain.periods import Cadence
from lodestar.domain.refusals import Contended, Interrupted, InvalidContent, LodestarError
from lodestar.domain.tasks import CompanyTask, TaskKind, Tick
from tests.fakes.calculation import FakeMessages
from tests.fakes.operations import FakeTaskQueue
from tests.fakes.topics import FakeTopics
from tests.fakes.work import NOW, FakeWork
from tests.unit.application.calculation.firm import Firm

TICK = Tick(Cadence.DAILY, NOW)


@dataclass
class Platform:
    """Companies 1, whose unit of work may fail to open for a while, and 2."""

    firm: Firm = field(default_factory=Firm)
    other: FakeWork = field(default_factory=FakeWork)
    error: Exception | None = None
    messages: FakeMessages = field(default_factory=FakeMessages)
    topics: FakeTopics = field(default_factory=FakeTopics)

    def do(self, task: CompanyTask) -> object:
        return CompanyTasks(self._open_work, self.messages, self.topics, lambda *_: None).do(task)

    @contextmanager
    def _open_work(self, company_id: int) -> Iterator[FakeWork]:
        error, self.error = self.error, None
        if error is not None:
            raise error
        yield self.firm.work if company_id == 1 else self.other


@pytest.fixture
def platform() -> Platform:
    return Platform()


def test_a_tick_sends_each_company_a_task_and_does_no_work_itself() -> None:
    queue = FakeTaskQueue()
    assert send_to_each(TaskKind.PLANNING, [3, 1], queue, TICK) == {"companies": 2}
    assert queue.sent == [CompanyTask(TaskKind.PLANNING, company_id, TICK) for company_id in (3, 1)]


@pytest.mark.parametrize(
    "task",
    [
        CompanyTask(TaskKind.PLANNING, 2, TICK),
        CompanyTask(TaskKind.UPKEEP, 3),
        CompanyTask(TaskKind.RELAY, 4),
    ],
    ids=lambda task: task.kind,
)
def test_a_task_is_read_from_its_message_as_it_was_written(task: CompanyTask) -> None:
    assert task_from_message(task_to_message(task)) == task


@pytest.mark.parametrize("passing", [Interrupted("Away."), Contended("Others.")], ids=lambda each: each.code)
def test_a_passing_fault_is_no_failure_of_the_company(platform: Platform, passing: Exception) -> None:
    platform.error = passing
    with pytest.raises(type(passing)):
        platform.do(CompanyTask(TaskKind.UPKEEP, 2))
    assert platform.other.operations.failures == {}


def test_planning_plans_what_is_due_for_the_one_company(platform: Platform) -> None:
    platform.firm.assign(platform.firm.kpi(), user=platform.firm.user())
    assert platform.do(CompanyTask(TaskKind.PLANNING, 1, TICK)) == {"runs": 36, "batches": 1}
    assert platform.do(CompanyTask(TaskKind.PLANNING, 2, TICK)) == {"runs": 0, "batches": 0}


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InvalidContent.of("timezone", "timezone must be known."), "timezone must be known."),
        (LodestarError("No."), "No."),
        (ZeroDivisionError("secret"), "ZeroDivisionError"),
    ],
)
def test_what_a_task_raises_is_noted_for_its_company_and_comes_again(
    platform: Platform, error: Exception, told: str
) -> None:
    for times in (1, 2):
        platform.error = error
        with pytest.raises(type(error)):
            platform.do(CompanyTask(TaskKind.PLANNING, 1, TICK))
        assert platform.firm.work.operations.failures == {TaskKind.PLANNING: (times, told, NOW)}
    assert platform.other.operations.failures == {}


def test_a_task_that_works_again_ends_the_row_of_failures_of_its_kind_alone(platform: Platform) -> None:
    for kind in (TaskKind.UPKEEP, TaskKind.RELAY):
        platform.error = LodestarError("No.")
        with pytest.raises(LodestarError):
            platform.do(CompanyTask(kind, 1))
    platform.do(CompanyTask(TaskKind.UPKEEP, 1))
    failures = platform.firm.work.operations.failures
    assert {kind: in_a_row for kind, (in_a_row, *_) in failures.items()} == {"upkeep": 0, "relay": 1}


def test_a_company_whose_topic_cannot_be_made_keeps_no_other_from_publishing(platform: Platform) -> None:
    facts = {"severity": "warning", "category": "sales", "kpi": "calls"}
    works = {1: platform.firm.work, 2: platform.other}
    for work in works.values():
        work.alerts.add_notifications(
            [Notification(9, NotificationChannel.SLACK, "WARNING", facts)], work.now
        )
    platform.topics.refused.add(1)
    assert [platform.do(CompanyTask(TaskKind.RELAY, number)) for number in works] == [
        {"sent": 0},
        {"sent": 1},
    ]
    waiting = works[1].alerts.outbox[1]
    assert (waiting.state, waiting.attempts) == (NotificationState.WAITING, 1)
    assert waiting.error == "The company's alert topic cannot be made now."
