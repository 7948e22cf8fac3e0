"""Task queue: plan, keep house or publish for one company."""

from lodestar.application.operations.task_messages import task_from_message
from lodestar.application.operations.tasks import CompanyTasks
from lodestar.domain.tasks import CompanyTask
from lodestar.runtime.worker import worker


@worker(task_from_message)
def handler(task: CompanyTask, tasks: CompanyTasks) -> None:
    """Do one company's task; what it raises is that company's failure."""
    tasks.do(task)
