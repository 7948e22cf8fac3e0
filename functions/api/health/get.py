"""GET /api/health: whether the API is alive, and for an admin how the work stands."""

from lodestar.application.operations.health import HealthDesk, health
from lodestar.application.operations.shapes import Health, HealthReport
from lodestar.runtime.endpoint import PUBLIC, endpoint


@endpoint("GET", "/api/health", needs=PUBLIC)
def handler(desk: HealthDesk | None) -> Health | HealthReport:
    """Liveness without a sign-in; database, queue, outbox, last runs and sources for an admin's token."""
    return health(desk)
