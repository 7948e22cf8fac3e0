"""The `database` source: an admin's SQL in the company's sandbox (spec 3.2, 3.4, 6.2)."""

from collections.abc import Callable, Mapping

from lodestar.application.ports import SourceRequest
from lodestar.domain.definitions import Definition
from lodestar.domain.sources import DatabaseSource, FormulaSource
from lodestar.domain.values import Value
from lodestar.persistence.connection import Address


class DatabaseValues:
    """Values of admin SQL."""

    def __init__(self, login_of: Callable[[int], Address]) -> None:
        self._login_of = login_of

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        """One statement for all subjects of a request."""
        raise NotImplementedError


class SandboxCheck:
    """The gate when a definition is saved."""

    def __init__(self, company_id: int, login_of: Callable[[int], Address]) -> None:
        self._company_id = company_id
        self._login_of = login_of

    def check(self, definition: Definition) -> None:
        """Check and dry-run every query of a definition."""
        for source in queries_of(definition):
            raise NotImplementedError(source)


def queries_of(definition: Definition) -> list[DatabaseSource]:
    """The queries of a definition: its own, or those of its formula's inputs."""
    source = definition.data_source
    if isinstance(source, DatabaseSource):
        return [source]
    inputs = source.inputs if isinstance(source, FormulaSource) else ()
    return [each.source for each in inputs if isinstance(each.source, DatabaseSource)]
