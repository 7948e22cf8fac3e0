"""GET /api/health: whether the API is alive."""

from lodestar.application.edge import View
from lodestar.runtime.endpoint import PUBLIC, endpoint


class Health(View):
    """The API answers."""

    status: str


@endpoint("GET", "/api/health", needs=PUBLIC)
def handler() -> Health:
    """Liveness, without a sign-in."""
    return Health(status="ok")
