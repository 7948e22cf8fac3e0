"""What is answered where no endpoint listens: 404, or 405 for an address with other methods."""

from collections.abc import Callable

from aws_lambda_powertools.utilities.typing import LambdaContext

from lodestar.domain.refusals import LodestarError
from lodestar.runtime.addresses import Methods, documented
from lodestar.runtime.endpoint import PUBLIC, Route
from lodestar.runtime.entrance import entrance
from lodestar.runtime.errors import ErrorBody
from lodestar.runtime.provided import Event
from lodestar.runtime.responses import Answer

DEFAULT_ROUTE = "$default"
"""API Gateway's name for the route of every request that fits no other one."""


class Fallback:
    """The function of the `$default` route, as AWS Lambda calls it; it always refuses."""

    route = Route("ANY", DEFAULT_ROUTE, PUBLIC, 404)
    view = ErrorBody

    def __init__(self, handler: Callable[[str, str, Methods], LodestarError]) -> None:
        self._handler = handler
        self.__doc__ = handler.__doc__
        self._invoke = entrance(DEFAULT_ROUTE, self._refuse)

    def __call__(self, event: Event, context: LambdaContext) -> Answer:
        """Refuse one request."""
        return self._invoke(event, context)

    def _refuse(self, event: Event, _: LambdaContext) -> Answer:
        raise self._handler(event["requestContext"]["http"]["method"], event["rawPath"], documented())
