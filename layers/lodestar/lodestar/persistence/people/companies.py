"""Companies in the database."""

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
    return Company(row["id"], row["name"], row["currency"], calendar, row["score_cap"], row["min_group_size"])


_ONE = "select * from lodestar.companies where id = :company"
_ONE_FOR_UPDATE = f"{_ONE} for no key update"  # rows that refer to the company go on being written


class SqlCompanies(SqlStore):
    """The companies of the platform.

    Their table has no row-level security: a sign-in reads it before any company is bound.
    """

    def __init__(self, session: Session, sandbox_password: Callable[[int], str]) -> None:
        super().__init__(session)
        self._sandbox_password = sandbox_password

    def company(self) -> Company:
        """The company that the transaction is bound to."""
        return company_from(self._session.one(_ONE))

    def company_for_update(self) -> Company:
        """The company that the transaction is bound to; its row is locked."""
        return company_from(self._session.one(_ONE_FOR_UPDATE))

    def save_company(self, company: Company) -> None:
        """Write every field of the bound company."""
        statement = (
            update(companies)
            .where(companies.c.id == self._session.company_id)
            .values(
                version=companies.c.version + 1,
                name=company.name,
                timezone=company.calendar.timezone,
                week_start=company.calendar.week_start,
                fiscal_year_start_month=company.calendar.fiscal_year_start_month,
                currency=company.currency,
                score_cap=company.score_cap,
                min_group_size=company.min_group_size,
            )
        )
        self._session.connection.execute(statement)

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
