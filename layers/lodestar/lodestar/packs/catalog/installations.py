"""Which entries of the catalog a company has, as the database keeps it."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lodestar.persistence.kernel.session import Session

_ALL = """select key, version, definition_id, installed_at
from lodestar.catalog_installations where company_id = :company"""
_KEEP = """
insert into lodestar.catalog_installations
  (company_id, key, version, definition_id, installed_at, installed_by)
values (:company, :key, :version, :definition_id, :installed_at, :installed_by)
on conflict (company_id, key) do update set version = excluded.version,
  installed_at = excluded.installed_at, installed_by = excluded.installed_by"""


@dataclass(frozen=True, slots=True)
class Installation:
    """An entry that a company has: the version of the catalog's that it got, when, and what it became."""

    key: str
    version: int
    definition_id: int
    installed_at: datetime


def lock_installations(session: "Session") -> None:
    """Let nobody else install for the company until the transaction ends."""
    session.rows("select pg_advisory_xact_lock(hashtextextended('lodestar.catalog', :company))")


def installations(session: "Session") -> dict[str, Installation]:
    """All that the company has installed, by key."""
    return {row["key"]: Installation(**row) for row in session.rows(_ALL)}


def keep_installation(session: "Session", made: Installation, installed_by: int) -> None:
    """Write an installation in place of the one before."""
    session.run(
        _KEEP,
        key=made.key,
        version=made.version,
        definition_id=made.definition_id,
        installed_at=made.installed_at,
        installed_by=installed_by,
    )
