"""Bringing a database to this version, with the owner's login."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, text

from lodestar.application.people.ports import Directory
from lodestar.domain.periods import FIRST_DAY
from lodestar.persistence.kernel.histories import MIGRATIONS, PLATFORM, MigrationHistory

_LOGIN = "lodestar_app"
_PLATFORM = "Platform"
_SANDBOX = text("select lodestar.make_sandbox(:company, :password)")


@dataclass(frozen=True, slots=True)
class DatabaseMigration:
    """Migrations, logins, the platform's own company and its first superuser. Running it again is safe."""

    engine: Engine
    app_password: Callable[[], str]
    sandbox_password: Callable[[int], str]
    superuser_email: str
    directory: Directory
    packs: Sequence[MigrationHistory] = ()

    def run(self) -> Mapping[str, object]:
        """Do all that is missing; which versions the database has now, by history."""
        with self.engine.begin() as connection:
            _ensure_login(connection, self.app_password())
            connection.execute(text("create schema if not exists lodestar"))
            connection.execute(text(f"grant usage on schema lodestar to {_LOGIN}"))
        histories = [PLATFORM, *self.packs]
        with self.engine.connect() as connection:
            for each in histories:
                upgrade(connection, each)
        with self.engine.begin() as connection:
            company_id = _platform(connection)
            made = self._ensure_superuser(connection, company_id)
            password = self.sandbox_password(company_id)
            connection.execute(_SANDBOX, {"company": company_id, "password": password})
            versions = {history.name: _version(connection, history) for history in histories}
        return {"versions": versions, "superuser_made": made}

    def _ensure_superuser(self, connection: Connection, company_id: int) -> bool:
        if connection.execute(
            text("select 1 from lodestar.users where company_id = :company limit 1"), {"company": company_id}
        ).first():
            return False
        email = self.superuser_email.lower()
        user_id = connection.execute(
            text(
                "insert into lodestar.users (company_id, name, email, role) "
                "values (:company, 'Superuser', :email, 'superuser') returning id"
            ),
            {"company": company_id, "email": email},
        ).scalar_one()
        sub = self.directory.invite(email, "Superuser")
        connection.execute(
            text("insert into lodestar.identities (sub, company_id, user_id) values (:sub, :company, :user)"),
            {"sub": sub, "company": company_id, "user": user_id},
        )
        return True


def upgrade(connection: Connection, history: MigrationHistory) -> None:
    """Run the migrations of a history that the database does not have yet."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "newline")  # a folder may be named with any other
    config.set_main_option("version_locations", str(history.versions))
    config.attributes |= {"connection": connection, "version_table": history.version_table}
    command.upgrade(config, "head")
    connection.commit()


def _platform(connection: Connection) -> int:
    """The platform's own company, made where it is missing; the transaction is bound to it."""
    company_id: int | None = connection.execute(
        text("select id from lodestar.companies where is_platform")
    ).scalar()
    if company_id is None:
        company_id = connection.execute(
            text(
                "with platform as (insert into lodestar.companies (name, is_platform) "
                "  values (:name, true) returning id) "
                "insert into lodestar.calendars (company_id, effective_from, timezone, week_start, "
                "  fiscal_year_start_month) "
                "select id, :since_ever, 'UTC', 'monday', 1 from platform returning company_id"
            ),
            {"name": _PLATFORM, "since_ever": FIRST_DAY},
        ).scalar_one()
    connection.execute(text("select set_config('lodestar.company_id', :id, true)"), {"id": str(company_id)})
    return company_id


def _version(connection: Connection, history: MigrationHistory) -> str | None:
    version: str | None = connection.execute(
        text(f"select version_num from lodestar.{history.version_table}")
    ).scalar()
    return version


def _ensure_login(connection: Connection, password: str) -> None:
    """The login that owns nothing; its password follows the secret."""
    exists = connection.execute(
        text("select 1 from pg_roles where rolname = :name"), {"name": _LOGIN}
    ).first()
    if not exists:
        connection.execute(text(f"create role {_LOGIN} login"))
    # A role statement takes no parameters: the server quotes the password for us.
    quoted = connection.execute(text("select quote_literal(cast(:p as text))"), {"p": password}).scalar_one()
    connection.exec_driver_sql(f"alter role {_LOGIN} password {quoted}")
    # Statements of milliseconds: to compile one takes longer, and the planner misjudges which would gain.
    connection.exec_driver_sql(f"alter role {_LOGIN} set jit = off")
