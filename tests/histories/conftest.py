"""The database that the integration tests use."""

from tests.integration.conftest import context, database, server

__all__ = ["context", "database", "server"]
