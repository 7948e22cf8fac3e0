"""The decorators of functions that are called by a queue, a clock or a deployment."""

import inspect
import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from lodestar import bootstrap
from lodestar.application.alerts.ports import Chat, Topics
from lodestar.application.calculation.ports import Messages, Sources
from lodestar.application.operations.ports import CompanyIds, Migration, TaskQueue
from lodestar.application.operations.tasks import CompanyTasks
from lodestar.application.unit_of_work import OpenUnitOfWork
from lodestar.application.work import AuditHead
from lodestar.runtime.retrying import tried_again
from lodestar.runtime.telemetry import count_failed_message

STATEMENT_SECONDS = 60.0
"""How long a statement may take: far longer than any should."""

logger = Logger(service="lodestar")


def _log_head(company_id: int, head: AuditHead) -> None:
    """CloudWatch is the place outside of the database: see decision 8."""
    logger.info("audit_head", extra={"company": company_id, "seq": head.seq, "hash": head.hash})


DEPENDENCIES: dict[object, Callable[[], object]] = {
    OpenUnitOfWork: bootstrap.open_work,
    Messages: bootstrap.messages,
    Topics: bootstrap.topics,
    Chat: bootstrap.chat,
    CompanyIds: lambda: bootstrap.company_ids,
    Migration: bootstrap.migration,
    TaskQueue: bootstrap.task_queue,
    CompanyTasks: lambda: CompanyTasks(
        bootstrap.open_work(), bootstrap.messages(), bootstrap.topics(), _log_head
    ),
    Sources: bootstrap.sources,
}
"""What a worker or a job may ask for by type, beside its message or event. Made only when asked for."""


def worker[Message](
    parse: Callable[[Mapping[str, Any]], Message],
) -> Callable[[Callable[..., object]], "Worker[Message]"]:
    """Make a Lambda function for an SQS queue of a handler of one message; `parse` reads a message's JSON.

    A passing fault of the database is tried again at once. A message whose handler raises all the same is
    reported as failed and comes again in some seconds; the others are done.
    """
    return partial(Worker, parse)


class Worker[Message]:
    """One queue's function as AWS Lambda calls it, with partial batch failures."""

    def __init__(self, parse: Callable[[Mapping[str, Any]], Message], handler: Callable[..., object]) -> None:
        self._parse = parse
        self._handler = handler
        # A batch that fails as a whole is a row of failed messages, not a crash of the function.
        self._processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        self._invoke = logger.inject_lambda_context(self._processed, clear_state=True)

    def __call__(self, event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        """Work on the messages of one call; which ones failed."""
        found: PartialItemFailureResponse = self._invoke(event, context)
        return found

    def _processed(self, event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        seconds = context.get_remaining_time_in_millis() / 1000
        with bootstrap.time_limit(seconds, STATEMENT_SECONDS):
            return process_partial_response(
                event=event, record_handler=self._one, processor=self._processor, context=context
            )

    def _one(self, record: SQSRecord, lambda_context: LambdaContext) -> None:
        logger.append_keys(message_id=record.message_id)
        try:
            message = self._parse(json.loads(record.body))
            tried_again(partial(self._handle, message), lambda_context.get_remaining_time_in_millis() / 2000)
        except Exception:
            logger.exception("message failed")
            count_failed_message(self._handler.__module__)
            bootstrap.give_back(
                record.event_source_arn,
                record.receipt_handle,
                int(record.attributes.approximate_receive_count),
            )
            raise

    def _handle(self, message: Message) -> None:
        self._handler(message, **_dependencies(self._handler))


def job(handler: Callable[..., Mapping[str, Any]]) -> Callable[..., Mapping[str, Any]]:
    """Make a Lambda function of a handler of the event that a schedule, or a deployment, calls it with.

    What the handler answers is a report: it is logged, and given back to the caller.
    """

    def invoke(event: Mapping[str, Any], context: LambdaContext) -> Mapping[str, Any]:
        seconds = context.get_remaining_time_in_millis() / 1000
        with bootstrap.time_limit(seconds, STATEMENT_SECONDS):
            report = tried_again(lambda: handler(event, **_dependencies(handler)), seconds / 2)
        logger.info("done", extra=dict(report))
        return report

    invoke.__doc__ = handler.__doc__
    decorated: Callable[..., Mapping[str, Any]] = logger.inject_lambda_context(invoke, clear_state=True)
    return decorated


def _dependencies(handler: Callable[..., object]) -> dict[str, object]:
    parameters = inspect.signature(handler, eval_str=True).parameters.values()
    return {
        parameter.name: DEPENDENCIES[parameter.annotation]()
        for parameter in parameters
        if parameter.annotation in DEPENDENCIES
    }
