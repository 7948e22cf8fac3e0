"""Which entries of the catalog the bound company has installed."""

from lodestar.application.definitions.ports import Installation
from lodestar.persistence.kernel.session import SqlStore

_ALL = """
select key, version, definition_id, installed_at
from lodestar.catalog_installations where company_id = :company"""
_SAVE = """
insert into lodestar.catalog_installations
  (company_id, key, version, definition_id, installed_at, installed_by)
values (:company, :key, :version, :definition_id, :installed_at, :installed_by)
on conflict (company_id, key) do update set version = excluded.version,
  installed_at = excluded.installed_at, installed_by = excluded.installed_by"""


class SqlInstallations(SqlStore):
    """What the bound company has installed from the catalog."""

    def installations(self) -> dict[str, Installation]:
        """All that the company has installed, by key."""
        return {row["key"]: Installation(**row) for row in self._session.rows(_ALL)}

    def save_installation(self, installation: Installation) -> None:
        """Write an installation in place of the one before, as made by the actor."""
        self._session.run(
            _SAVE,
            key=installation.key,
            version=installation.version,
            definition_id=installation.definition_id,
            installed_at=installation.installed_at,
            installed_by=self._session.actor_id,
        )
