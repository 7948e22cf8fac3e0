import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.running_stack import RunningStack, running_stack

SAMPLE = Path(__file__).parent / "sample"


@pytest.fixture(scope="session")
def room() -> Iterator[Path]:
    """A folder with a copy of the sample. Not pytest's own: the user of Postgres may not enter that."""
    path = Path(tempfile.mkdtemp(prefix="lodestar-local-"))
    path.chmod(0o755)
    shutil.copytree(SAMPLE, path / "sample", ignore=shutil.ignore_patterns("__pycache__"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def stack(room: Path) -> Iterator[RunningStack]:
    """The sample, running. Module scope: one stack runs in a process at a time."""
    with running_stack(room / "sample" / "template.yaml", room / "data") as running:
        yield running
