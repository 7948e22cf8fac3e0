"""What is answered where no endpoint listens: 404, or 405 for an address with other methods."""

from collections.abc import Callable

from aws_lambda_powertools.utilities.typing import LambdaContext

from lodestar.domain.refusals import LodestarError
from lodestar.runtime.dependencies import Event
from lodestar.runtime.endpoint import PUBLIC, Route
from lodestar.runtime.errors import ErrorBody
from lodestar.runtime.http_function import http_function
from lodestar.runtime.responses import HttpResponse
from lodestar.runtime.routes import Methods, documented_routes

DEFAULT_ROUTE = "$default"
"""API Gateway's name for the route of every request that fits no other one."""


class Fallback:
    """The function of the `$default` route, as AWS Lambda calls it; it always refuses."""

    route = Route("ANY", DEFAULT_ROUTE, PUBLIC, 404)
    view = ErrorBody

    def __init__(self, handler: Callable[[str, str, Methods], LodestarError]) -> None:
        self._handler = handler
        self.__doc__ = handler.__doc__
        self._invoke = http_function(DEFAULT_ROUTE, self._refuse)

    def __call__(self, event: Event, context: LambdaContext) -> HttpResponse:
        """Refuse one request."""
        return self._invoke(event, context)

    def _refuse(self, event: Event, _: LambdaContext) -> HttpResponse:
        raise self._handler(event["requestContext"]["http"]["method"], event["rawPath"], documented_routes())
