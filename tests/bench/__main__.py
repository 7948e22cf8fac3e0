"""`make bench`: what docs/performance.md promises, measured side by side in one run. Never a test."""

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "layers/lodestar"), str(ROOT / "functions")]

from tests.bench.batches import batch_findings  # noqa: E402 — the paths come first
from tests.bench.imports import import_findings  # noqa: E402 — as above
from tests.bench.packs import pack_findings  # noqa: E402 — as above
from tests.bench.requests import read_findings  # noqa: E402 — as above
from tests.bench.stage import stage  # noqa: E402 — as above
from tests.bench.trips import trip_findings  # noqa: E402 — as above
from tests.bench.upserts import upsert_findings  # noqa: E402 — as above
from tests.bench.years import year_findings  # noqa: E402 — as above

TABLE = "| row | what | goal | measured | reached |\n| --- | --- | --- | --- | --- |"


def main() -> None:
    """Print one line for each finding as soon as it is there."""
    _tell(TABLE)
    with tempfile.TemporaryDirectory(prefix="lodestar-bench-") as room:
        _tell(*import_findings(Path(room)))
    with stage() as here:
        for findings in (read_findings, trip_findings, batch_findings, upsert_findings, pack_findings):
            _tell(*findings(here))
    with stage() as here:  # a company of its own: what it measures depends on what else there is
        _tell(*year_findings(here))


def _tell(*lines: object) -> None:
    print(*lines, sep="\n", flush=True)


main()
