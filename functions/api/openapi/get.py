"""GET /api/openapi.json: the contract of this API."""

from typing import Any

from lodestar.runtime.endpoint import PUBLIC, endpoint
from lodestar.runtime.openapi import committed_document
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/openapi.json", needs=PUBLIC)
def handler() -> Json[dict[str, Any]]:
    """The OpenAPI 3.1 document."""
    return Json(committed_document())
