"""The same database as in tests/integration, and a company for each case."""

import pytest

from local.postgres import Database
from lodestar.persistence.unit_of_work import WorkContext
from tests.catalog.measuring import Workshop
from tests.integration.conftest import context, database, server

__all__ = ["context", "database", "server"]


@pytest.fixture
def workshop(context: WorkContext, database: Database) -> Workshop:
    """Where a case's company is made and measured."""
    return Workshop(context, database)
