"""The same database as in tests/integration."""

from tests.integration.conftest import context, database, owner, owner_engine, server

__all__ = ["context", "database", "owner", "owner_engine", "server"]
