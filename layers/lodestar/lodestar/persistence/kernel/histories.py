"""Histories of migrations: the platform's, and one for each pack, so that a pack comes and goes by itself."""

from dataclasses import dataclass
from pathlib import Path

MIGRATIONS = Path(__file__).parents[1] / "migrations"
"""Alembic's folder, with the environment that every history runs in."""


@dataclass(frozen=True, slots=True)
class MigrationHistory:
    """Migrations with a version of their own; `versions` is their folder."""

    name: str
    versions: Path

    @property
    def version_table(self) -> str:
        """Where the database keeps which version it has."""
        return "alembic_version" if self == PLATFORM else f"alembic_version_{self.name}"


PLATFORM = MigrationHistory("platform", MIGRATIONS / "versions")
"""What every pack builds on."""
