"""The committed client is the one that the document makes, keeps to the rules of the house, and installs."""

import email
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from contract import client
from tests.architecture.house import ROOT
from tests.conformance import committed

LONGEST_FILE = 399
FILES = sorted(client.PACKAGE.rglob("*.py"))
PROJECT = client.PACKAGE.parent


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


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_file_of_the_client_is_short(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= LONGEST_FILE


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client as it is published, built by the backend that its project names."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, timeout=60)
    (file,) = folder.iterdir()
    return file


def test_the_wheel_has_every_module_and_says_that_it_is_typed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = {name for name in packed.namelist() if name.startswith("lodestar_client/")}
    assert names == {str(file.relative_to(PROJECT)) for file in FILES} | {"lodestar_client/py.typed"}


def test_the_wheel_is_all_that_an_import_needs_beside_httpx(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(tmp_path)
    program = (
        "import lodestar_client as it, lodestar_client.types; print(it.__file__, it.types.Unit('%').name)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"{tmp_path}/lodestar_client/__init__.py PERCENT_SIGN\n"


def test_the_wheel_says_what_it_needs_and_how_it_may_be_used(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        (name,) = (name for name in packed.namelist() if name.endswith("/METADATA"))
        metadata = email.message_from_bytes(packed.read(name))
    assert (metadata["Name"], metadata["Version"]) == ("lodestar-client", "0.1.0")
    assert (metadata["License-Expression"], metadata["License-File"]) == ("Apache-2.0", "LICENSE")
    assert metadata["Requires-Python"] == ">=3.13"
    assert metadata.get_all("Requires-Dist") == ["httpx>=0.28"]
