"""GET /api/me: the caller."""

from lodestar.application.caller import Caller
from lodestar.application.people.me import who_am_i
from lodestar.application.people.shapes import MeView
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.runtime.endpoint import endpoint


@endpoint("GET", "/api/me")
def handler(caller: Caller, work: UnitOfWork) -> MeView:
    """Who the token belongs to, with their permissions."""
    return who_am_i(caller, work.now)
