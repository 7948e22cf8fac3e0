"""What surrounds every function that answers HTTP: log context, metrics, and one shape for every error."""

from collections.abc import Callable

from aws_lambda_powertools.utilities.typing import LambdaContext

from lodestar.domain.refusals import LodestarError, Unavailable
from lodestar.runtime.dependencies import Event
from lodestar.runtime.responses import HttpResponse, fault, refusal
from lodestar.runtime.sizes import require_moderate_request
from lodestar.runtime.telemetry import count, logger, metrics
from lodestar.wire.exact_json import to_json
from lodestar.wire.refusals import AnswerTooLarge

MAX_ANSWER_BYTES = 6 * 1024 * 1024 - 8 * 1024
"""What Lambda passes on of a function's answer, with room for its status and headers."""
MAX_BYTES_PER_CHARACTER = 6
"""A control character as JSON writes it."""

type Respond = Callable[[Event, LambdaContext], HttpResponse]
"""A request in, an answer out."""


def http_function(name: str, respond: Respond) -> Respond:
    """`respond` as AWS Lambda calls it; `name` is the endpoint's in the logs.

    A refusal becomes its status, and any other error a 500 that is logged and tells nothing.
    """

    def measured(event: Event, context: LambdaContext) -> HttpResponse:
        request_id = request_id_of(event)
        logger.append_keys(request_id=request_id, endpoint=name)
        try:
            require_moderate_request(event)
            found = _deliverable(respond(event, context))
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

    decorated: Respond = logger.inject_lambda_context(measured, clear_state=True)
    return decorated


def _deliverable(found: HttpResponse) -> HttpResponse:
    """The answer, if Lambda can pass it on; beyond that, the gateway would say 500.

    Raises:
        AnswerTooLarge: it is larger than MAX_ANSWER_BYTES as JSON text in JSON.
    """
    body = found["body"]
    if (
        len(body) > MAX_ANSWER_BYTES // MAX_BYTES_PER_CHARACTER
        and len(to_json(body).encode()) > MAX_ANSWER_BYTES
    ):
        raise AnswerTooLarge(
            "The answer is larger than 6 MB: ask for less, with a filter or a smaller limit."
        )
    return found


def request_id_of(event: Event) -> str:
    """API Gateway's id of a request: in every error, every log line and the audit log."""
    return str(event["requestContext"]["requestId"])
