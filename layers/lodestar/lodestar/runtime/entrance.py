"""What surrounds every function that answers HTTP: log context, metrics, and one shape for every error."""

from collections.abc import Callable

from aws_lambda_powertools.utilities.typing import LambdaContext

from lodestar.domain.refusals import LodestarError, TooMuch, Unavailable
from lodestar.runtime.provided import Event
from lodestar.runtime.responses import Answer, fault, refusal
from lodestar.runtime.telemetry import count, logger, metrics
from lodestar.wire.exact_json import to_json

MOST_BYTES = 6 * 1024 * 1024 - 8 * 1024
"""What Lambda passes on of a function's answer, with room for its status and headers."""
MOST_BYTES_OF_A_CHARACTER = 6
"""A control character as JSON writes it."""

type Answering = Callable[[Event, LambdaContext], Answer]
"""A request in, an answer out."""


def entrance(name: str, answering: Answering) -> Answering:
    """`answering` as AWS Lambda calls it; `name` is the endpoint's in the logs.

    A refusal becomes its status, and any other error a 500 that is logged and tells nothing.
    """

    def measured(event: Event, context: LambdaContext) -> Answer:
        request_id = request_id_of(event)
        logger.append_keys(request_id=request_id, endpoint=name)
        try:
            found = _deliverable(answering(event, context))
        except LodestarError as error:
            if isinstance(error, Unavailable):
                logger.warning("unavailable", exc_info=True)
            found = refusal(error, request_id)
        except Exception:
            logger.exception("unhandled")
            found = fault(request_id)
        count(f"Status{found['statusCode'] // 100}xx")
        metrics.flush_metrics()
        return found

    decorated: Answering = logger.inject_lambda_context(measured, clear_state=True)
    return decorated


def _deliverable(found: Answer) -> Answer:
    """The answer, if Lambda can pass it on; beyond that, the gateway would say 500.

    Raises:
        TooMuch: it is larger than MOST_BYTES as JSON text in JSON.
    """
    body = found["body"]
    if len(body) > MOST_BYTES // MOST_BYTES_OF_A_CHARACTER and len(to_json(body).encode()) > MOST_BYTES:
        raise TooMuch("The answer is larger than 6 MB: ask for less, with a filter or a smaller limit.")
    return found


def request_id_of(event: Event) -> str:
    """API Gateway's id of a request: in every error, every log line and the audit log."""
    return str(event["requestContext"]["requestId"])
