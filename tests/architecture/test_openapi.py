"""The committed OpenAPI document is the one that the handlers make."""

import json
from pathlib import Path

from tests import openapi
from tests.architecture.house import FUNCTIONS

SPOKEN = {"get", "post", "put", "delete"}


def test_the_committed_document_is_the_one_of_the_handlers() -> None:
    assert openapi.is_current(), openapi.main(["--check"])


def test_the_document_has_an_operation_for_each_endpoint() -> None:
    paths = json.loads(openapi.COMMITTED.read_text(encoding="utf-8"))["paths"]
    operations = [operation for path in paths.values() for operation in SPOKEN & path.keys()]
    assert len(operations) == len(list((FUNCTIONS / "api").glob("*/*.py")))


def test_the_check_finds_a_document_that_is_old(tmp_path: Path) -> None:
    written = tmp_path / "openapi.json"
    assert not openapi.is_current(written)
    written.write_text(openapi.made().replace("Lodestar", "Polaris"), encoding="utf-8")
    assert "make openapi" in (openapi.main(["--check"], written) or "")
    assert openapi.main([], written) is None
    assert openapi.is_current(written)
