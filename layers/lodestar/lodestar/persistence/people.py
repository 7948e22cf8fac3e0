"""Companies, teams and users in the database."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import Engine, insert, select, update

from lodestar.application.repositories import Person
from lodestar.domain.companies import Company
from lodestar.domain.periods import Calendar, WeekStart
from lodestar.persistence.arrays import array
from lodestar.persistence.session import Session
from lodestar.persistence.tables import companies, identities, teams, users
from lodestar.persistence.unique import write_unique


def company_from(row: Mapping[str, Any]) -> Company:
    """A company of its row, or of the JSON that sign_in gives."""
    calendar = Calendar(row["timezone"], WeekStart(row["week_start"]), row["fiscal_year_start_month"])
    return Company(row["id"], row["name"], row["currency"], calendar, row["score_cap"])


class PeopleRepository:
    """Users and teams of the bound company."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def person(self, user_id: int) -> Person | None:
        """The user of that id in the bound company."""
        row = self._session.row(
            "select id, role, team_id, is_active from lodestar.users "
            "where company_id = :company and id = :id",
            id=user_id,
        )
        return None if row is None else Person(**row)

    def persons(self, names: Collection[int | str]) -> dict[int | str, Person]:
        """The users of these ids and email addresses (in small letters), by what they were asked for."""
        rows = self._session.rows(
            "select id, role, team_id, is_active, email from lodestar.users where company_id = :company "
            "and (id = any(cast(:ids as bigint[])) or email = any(cast(:emails as text[])))",
            ids=array([each for each in names if isinstance(each, int)]),
            emails=array([each for each in names if isinstance(each, str)]),
        )
        found: dict[int | str, Person] = {}
        for row in rows:
            person = Person(row["id"], row["role"], row["team_id"], row["is_active"])
            found |= {row["id"]: person, row["email"]: person}
        return {each: found[each] for each in names if each in found}

    def members(self, team_id: int) -> list[int]:
        """The ids of the active users in a team."""
        rows = self._session.rows(
            "select id from lodestar.users where company_id = :company and team_id = :team and is_active "
            "order by id",
            team=team_id,
        )
        return [row["id"] for row in rows]

    def team_exists(self, team_id: int) -> bool:
        """Whether the bound company has that team."""
        sql = "select 1 from lodestar.teams where company_id = :company and id = :id and is_active"
        return self._session.value(sql, id=team_id) is not None

    def add_user(self, fields: Mapping[str, Any], sub: str) -> int:
        """Insert a user with the identity that signs in as `sub`. Conflict: the email is taken."""
        company_id = self._session.company_id
        statement = insert(users).values(company_id=company_id, **fields).returning(users.c.id)
        user_id = write_unique(
            self._session, statement, f"Somebody has the email address {fields['email']} already."
        )
        identity = insert(identities).values(sub=sub, company_id=company_id, user_id=user_id)
        write_unique(
            self._session,
            identity.returning(identities.c.user_id),
            f"{fields['email']} signs in to another company already: use another email address.",
        )
        return user_id

    def add_team(self, name: str, manager_id: int | None) -> int:
        """Insert a team. Conflict: the name is taken."""
        values = {"company_id": self._session.company_id, "name": name, "manager_id": manager_id}
        statement = insert(teams).values(values).returning(teams.c.id)
        return write_unique(self._session, statement, f'There is a team "{name}" already.')


_FACTS = ("name", "timezone", "week_start", "fiscal_year_start_month", "currency", "score_cap")


class CompanyRepository:
    """The companies of the platform; the table is outside row-level security (see migration 0001)."""

    def __init__(self, session: Session, sandbox_password: Callable[[int], str]) -> None:
        self._session = session
        self._sandbox_password = sandbox_password

    def bound(self) -> Company:
        """The company that the transaction is bound to."""
        return company_from(self._session.one("select * from lodestar.companies where id = :company"))

    def facts(self) -> dict[str, Any]:
        """What may be changed of the bound company, by column; the row is locked."""
        row = self._session.one(
            f"select {', '.join(_FACTS)} from lodestar.companies where id = :company for no key update"
        )
        return dict(row)

    def save(self, facts: Mapping[str, Any]) -> None:
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
