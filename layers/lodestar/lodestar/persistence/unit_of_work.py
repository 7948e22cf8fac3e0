"""One transaction, bound to one company, with the repositories that work in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Self, cast

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from lodestar.application.caller import Caller, Company
from lodestar.application.ports import UnitOfWork
from lodestar.domain.permissions import Actor, Grant, Role, permissions_of
from lodestar.persistence.alerts import (
    AlertRepository,
    AlertRuleRepository,
    DeliveryRepository,
    OutboxRepository,
)
from lodestar.persistence.assignments import AssignmentRepository, SlotRepository
from lodestar.persistence.audit import AuditRepository
from lodestar.persistence.database import is_connection_lost
from lodestar.persistence.definitions import DefinitionRepository
from lodestar.persistence.ledger import LedgerRepository
from lodestar.persistence.measurements import MeasurementRepository
from lodestar.persistence.people import CompanyRepository, PeopleRepository, add_company, company_from
from lodestar.persistence.records import RecordRepository
from lodestar.persistence.session import Session, array
from lodestar.persistence.snapshots import SnapshotRepository
from lodestar.persistence.views.catalogue import VIEWS
from lodestar.persistence.views.scores import calendar_parameters

_BIND = "select set_config('lodestar.company_id', $1, true)"


@dataclass(frozen=True, slots=True)
class WorkContext:
    """What units of work share: the engine, the clock, and how a company's sandbox password is made."""

    engine: Engine
    clock: Callable[[], datetime]
    sandbox_password: Callable[[int], str]


class DatabaseWork:
    """The unit of work on Postgres: a context manager that rolls back what was not committed.

    `bind` chooses the company; the binding leaves with the first statement of each transaction, so it
    costs no round trip of its own and nothing runs without it.
    """

    def __init__(self, context: WorkContext, request_id: str = "") -> None:
        self._context = context
        self._request_id = request_id
        self.now = context.clock()
        self.connection = context.engine.connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def sign_in(self, sub: str) -> Caller | None:
        """Find the active person of a token and bind the transaction to their company, in one round trip.

        A connection that broke while the function slept is noticed here and replaced once.
        """
        try:
            row = self._signed_in(sub)
        except DBAPIError as error:
            if not is_connection_lost(error):
                raise
            self.connection.close()
            self.connection = self._context.engine.connect()
            row = self._signed_in(sub)
        if row is None:
            return None
        company = company_from(row["company"])
        caller = _caller(row, company, self._request_id)
        self._use(company.id, caller.user_id)
        return caller

    def bind(self, company_id: int, actor_id: int | None = None) -> Self:
        """Bind this and every following transaction to a company."""
        self._defer_binding(company_id)
        self._use(company_id, actor_id)
        return self

    def add_company(self, fields: Mapping[str, Any]) -> int:
        """Insert a company and bind the transaction to it; the new id."""
        company_id = add_company(Session(self.connection, 0), fields)
        self.bind(company_id, self._actor_id)
        return company_id

    def commit(self) -> None:
        """Make everything since the start or the last commit last; what follows is a new transaction."""
        self.connection.commit()
        self._defer_binding(self._company_id)

    def _signed_in(self, sub: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = self.connection.execute(
            text("select lodestar.sign_in(:sub)"), {"sub": sub}
        ).scalar()
        return found

    def _defer_binding(self, company_id: int) -> None:
        driver: Any = self.connection.connection.driver_connection
        driver.defer("begin")
        driver.defer(_BIND, (str(company_id),))

    def _use(self, company_id: int, actor_id: int | None) -> None:
        self._company_id, self._actor_id = company_id, actor_id
        self.session = session = Session(self.connection, company_id)
        self.people = PeopleRepository(session)
        self.companies = CompanyRepository(session, self._context.sandbox_password)
        self.definitions = DefinitionRepository(session)
        self.assignments = AssignmentRepository(session)
        self.slots = self.company_kpis = SlotRepository(session)
        self.measurements = self.manual = MeasurementRepository(session, actor_id)
        self.records = RecordRepository(session)
        self.ledger = self.progress = LedgerRepository(session)
        self.snapshots = SnapshotRepository(session)
        self.alert_rules = AlertRuleRepository(session)
        self.alerts = AlertRepository(session)
        self.outbox = OutboxRepository(session)
        self.deliveries = DeliveryRepository(session)
        self.audit = AuditRepository(session, self.now, actor_id, self._request_id)
        self.views = ViewReader(session)


class ViewReader:
    """Answers of the API as JSON text, each one statement."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def one(self, name: str, parameters: Mapping[str, Any]) -> str | None:
        """The text of the view of that name; None: there is no such thing in the company."""
        # As text: decoding the JSON only to encode it again would cost most of the request (spec 7.1).
        view = f"select cast(s.v as text) from ({VIEWS[name]}) as s(v)"
        found: str | None = self._session.value(view, **_bound(parameters))
        return found

    def last(self, name: str, parameters: Mapping[str, Any]) -> str | None:
        """As `one`, and the transaction ends in the same round trip."""
        driver: Any = self._session.connection.connection.driver_connection
        driver.commit_with_next()
        return self.one(name, parameters)


def _bound(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as array literals, and `calendar` (calendar, closed day, periods back) as its five arrays."""
    plain: dict[str, Any] = {
        name: array(each) if isinstance(each, list) else each for name, each in parameters.items()
    }
    if "calendar" in plain:
        calendar, closed, back = plain.pop("calendar")
        plain |= calendar_parameters(calendar, [closed], back)
    return plain


def _caller(row: Mapping[str, Any], company: Company, request_id: str) -> Caller:
    actor = Actor(
        user_id=row["user_id"],
        company_id=company.id,
        role=row["role"],
        permissions=_permissions(row),
        managed_team_ids=frozenset(row["managed_team_ids"]),
        team_id=row["team_id"],
        grants={each.pop("definition_id"): Grant(**each) for each in row["grants"]},
    )
    return Caller(actor, row["name"], row["email"], row["timezone"], company, request_id)


def _permissions(row: Mapping[str, Any]) -> frozenset[str]:
    own = row["role_permissions"]
    return permissions_of(Role(row["role"])) if own is None else frozenset(own)


def session_of(work: UnitOfWork) -> Session:
    """The session of a unit of work on this database, for sources that read beside the repositories."""
    return cast("DatabaseWork", work).session
