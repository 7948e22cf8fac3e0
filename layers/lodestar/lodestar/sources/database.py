"""The `database` source: an admin's SQL in the company's sandbox (spec 3.2, 3.4, 6.2)."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from lodestar.application.ports import SourceRequest
from lodestar.domain.assignments import SubjectType
from lodestar.domain.definitions import Definition
from lodestar.domain.sources import DatabaseSource, FormulaSource
from lodestar.domain.values import Failure, Value
from lodestar.persistence.connection import Address
from lodestar.sources.sql.check import check_query
from lodestar.sources.sql.rewrite import batched, single
from lodestar.sources.sql.run import Bindings, Sandbox

type LoginOf = Callable[[int], Address]
"""The sandbox login of a company."""

_ANY_DAY = datetime(2000, 1, 1, tzinfo=UTC)


class DatabaseValues:
    """Values of admin SQL: checked again before every run, one statement for all users of a request."""

    def __init__(self, login_of: LoginOf) -> None:
        self._login_of = login_of

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        """A value for each subject.

        Raises:
            QueryRefused: the stored query does not pass today's check.
            Unavailable: the sandbox cannot be reached.
        """
        source = request.source
        assert isinstance(source, DatabaseSource)  # noqa: S101 — registered for this type only
        query = check_query(source.query, source.parameters)
        if f"{request.subject_type}_id" not in query.parameters:
            return dict.fromkeys(request.subjects, _not_about(request.subject_type))
        start, end = request.instants
        bindings = Bindings(request.company_id, start, end, source.parameters)
        sandbox = Sandbox(self._login_of(request.company_id), bindings)
        if request.subject_type is SubjectType.USER:
            return sandbox.of_users(batched(query), request.subjects)
        if request.subject_type is SubjectType.TEAM:
            return {each: sandbox.of_one(single(query), team_id=each) for each in request.subjects}
        return dict.fromkeys(request.subjects, sandbox.of_one(single(query)))


class SandboxCheck:
    """The gate when a definition is saved: both checks, a look at the plan, and a dry run over nobody."""

    def __init__(self, company_id: int, login_of: LoginOf) -> None:
        self._company_id = company_id
        self._login_of = login_of

    def check(self, definition: Definition) -> None:
        """Check every query of a definition.

        Raises:
            QueryRefused: the rule that a query breaks.
            Unavailable: the sandbox cannot be reached.
        """
        for source in queries_of(definition):
            query = check_query(source.query, source.parameters)
            bindings = Bindings(self._company_id, _ANY_DAY, _ANY_DAY, source.parameters)
            sandbox = Sandbox(self._login_of(self._company_id), bindings)
            shapes = [single(query)]
            if "user_id" in query.parameters:
                shapes.append(batched(query).many)  # the server may read the shape for many users otherwise
            for each in shapes:
                sandbox.check(each)
                sandbox.dry_run(each)


def queries_of(definition: Definition) -> list[DatabaseSource]:
    """The queries of a definition: its own, or those of its formula's inputs."""
    source = definition.data_source
    if isinstance(source, DatabaseSource):
        return [source]
    inputs = source.inputs if isinstance(source, FormulaSource) else ()
    return [each.source for each in inputs if isinstance(each.source, DatabaseSource)]


def _not_about(kind: SubjectType) -> Failure:
    return Failure(
        "query_not_about_subject", f"The query does not use :{kind}_id, so it has no value for a {kind}."
    )
