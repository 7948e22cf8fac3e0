"""Methods: me. Made from the OpenAPI document by `make openapi`: change that, not this."""

from lodestar_client.core import Core, Request
from lodestar_client.types.me import MeView


class MeApi:
    """The operations of the tag `me`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def get(self) -> MeView:
        """Who the token belongs to, with their permissions."""
        request = Request("GET", "/api/me")
        found: MeView = self._core.call(request, MeView)
        return found
