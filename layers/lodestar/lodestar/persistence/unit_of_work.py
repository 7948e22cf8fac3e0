"""One transaction, bound to one company, with the stores that work in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from logging import getLogger
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Engine, text

from lodestar.application.caller import Caller
from lodestar.domain.companies import Company
from lodestar.persistence.alerts.store import SqlAlertStore
from lodestar.persistence.all_views import VIEWS
from lodestar.persistence.assignments.store import SqlAssignmentStore
from lodestar.persistence.calculation.store import SqlCalculationStore
from lodestar.persistence.definitions.store import SqlDefinitionStore
from lodestar.persistence.insight.store import SqlInsightStore
from lodestar.persistence.kernel.arrays import array
from lodestar.persistence.kernel.session import Session
from lodestar.persistence.operations.audit import SqlAudit
from lodestar.persistence.operations.store import SqlOperationsStore
from lodestar.persistence.people.actors import actor_from
from lodestar.persistence.people.companies import add_company, company_from, is_company
from lodestar.persistence.people.store import SqlPeopleStore
from lodestar.persistence.values.score_parts import calendar_parameters
from lodestar.persistence.values.store import SqlValueStore

logger = getLogger(__name__)

_BIND = "select set_config('lodestar.company_id', $1, true)"


@dataclass(frozen=True, slots=True)
class WorkContext:
    """What units of work share: the engine, the clock, how a company's sandbox password is made.

    `find_view` gives the SQL of a view by its name.
    """

    engine: Engine
    clock: Callable[[], datetime]
    sandbox_password: Callable[[int], str]
    find_view: Callable[[str], str] = VIEWS.__getitem__


class DatabaseWork:
    """The unit of work on Postgres: a context manager that rolls back what was not committed.

    `bind` chooses the company; the binding leaves with the first statement of each transaction, so it
    costs no round trip of its own and nothing runs without it.

    `defer_commit` puts every commit off until `commit_deferred`: whoever opened the unit of work can so add
    rows of their own to the transaction of a use case that commits.
    """

    def __init__(self, context: WorkContext, request_id: str = "") -> None:
        self._context = context
        self._request_id = request_id
        self.now = context.clock()
        self.connection = context.engine.connect()
        self._first_driver = self._driver
        self._first_driver.has_sent_commit = False
        self._steps: list[Callable[[], object]] = []
        self._deferred_for: int | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def sign_in(self, sub: str) -> Caller | None:
        """Find the active person of a token and bind the transaction to their company, in one round trip."""
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
        company_id = add_company(Session(self.connection, 0, self.now), fields)
        self.bind(company_id, self._actor_id)
        return company_id

    def enter_company(self, company_id: int) -> bool:
        """Bind the transaction to another company; False: there is none of that id but the platform's own."""
        if not is_company(self.session, company_id):
            return False
        self.bind(company_id, self._actor_id)
        return True

    def commit(self) -> None:
        """Make everything since the start or the last commit last; what follows is a new transaction."""
        if self._deferred_for is not None:
            return
        self.connection.commit()
        self._defer_binding(self._company_id)
        self._take_steps()

    def after_commit(self, step: Callable[[], object]) -> None:
        """Take a step outside the database as soon as what is written now has been committed."""
        self._steps.append(step)

    def defer_commit(self) -> None:
        """Let `commit` and `views.read_and_commit` leave the transaction open, until `commit_deferred`."""
        self._deferred_for = self._company_id

    def commit_deferred(self, statement: Callable[[], object]) -> None:
        """Run a last statement, for the company of `defer_commit`, and commit in its round trip."""
        self._driver.defer(_BIND, (str(self._deferred_for),))
        self._deferred_for = None
        self.commit_with(statement)

    def commit_with[Result](self, statement: Callable[[], Result]) -> Result:
        """What one statement gives; its round trip ends the transaction too, unless commits are deferred."""
        if self._deferred_for is not None:
            return statement()
        self._driver.commit_with_next()
        result = statement()
        self._take_steps()
        return result

    @property
    def may_be_committed(self) -> bool:
        """Whether a commit has left for the server, whatever became of its answer."""
        return bool(self._first_driver.has_sent_commit)

    @property
    def _driver(self) -> Any:  # noqa: ANN401 — pg8000 publishes no types
        return self.connection.connection.driver_connection

    def _take_steps(self) -> None:
        steps, self._steps = self._steps, []
        for step in steps:
            try:
                step()
            except Exception:
                logger.exception("A step after a commit failed; what was committed stays.")

    def _signed_in(self, sub: str) -> Mapping[str, Any] | None:
        self._driver.defer("begin")
        found: Mapping[str, Any] | None = self.connection.execute(
            text("select lodestar.sign_in(:sub, :at)"), {"sub": sub, "at": self.now}
        ).scalar()
        return found

    def _defer_binding(self, company_id: int) -> None:
        self._driver.defer("begin")
        self._driver.defer(_BIND, (str(company_id),))

    def _use(self, company_id: int, actor_id: int | None) -> None:
        self._company_id, self._actor_id = company_id, actor_id
        self.session = session = Session(self.connection, company_id, self.now, actor_id, self._request_id)
        self.people = SqlPeopleStore(session, self._context.sandbox_password)
        self.definitions = SqlDefinitionStore(session)
        self.assignments = SqlAssignmentStore(session)
        self.values = SqlValueStore(session)
        self.alerts = SqlAlertStore(session)
        self.calculation = SqlCalculationStore(session)
        self.insight = SqlInsightStore(session)
        self.operations = SqlOperationsStore(session)
        self.audit = SqlAudit(session)
        self.views = SqlViews(session, self.commit_with, self._context.find_view)


class SqlViews:
    """Answers of the API as JSON text, each one statement."""

    def __init__(
        self,
        session: Session,
        commit_with: Callable[[Callable[[], Any]], Any],
        find_view: Callable[[str], str],
    ) -> None:
        self._session = session
        self._commit_with = commit_with
        self._find_view = find_view

    def read(self, name: str, parameters: Mapping[str, Any]) -> str | None:
        """The text of the view of that name; None: there is no such thing in the company."""
        # As text: decoding the JSON only to encode it again would cost most of the request.
        view = f"select cast(s.v as text) from ({self._find_view(name)}) as s(v)"
        found: str | None = self._session.value(view, **_bound(parameters))
        return found

    def read_and_commit(self, name: str, parameters: Mapping[str, Any]) -> str | None:
        """The text of the view of that name; the transaction is committed in the same round trip."""
        found: str | None = self._commit_with(lambda: self.read(name, parameters))
        return found


def _bound(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Lists as array literals, and `calendar` (calendar, closed day, periods back) as its arrays."""
    plain: dict[str, Any] = {
        name: array(value) if isinstance(value, list) else value for name, value in parameters.items()
    }
    if "calendar" in plain:
        calendar, closed, back = plain.pop("calendar")
        plain |= calendar_parameters(calendar, [closed], back)
    return plain


def _caller(row: Mapping[str, Any], company: Company, request_id: str) -> Caller:
    actor = actor_from(row, company.id)
    return Caller(actor, row["name"], row["email"], row["timezone"], company, request_id)
