"""Companies, teams and users in the database."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Engine, insert, select, update

from lodestar.domain.companies import Company
from lodestar.domain.periods import Calendar, WeekStart
from lodestar.persistence.kernel.session import Session, SqlStore
from lodestar.persistence.kernel.tables import companies


def company_from(row: Mapping[str, Any]) -> Company:
    """A company of its row, or of the JSON that sign_in gives."""
    calendar = Calendar(row["timezone"], WeekStart(row["week_start"]), row["fiscal_year_start_month"])
    return Company(row["id"], row["name"], row["currency"], calendar, row["score_cap"])


_FACTS = ("name", "timezone", "week_start", "fiscal_year_start_month", "currency", "score_cap")


class SqlCompanies(SqlStore):
    """The companies of the platform; the table is outside row-level security (see migration 0001)."""

    def __init__(self, session: Session, sandbox_password: Callable[[int], str]) -> None:
        super().__init__(session)
        self._sandbox_password = sandbox_password

    def company(self) -> Company:
        """The company that the transaction is bound to."""
        return company_from(self._session.one("select * from lodestar.companies where id = :company"))

    def company_facts_for_update(self) -> dict[str, Any]:
        """What may be changed of the bound company, by column; the row is locked."""
        row = self._session.one(
            f"select {', '.join(_FACTS)} from lodestar.companies where id = :company for no key update"
        )
        return dict(row)

    def save_company(self, facts: Mapping[str, Any]) -> None:
        """Write these facts of the bound company."""
        statement = update(companies).where(companies.c.id == self._session.company_id)
        self._session.connection.execute(statement.values(version=companies.c.version + 1, **facts))

    def make_sandbox(self) -> None:
        """Make or renew the bound company's login and schema for admin SQL."""
        password = self._sandbox_password(self._session.company_id)
        self._session.run("select lodestar.make_sandbox(:company, :password)", password=password)

    def set_topic(self, topic_arn: str) -> None:
        """Remember the bound company's alert topic."""
        self._session.run("update lodestar.companies set topic_arn = :arn where id = :company", arn=topic_arn)


def add_company(session: Session, fields: Mapping[str, Any]) -> int:
    """Insert a company; the new id."""
    return session.insert(insert(companies).values(**fields).returning(companies.c.id))


def is_company(session: Session, company_id: int) -> bool:
    """Whether there is a company of that id; the platform's own is none."""
    sql = "select true from lodestar.companies where id = :id and not is_platform"
    return session.value(sql, id=company_id) is not None


def all_company_ids(engine: Engine) -> list[int]:
    """Every company, the platform's own included; read before any company is bound."""
    with engine.connect() as connection:
        query = select(companies.c.id).order_by(companies.c.id)
        return list(connection.execute(query).scalars())
