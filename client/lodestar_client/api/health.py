"""Methods: health. Made from the OpenAPI document by `make openapi`: change that, not this."""

from lodestar_client.core import Core, Request
from lodestar_client.types.health import Health, HealthReport


class HealthApi:
    """The operations of the tag `health`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def get(self) -> Health | HealthReport:
        """Liveness without a sign-in; database, queue, outbox, last runs and sources for an admin's token."""
        request = Request("GET", "/api/health")
        found: Health | HealthReport = self._core.call(request, Health | HealthReport)
        return found
