import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from local.postgres import APP, OWNER, Database, describe, postgres
from lodestar.packs.registry import migration_histories
from lodestar.persistence.kernel.database import make_owner_engine
from lodestar.persistence.migrate import DatabaseMigration
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.tenants import SANDBOX_PASSWORD, Tenant, address_of, context_of, new_tenant


class Invitations:
    """A user pool that invites everybody."""

    def invite(self, email: str, name: str) -> str:
        return f"sub of {email}"


def migrate(database: Database) -> dict[str, object]:
    """What a deployment does."""
    migration = DatabaseMigration(
        make_owner_engine(lambda: address_of(database, OWNER)),
        lambda: database.passwords[APP],
        SANDBOX_PASSWORD.format,
        "superuser@example.com",
        Invitations(),
        migration_histories(),
    )
    return dict(migration.run())


@pytest.fixture(scope="session")
def server() -> Iterator[Database]:
    """A Postgres with nothing in it yet. Not in pytest's folder: the user of Postgres may not enter it."""
    room = Path(tempfile.mkdtemp(prefix="lodestar-test-"))
    room.chmod(0o755)
    (room / "logs").mkdir()
    described = describe(room)
    with postgres(room, described):
        yield described
    shutil.rmtree(room)


@pytest.fixture(scope="session")
def database(server: Database) -> Database:
    """The same Postgres, migrated by its owner."""
    migrate(server)
    return server


@pytest.fixture(scope="session")
def context(database: Database) -> Iterator[WorkContext]:
    """One application environment: one connection."""
    made = context_of(database)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="session")
def rival(database: Database) -> Iterator[WorkContext]:
    """A second environment, with a connection of its own."""
    made = context_of(database)
    yield made
    made.engine.dispose()


@pytest.fixture
def tenant(context: WorkContext) -> Tenant:
    """A company of the test's own."""
    return new_tenant(context)


@pytest.fixture(scope="session")
def owner_engine(database: Database) -> Engine:
    """The login that migrations use."""
    return make_owner_engine(lambda: address_of(database, OWNER))


@pytest.fixture
def owner(owner_engine: Engine) -> Iterator[Connection]:
    """The owner of the tables in a transaction that is rolled back."""
    with owner_engine.connect() as connection:
        yield connection
