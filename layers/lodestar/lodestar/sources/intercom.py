"""The `intercom` source: conversations of a company's Intercom workspace."""

from collections.abc import Mapping

from lodestar.application.calculation.ports import SourceRequest
from lodestar.domain.values import Failure, Value

NO_CONNECTION = Failure(
    "no_connection",
    "No Intercom workspace is connected to this company: the KPI has values once one is.",
)


class IntercomValues:
    """Values of Intercom's conversations. No workspace can be connected yet."""

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        """A failure for every subject: there is nothing to read, which is no 0."""
        return dict.fromkeys(request.subjects, NO_CONNECTION)
