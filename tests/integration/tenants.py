"""A company of a test's own, and what a test puts into it through the stores."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from time import monotonic, sleep
from typing import Any

from local.postgres import APP, Database
from lodestar.application.values.ports import UserDay
from lodestar.domain.assignments import Assignment, Subject, Terms
from lodestar.domain.companies import Company
from lodestar.domain.definitions import (
    Category,
    Definition,
    MissingData,
    Rollup,
    TargetType,
    Thresholds,
    Unit,
)
from lodestar.domain.measurements import Measurement, Slot, measure, standard_for
from lodestar.domain.memberships import Membership, Memberships
from lodestar.domain.periods import Cadence
from lodestar.domain.sources import ManualSource
from lodestar.domain.targets import Target
from lodestar.domain.targets_in_force import Goal, Targets
from lodestar.domain.values import NoData
from lodestar.packs.registry import find_view
from lodestar.persistence.kernel.connection import Address
from lodestar.persistence.kernel.database import make_engine
from lodestar.persistence.unit_of_work import DatabaseWork, WorkContext

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
LONG_AGO = date(2025, 1, 1)
SANDBOX_PASSWORD = "the sandbox of company {}"

_KEYS = count(1)

KPI = Definition(
    id=0,
    key="kpi",
    name="KPI",
    description="",
    category=Category.CUSTOM,
    data_source=ManualSource(),
    unit=Unit.COUNT,
    precision=2,
    aggregation_period=Cadence.DAILY,
    target_type=TargetType.HIGHER_BETTER,
    thresholds=Thresholds(),
    missing_data=MissingData.EXCLUDE,
    rollup=Rollup.NONE,
    is_active=True,
    version=1,
    created_by=None,
    created_at=NOW,
    updated_at=NOW,
)


def address_of(database: Database, role: str = APP, password: str | None = None) -> Address:
    """Where a role logs in."""
    return Address(database.host, database.port, database.name, role, password or database.passwords[role])


def sandbox_logins(database: Database) -> Callable[[int], Address]:
    """Where each company's sandbox login is, by the company's id."""

    def login(company_id: int) -> Address:
        password = SANDBOX_PASSWORD.format(company_id)
        return address_of(database, f"lodestar_company_{company_id}", password)

    return login


def context_of(database: Database) -> WorkContext:
    """An engine of its own with one connection, as a function environment has it; the clock stands still."""
    engine = make_engine(lambda: address_of(database))
    return WorkContext(engine, lambda: NOW, SANDBOX_PASSWORD.format, find_view)


@dataclass(frozen=True, slots=True)
class Tenant:
    """A company that nobody else writes to. Every method is a transaction of its own."""

    context: WorkContext
    company: Company

    @property
    def id(self) -> int:
        return self.company.id

    def work(self, context: WorkContext | None = None, actor_id: int | None = None) -> DatabaseWork:
        """A unit of work of this company; on another connection when another context is given."""
        return DatabaseWork(context or self.context).bind(self.id, actor_id)

    def sandbox(self) -> None:
        """Make the login and the views of its admins' SQL."""
        with self.work() as work:
            work.people.make_sandbox()
            work.commit()

    def user(self, team_id: int | None = None, since: date = LONG_AGO, **fields: object) -> int:
        """A person, in a team since a day; the token's `sub` is their email address."""
        email = fields.get("email", f"user-{next(_KEYS)}@example.com")
        plain = {"name": "User", "email": email, "role": "user"}
        with self.work() as work:
            user_id = work.people.add_user(plain | fields, str(email))
            if team_id is not None:
                work.people.save_memberships({user_id: Memberships((Membership(team_id, since),))})
            work.commit()
        return user_id

    def team(self, manager_id: int | None = None) -> int:
        with self.work() as work:
            team_id = work.people.add_team(f"Team {next(_KEYS)}", manager_id)
            work.commit()
        return team_id

    def definition(self, **changes: Any) -> Definition:
        with self.work() as work:
            added = work.definitions.add(replace(KPI, **{"key": f"kpi-{next(_KEYS)}"} | changes))
            work.commit()
        return added

    def assignment(self, definition: Definition, user_id: int | None = None, **changes: Any) -> Assignment:
        """To a user, or to a team with `team_id`, else to the company; `changes` are of its terms.

        Where the subject has the KPI already, these are further terms.
        """
        subject = Subject(user_id, changes.pop("team_id", None))
        terms = replace(Terms(LONG_AGO, None, Decimal(1), None), **changes)
        with self.work() as work:
            found = work.assignments.of_subject(definition.id, subject)
            if found is None:
                found = Assignment(0, definition.id, subject)
                found = replace(found, id=work.assignments.add(found))
            added = found.with_terms(terms)
            work.assignments.save_terms({added.id: added.terms})
            work.commit()
        return added

    def measurement(
        self, assignment: Assignment, definition: Definition, day: date, value: str | None, **changes: Any
    ) -> Measurement:
        """What a calculation would write for the period of `day`; None is no data."""
        period = self.company.calendar.containing(definition.aggregation_period, day)
        of_slot = {"period": period, "is_open": False, "is_news": True}
        of_slot |= {name: changes.pop(name) for name in [*of_slot] if name in changes}
        slot = Slot(assignment.id, definition, **of_slot)
        number = NoData("no_rows") if value is None else Decimal(value)
        standard = standard_for(period, Targets((), assignment), Goal(), self.company.score_cap)
        of_standard = {name: changes.pop(name) for name in ("target", "weight", "origin") if name in changes}
        standard = replace(standard, **of_standard)
        return replace(measure(slot, number, standard, assignment.days_in(period)), **changes)

    def write(self, rows: Sequence[Measurement], at: datetime = NOW) -> list[Any]:
        with self.work() as work:
            written = work.values.write_measurements(rows, at, None)
            work.commit()
        return written

    def rows(self, sql: str, **parameters: object) -> list[Mapping[str, Any]]:
        with self.work() as work:
            return work.session.rows(sql, **parameters)

    def run(self, sql: str, **parameters: object) -> None:
        """A statement, committed."""
        with self.work() as work:
            work.session.run(sql, **parameters)
            work.commit()


def new_tenant(context: WorkContext, **fields: object) -> Tenant:
    """A fresh company: far cheaper than a fresh database, and row-level security keeps it apart."""
    with DatabaseWork(context) as work:
        work.bind(0)
        work.add_company({"name": f"Company {next(_KEYS)}", "timezone": "UTC"} | fields)
        company = work.people.company()
        work.commit()
    return Tenant(context, company)


def point(value: int | str | Decimal) -> Target:
    """A target of one value."""
    return Target.point(Decimal(value))


def user_days(user_ids: Collection[int], days: Collection[date]) -> list[UserDay]:
    """Each of these days of each of these people."""
    return [UserDay(user_id, day) for user_id in user_ids for day in days]


def wait_until_blocked(database: Database) -> None:
    """Until some transaction waits for another one's lock."""
    superuser = database.connect()
    waiting = "select from pg_stat_activity where wait_event_type = 'Lock'"
    end = monotonic() + 10
    while not superuser.run(waiting):
        assert monotonic() < end, "Nobody waits for a lock."
        sleep(0.005)
    superuser.close()
