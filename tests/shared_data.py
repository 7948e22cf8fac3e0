"""Test data that is kept in a folder beside the repository, `../shared`, and used where it is.

Where it is not, the tests that need it are skipped; with LODESTAR_SHARED_REQUIRED=1 they fail instead, so that
a run which is meant to use the data cannot pass without it.
"""

import json
import os
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


def is_shared(path: str) -> bool:
    """Whether a file or folder of the shared data is there; FileNotFoundError where it has to be and is not."""
    if (SHARED / path).exists():
        return True
    if os.environ.get("LODESTAR_SHARED_REQUIRED") == "1":
        raise FileNotFoundError(f"{SHARED / path}, which LODESTAR_SHARED_REQUIRED=1 demands")
    return False


def hostile_cases(name: str) -> list[dict[str, str]]:
    """The inputs of a hostile collection (`csv`, `formulas`, `sql`), each with `id` and `payload`; [] if absent."""
    path = f"hostile/{name}.json"
    return json.loads((SHARED / path).read_text(encoding="utf-8")) if is_shared(path) else []


def needs_shared(path: str) -> pytest.MarkDecorator:
    """Skips a test, or a whole file of tests, where a part of the shared data is absent."""
    return pytest.mark.skipif(not is_shared(path), reason=f"needs ../shared/{path}")
