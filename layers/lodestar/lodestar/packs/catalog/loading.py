"""Reading the catalog: the YAML files of the platform and of the packs."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError
from yaml.constructor import ConstructorError

from lodestar.packs.catalog.entries import Catalog, Entry
from lodestar.packs.catalog.format import CatalogFile
from lodestar.packs.registry import all_packs

PLATFORM = Path(__file__).parent
"""The folder of the ready-made KPIs that need no pack."""


class BadCatalog(ValueError):
    """A file of the catalog that cannot be used: which one, and what to mend."""


@cache
def catalog() -> Catalog:
    """The catalog of this installation, read once."""
    return load_catalog(folders())


def folders() -> list[Path]:
    """Where its files lie: the platform's, and those of the packs that have any."""
    return [PLATFORM, *(pack.definitions for pack in all_packs())]


def load_catalog(places: Iterable[Path]) -> Catalog:
    """The catalog of all YAML files in some folders; one that is absent holds none.

    Raises:
        BadCatalog: a file is not of the format, or has a field twice; or two entries have the same key.
    """
    found = [(file, entry) for file in catalog_files(places) for entry in _entries(file)]
    entries: dict[str, Entry] = {}
    for file, entry in sorted(found, key=lambda pair: pair[1].key):
        if entry.key in entries:
            raise BadCatalog(f"{file}: there is another entry with the key {entry.key}.")
        entries[entry.key] = entry
    return Catalog(entries)


def catalog_files(places: Iterable[Path]) -> list[Path]:
    """The files of a catalog in some folders."""
    return [file for place in places for file in sorted(place.glob("*.yaml"))]


def read_yaml(text: str) -> Any:  # noqa: ANN401 — whatever the text holds
    """The value of a YAML text.

    Raises:
        ConstructorError: a mapping has the same key twice, of which YAML would silently keep the last.
    """
    return yaml.load(text, _Loader)  # noqa: S506 — a safe loader that is stricter


def _entries(file: Path) -> Iterator[Entry]:
    try:
        read = CatalogFile.model_validate(read_yaml(file.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise BadCatalog(f"{file}: {error}") from error
    return (Entry(read.category, fields, read.pack) for fields in read.entries)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # whichever is there
    """PyYAML's safe loader, in C where it was built so."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        doubled = [key for key, count in Counter(keys).items() if count > 1]
        if doubled:
            mark = node.start_mark
            raise ConstructorError(None, None, f"{doubled[0]} stands twice in the mapping", mark)
        mapping: dict[Hashable, Any] = super().construct_mapping(node, deep)
        return mapping
