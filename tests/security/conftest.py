"""The same database as in tests/integration, and a company whose admins write queries."""

import pytest

from local.postgres import Database
from lodestar.persistence.unit_of_work import WorkContext
from lodestar.sources.database import SandboxCheck, Sandboxes
from tests.integration.conftest import context, database, owner, owner_engine, server
from tests.integration.tenants import Tenant, new_tenant, sandbox_logins

__all__ = ["context", "database", "owner", "owner_engine", "server"]


@pytest.fixture(scope="module")
def tenant(context: WorkContext) -> Tenant:
    made = new_tenant(context)
    made.sandbox()
    return made


@pytest.fixture(scope="module")
def saving(tenant: Tenant, database: Database) -> SandboxCheck:
    """The check of a definition that is saved."""
    return SandboxCheck(tenant.id, Sandboxes(sandbox_logins(database)))
