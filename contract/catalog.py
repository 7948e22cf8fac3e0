"""The JSON Schema of the catalog's YAML files, for editors and for the test of the files themselves."""

import json
from pathlib import Path

from contract.schemas import Exact
from lodestar.packs.catalog import format as catalog_format
from lodestar.packs.catalog.format import CatalogFile

COMMITTED = Path(catalog_format.__file__).with_name("schema.json")


def made() -> str:
    """The schema as text that shows one change as one line."""
    schema = CatalogFile.model_json_schema(schema_generator=Exact)
    return json.dumps(schema, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def write(path: Path = COMMITTED) -> None:
    """Write the schema."""
    path.write_text(made(), encoding="utf-8")
