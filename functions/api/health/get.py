"""GET /api/health: whether the API is alive, and for an admin how the work stands."""

from lodestar.application.operations.health import HealthCheck, health
from lodestar.application.operations.shapes import Health, HealthReport
from lodestar.runtime.endpoint import PUBLIC, endpoint


@endpoint("GET", "/api/health", needs=PUBLIC)
def handler(check: HealthCheck | None) -> Health | HealthReport:
    """Liveness without a sign-in; database, queue, outbox, last runs and sources for an admin's token."""
    return health(check)
