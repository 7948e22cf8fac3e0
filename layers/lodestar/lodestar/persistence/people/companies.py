"""Companies in the database."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import date
from typing import Any

from sqlalchemy import Engine, insert, select, update

from lodestar.domain.companies import Company
from lodestar.domain.periods import Calendar, CalendarRules, CalendarVersion, WeekStart
from lodestar.persistence.kernel.session import Session, SqlStore
from lodestar.persistence.kernel.tables import companies
from lodestar.wire.exact_json import to_json

_RULE_NAMES = ("timezone", "week_start", "fiscal_year_start_month")


def company_from(row: Mapping[str, Any]) -> Company:
    """A company of its row with its `calendars`, or of the JSON that sign_in gives."""
    calendar = Calendar.of(map(_version_from, row["calendars"]))
    return Company(row["id"], row["name"], row["currency"], calendar, row["score_cap"], row["min_group_size"])


_ONE = """
select c.*, lodestar.calendar_versions(c.id) as calendars from lodestar.companies c where c.id = :company"""
# Rows that refer to the company go on being written.
_LOCK = "select id from lodestar.companies where id = :company for no key update"

# Others may hold it, too, but nobody changes it. Binds: company.
_HOLD = "select id from lodestar.companies where id = :company for share"

# Binds: company, versions (a JSON array of objects), by (a user's id or null), at. A version that stays as it
# was keeps who made it.
_SAVE_CALENDAR = """
with versions as (
  select * from jsonb_to_recordset(cast(:versions as jsonb)) as v(
    effective_from date, timezone text, week_start text, fiscal_year_start_month smallint)
),
gone as (
  delete from lodestar.calendars
  where company_id = :company and effective_from not in (select effective_from from versions)
)
insert into lodestar.calendars as c (company_id, effective_from, timezone, week_start,
  fiscal_year_start_month, created_by, created_at)
select :company, v.*, cast(:by as bigint), cast(:at as timestamptz) from versions v
on conflict (company_id, effective_from) do update
  set timezone = excluded.timezone, week_start = excluded.week_start,
    fiscal_year_start_month = excluded.fiscal_year_start_month,
    created_by = excluded.created_by, created_at = excluded.created_at
  where (c.timezone, c.week_start, c.fiscal_year_start_month)
    is distinct from (excluded.timezone, excluded.week_start, excluded.fiscal_year_start_month)"""


class SqlCompanies(SqlStore):
    """The companies of the platform with their calendars.

    Their tables have no row-level security: a sign-in reads them before any company is bound.
    """

    def __init__(self, session: Session, sandbox_password: Callable[[int], str]) -> None:
        super().__init__(session)
        self._sandbox_password = sandbox_password

    def company(self) -> Company:
        """The company that the transaction is bound to."""
        return company_from(self._session.one(_ONE))

    def company_for_update(self) -> Company:
        """The company that the transaction is bound to; its row is locked."""
        # Read by a second statement: one that waits for the lock would see the calendar of before.
        self._session.rows(_LOCK)
        return self.company()

    def company_for_share(self) -> Company:
        """The company that the transaction is bound to; its row is locked against changes."""
        self._session.rows(_HOLD)
        return self.company()

    def save_company(self, company: Company) -> None:
        """Write every field of the bound company, with all versions of its calendar."""
        statement = (
            update(companies)
            .where(companies.c.id == self._session.company_id)
            .values(
                version=companies.c.version + 1,
                name=company.name,
                currency=company.currency,
                score_cap=company.score_cap,
                min_group_size=company.min_group_size,
            )
        )
        self._session.connection.execute(statement)
        _save_calendar(self._session, company.calendar)

    def make_sandbox(self) -> None:
        """Make or renew the bound company's login and schema for admin SQL."""
        password = self._sandbox_password(self._session.company_id)
        self._session.run("select lodestar.make_sandbox(:company, :password)", password=password)

    def set_topic(self, topic_arn: str) -> None:
        """Remember the bound company's alert topic."""
        self._session.run("update lodestar.companies set topic_arn = :arn where id = :company", arn=topic_arn)


def add_company(session: Session, fields: Mapping[str, Any]) -> int:
    """Insert a company; the new id. The rules of its first calendar are among the fields."""
    rules = {name: value for name, value in fields.items() if name in _RULE_NAMES}
    others = {name: value for name, value in fields.items() if name not in _RULE_NAMES}
    company_id = session.insert(insert(companies).values(**others).returning(companies.c.id))
    _save_calendar(replace(session, company_id=company_id), Calendar(**rules))
    return company_id


def is_company(session: Session, company_id: int) -> bool:
    """Whether there is a company of that id; the platform's own is none."""
    sql = "select true from lodestar.companies where id = :id and not is_platform"
    return session.value(sql, id=company_id) is not None


def all_company_ids(engine: Engine) -> list[int]:
    """Every company, the platform's own included; read before any company is bound."""
    with engine.connect() as connection:
        query = select(companies.c.id).order_by(companies.c.id)
        return list(connection.execute(query).scalars())


def _save_calendar(session: Session, calendar: Calendar) -> None:
    versions = [
        {"effective_from": version.effective_from, **asdict(version.rules)} for version in calendar.versions
    ]
    session.run(_SAVE_CALENDAR, versions=to_json(versions), by=session.actor_id, at=session.now)


def _version_from(version: Mapping[str, Any]) -> CalendarVersion:
    rules = CalendarRules(
        version["timezone"], WeekStart(version["week_start"]), version["fiscal_year_start_month"]
    )
    return CalendarVersion(date.fromisoformat(version["effective_from"]), rules)
