"""The `database` source: an admin's SQL in the company's sandbox."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from lodestar.application.calculation.ports import SourceRequest
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import Definition
from lodestar.domain.sources import DatabaseSource, FormulaSource
from lodestar.domain.values import Failure, Value
from lodestar.persistence.kernel.connection import Address
from lodestar.sources.sql.budget import Budget
from lodestar.sources.sql.check import CheckedQuery, check_query
from lodestar.sources.sql.gate import Gate
from lodestar.sources.sql.rewrite import batched, counted, single
from lodestar.sources.sql.run import Sandbox
from lodestar.sources.sql.session import Bindings
from lodestar.sources.sql.tables import SANDBOX, Tables

type LoginOf = Callable[[int], Address]
"""The sandbox login of a company."""


@dataclass(frozen=True, slots=True)
class Sandboxes:
    """Where admins' SQL runs: the login of each company, and the tables that it offers, packs' included."""

    login_of: LoginOf
    tables: Tables = SANDBOX


_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class DatabaseValues:
    """Values of admin SQL: checked again before every run, one statement for all users of a request.

    There is one of it for a batch or a preview, so what it has spent on a definition is spent there.
    """

    def __init__(self, sandboxes: Sandboxes) -> None:
        self._sandboxes = sandboxes
        self._budgets: defaultdict[int, Budget] = defaultdict(Budget)

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        """A value for each subject.

        Raises:
            QueryRefused: the stored query does not pass today's check.
            Unavailable: the sandbox cannot be reached.
        """
        query = self._query_of(request)
        if f"{request.subject_type}_id" not in query.parameters:
            return dict.fromkeys(request.subjects, _not_about(request.subject_type))
        sandbox = self._sandbox_of(request)
        if request.subject_type is SubjectType.USER:
            return sandbox.of_users(batched(query), request.subjects)
        if request.subject_type is SubjectType.TEAM:
            return {subject: sandbox.of_one(single(query), team_id=subject) for subject in request.subjects}
        return dict.fromkeys(request.subjects, sandbox.of_one(single(query)))

    def row_count(self, request: SourceRequest) -> int | None:
        """How many rows the query aggregates for the subject; None where its shape does not tell.

        Raises:
            QueryRefused, Unavailable: as `values`.
        """
        statement = counted(self._query_of(request))
        if statement is None:
            return None
        is_company = request.subject_type is SubjectType.COMPANY  # bound already
        subject = {} if is_company else {f"{request.subject_type}_id": request.subjects[0]}
        count = self._sandbox_of(request).of_one(statement, **subject)
        return int(count) if isinstance(count, Decimal) else None

    def _query_of(self, request: SourceRequest) -> CheckedQuery:
        source = _source_of(request)
        return check_query(source.query, source.parameters, self._sandboxes.tables)

    def _sandbox_of(self, request: SourceRequest) -> Sandbox:
        source = _source_of(request)
        bindings = Bindings(request.company_id, *request.instants, source.parameters)
        budget = self._budgets[request.definition.id]
        return Sandbox(self._sandboxes.login_of(request.company_id), bindings, budget)


class SandboxCheck:
    """The gate when a definition is saved: layer 1, and what only the server can tell."""

    def __init__(self, company_id: int, sandboxes: Sandboxes) -> None:
        self._company_id = company_id
        self._sandboxes = sandboxes

    def check(self, definition: Definition) -> None:
        """Check every query of a definition.

        Raises:
            QueryRefused: the rule that a query breaks.
            Unavailable: the sandbox cannot be reached.
        """
        budget = Budget()
        for source in queries_of(definition):
            query = check_query(source.query, source.parameters, self._sandboxes.tables)
            bindings = Bindings(self._company_id, _ANY_DAY, _ANY_DAY, source.parameters)
            login = self._sandboxes.login_of(self._company_id)
            Gate(login, bindings, budget).check(query, self._sandboxes.tables)


def queries_of(definition: Definition) -> list[DatabaseSource]:
    """The queries of a definition: its own, or those of its formula's inputs."""
    source = definition.data_source
    if isinstance(source, DatabaseSource):
        return [source]
    inputs = source.inputs if isinstance(source, FormulaSource) else ()
    return [given.source for given in inputs if isinstance(given.source, DatabaseSource)]


def _source_of(request: SourceRequest) -> DatabaseSource:
    assert isinstance(request.source, DatabaseSource)  # noqa: S101 — registered for this type only
    return request.source


def _not_about(kind: SubjectType) -> Failure:
    return Failure(
        "query_not_about_subject", f"The query does not use :{kind}_id, so it has no value for a {kind}."
    )
