"""What the platform has to know of a pack."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack as the platform sees it; its models and use cases are known to its own functions only."""

    name: str
    """Its folder, the first part of the names of its views, and the name of its migrations' history."""
    folder: Path
    views: Mapping[str, str]
    """SQL by the name behind `<pack>.`: one statement each that gives JSON text."""
    sandbox: Mapping[str, Collection[str]]
    """What its migrations add to the tables of admins' SQL, with their columns."""

    @property
    def migrations(self) -> Path:
        """The folder of its migrations."""
        return self.folder / "migrations"

    @property
    def definitions(self) -> Path:
        """The folder of its ready-made definitions, as YAML."""
        return self.folder / "definitions"
