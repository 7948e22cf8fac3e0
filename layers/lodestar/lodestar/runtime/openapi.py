"""The OpenAPI 3.1 document, committed beside this file; `contract/` makes it from the handlers."""

from importlib import resources

_FILE = "openapi.json"


def committed_document() -> str:
    """The document's text. `make openapi` writes it; a test holds it to the handlers."""
    return resources.files("lodestar.runtime").joinpath(_FILE).read_text(encoding="utf-8")
