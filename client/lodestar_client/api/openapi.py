"""Methods: openapi. Made from the OpenAPI document by `make openapi`: change that, not this."""

from typing import Any

from lodestar_client.core import Core, Request


class OpenapiApi:
    """The operations of the tag `openapi`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def get(self) -> dict[str, Any]:
        """The OpenAPI 3.1 document."""
        request = Request("GET", "/api/openapi.json")
        found: dict[str, Any] = self._core.call(request, dict[str, Any])
        return found
