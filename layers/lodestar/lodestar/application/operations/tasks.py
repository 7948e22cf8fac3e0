"""Tasks of companies: each is sent, done and tried again by itself, and its failure stops no other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lodestar.application.alerts.notifying import publish_waiting
from lodestar.application.alerts.ports import Topics
from lodestar.application.calculation.ports import Messages
from lodestar.application.calculation.running import plan_due
from lodestar.application.operations.ports import Anchor, OperationsWork, TaskQueue
from lodestar.application.operations.upkeep import keep_house
from lodestar.application.work import OpenWork
from lodestar.domain.refusals import Contended, Interrupted, LodestarError
from lodestar.domain.tasks import CompanyTask, TaskKind, Tick


def send_to_each(
    kind: TaskKind, company_ids: Sequence[int], queue: TaskQueue, tick: Tick | None = None
) -> Mapping[str, int]:
    """Send a task for each company to the queue: a tick does no company's work itself."""
    queue.send([CompanyTask(kind, company_id, tick) for company_id in company_ids])
    return {"companies": len(company_ids)}


@dataclass(frozen=True, slots=True)
class CompanyTasks:
    """What tasks need from outside."""

    open_work: OpenWork[OperationsWork]
    messages: Messages
    topics: Topics
    anchor: Anchor

    def do(self, task: CompanyTask) -> Mapping[str, int]:
        """Do a task, and note for the company's admins whether it worked.

        Whatever it raises is the failure of this company alone: the message comes again, a few times. What
        passes, such as a broken connection, says nothing about the company and is not noted.
        """
        try:
            report = self._do(task)
        except (Contended, Interrupted):
            raise
        except Exception as error:
            # The failed unit of work is closed by now: an environment has one connection.
            with self.open_work(task.company_id) as work:
                work.operations.note_failure(task.kind, _in_words(error), work.now)
                work.commit()
            raise
        with self.open_work(task.company_id) as work:
            work.operations.note_success(task.kind)
            work.commit()
        return report

    def _do(self, task: CompanyTask) -> Mapping[str, int]:
        company_id = task.company_id
        match task.kind:
            case TaskKind.PLANNING:
                assert task.tick is not None  # noqa: S101 — planning has one
                report = plan_due(task.tick, company_id, self.open_work, self.messages)
                return {"runs": report.runs, "batches": report.batches}
            case TaskKind.UPKEEP:
                return keep_house(company_id, self.open_work, self.messages, self.anchor)
            case TaskKind.RELAY:
                return {"sent": publish_waiting(company_id, self.open_work, self.topics, self.messages)}


def _in_words(error: Exception) -> str:
    """What an admin may read of an error: ours say what to do, of others only the kind is told."""
    return error.message if isinstance(error, LodestarError) else type(error).__name__
