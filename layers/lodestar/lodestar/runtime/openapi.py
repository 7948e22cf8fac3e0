"""The OpenAPI 3.1 document, made from the handlers and committed beside this file."""

import json
from collections.abc import Iterable
from importlib import resources
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

if TYPE_CHECKING:
    from lodestar.runtime.endpoint import Endpoint

_FILE = "openapi.json"


def committed_document() -> str:
    """The document's text. `make openapi` writes it; a test holds it to the handlers."""
    return resources.files("lodestar.runtime").joinpath(_FILE).read_text(encoding="utf-8")


def document(endpoints: Iterable["Endpoint"]) -> dict[str, Any]:
    """The document of these endpoints."""
    together = APIGatewayHttpResolver(enable_validation=True)
    for each in endpoints:
        each.describe(together)
    text = together.get_openapi_json_schema(
        title="Lodestar", version="1", openapi_version="3.1.0", servers=[]
    )
    made: dict[str, Any] = json.loads(text)
    return made
