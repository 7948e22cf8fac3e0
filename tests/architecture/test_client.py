"""The committed client is the one that the document makes, and keeps to the rules of the house."""

import json
from pathlib import Path

import pytest

from contract import client
from tests.architecture.house import ROOT
from tests.conformance import committed

LONGEST_FILE = 399
FILES = sorted(client.PACKAGE.rglob("*.py"))


def test_the_committed_client_is_the_one_of_the_document() -> None:
    assert client.is_current(committed().document), "The client is old: run `make openapi`."


def test_the_check_finds_a_client_that_is_old(tmp_path: Path) -> None:
    changed = json.loads(json.dumps(committed().document))
    client.write(changed, tmp_path)
    assert client.is_current(changed, tmp_path)
    changed["paths"]["/api/me"]["get"]["summary"] = "Somebody else."
    assert not client.is_current(changed, tmp_path)
    del changed["paths"]["/api/me"]
    client.write(changed, tmp_path)
    assert client.is_current(changed, tmp_path)
    assert not (tmp_path / "api" / "me.py").exists()


@pytest.mark.parametrize("file", FILES, ids=lambda each: str(each.relative_to(ROOT)))
def test_a_file_of_the_client_is_short(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= LONGEST_FILE
