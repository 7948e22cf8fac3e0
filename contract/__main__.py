"""`python -m contract` writes what is made from the code: OpenAPI document, client, schema of the catalog."""

import json
import sys
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMITTED = ROOT / "layers" / "lodestar" / "lodestar" / "runtime" / "openapi.json"


def made() -> str:
    """The document of all handlers under functions/api, as text that shows one change as one line."""
    files = sorted((ROOT / "functions" / "api").glob("*/*.py"))
    handlers = [import_module(f"api.{file.parent.name}.{file.stem}").handler for file in files]
    endpoint = import_module("lodestar.runtime.endpoint").Endpoint
    endpoints = [handler for handler in handlers if isinstance(handler, endpoint)]
    document = import_module("contract.document").document(endpoints)
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def is_current(path: Path = COMMITTED) -> bool:
    """Whether a written document is the one that the handlers make."""
    return path.is_file() and path.read_text(encoding="utf-8") == made()


def main(path: Path = COMMITTED) -> None:
    """Write the document."""
    path.write_text(made(), encoding="utf-8")


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "layers" / "lodestar"), str(ROOT / "functions")]
    main()
    import_module("contract.client").write(json.loads(COMMITTED.read_text(encoding="utf-8")))
    import_module("contract.catalog").write()
