"""The vendor layer holds what uv.lock says: what is tested is what is deployed."""

import os
import subprocess
import sys

import pytest

from tests.architecture.house import ROOT

REQUIREMENTS = ROOT / "layers" / "vendor" / "requirements.txt"
EXPORT = ("export", "--quiet", "--frozen", "--no-dev", "--no-hashes", "--no-emit-project", "--no-header")


def uv() -> list[str] | None:
    """The command that runs uv on this machine, or None. `uv run` tells its own place in UV."""
    for command in ([os.environ.get("UV", "uv")], [sys.executable, "-m", "uv"]):
        try:
            subprocess.run([*command, "--version"], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return command
    return None


UV = uv()


def versions(text: str) -> set[str]:
    """The pinned packages of a requirements file: `httpx==0.28.1`."""
    return {line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")}


@pytest.mark.skipif(UV is None, reason="there is no uv on the path: CI has one, and `make test` brings one")
def test_the_vendor_layer_has_the_versions_of_the_lock() -> None:
    command = [*(UV or ()), *EXPORT]
    exported = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert versions(REQUIREMENTS.read_text(encoding="utf-8")) == versions(exported)


def test_the_guard_reads_versions_and_not_comments() -> None:
    assert versions("# made by uv\nhttpx==0.28.1\n    # via lodestar\n") == {"httpx==0.28.1"}
    assert versions("httpx==0.28.1") != versions("httpx==0.28.0")
