"""`python -m tests.openapi` writes the OpenAPI document from the handlers; `--check` only compares."""

import json
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMITTED = ROOT / "layers" / "lodestar" / "lodestar" / "runtime" / "openapi.json"


def made() -> str:
    """The document of all handlers under functions/api, as text that shows one change as one line."""
    files = sorted((ROOT / "functions" / "api").glob("*/*.py"))
    endpoints = [import_module(f"api.{each.parent.name}.{each.stem}").handler for each in files]
    document = import_module("lodestar.runtime.openapi").document(endpoints)
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def is_current(path: Path = COMMITTED) -> bool:
    """Whether a written document is the one that the handlers make."""
    return path.is_file() and path.read_text(encoding="utf-8") == made()


def main(arguments: list[str], path: Path = COMMITTED) -> str | None:
    """Write or check; a sentence when the check fails."""
    sys.path[:0] = [str(ROOT / "layers" / "lodestar"), str(ROOT / "functions")]
    if arguments != ["--check"]:
        path.write_text(made(), encoding="utf-8")
        return None
    return None if is_current(path) else "openapi.json is not what the handlers say: run `make openapi`."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
