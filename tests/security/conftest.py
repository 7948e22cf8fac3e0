"""The same database as in tests/integration."""

from tests.integration.conftest import database, owner, owner_engine, server

__all__ = ["database", "owner", "owner_engine", "server"]
