"""What a handler may ask for by type, beside what is parsed from path, query and body."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lodestar import bootstrap
from lodestar.application.alerts.ports import Topics
from lodestar.application.calculation.ports import Messages
from lodestar.application.calculation.recalculating import RecalculationContext
from lodestar.application.caller import Caller
from lodestar.application.definitions.ports import QueryCheck
from lodestar.application.insight.exporting import TableExporter
from lodestar.application.operations.health import HealthCheck
from lodestar.application.operations.ports import ErrorReporter
from lodestar.application.people.ports import Directory
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.workflows.changing_companies import SettingsContext
from lodestar.application.workflows.context import ChangeContext
from lodestar.application.workflows.moving import PersonnelContext
from lodestar.runtime.telemetry import TelemetryErrorReporter
from lodestar.runtime.validation import body_text

type Event = Mapping[str, Any]
"""A request as API Gateway sends it, in payload format 2.0."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose caller is known, with the unit of work that is bound to their company."""

    event: Event
    caller: Caller
    work: UnitOfWork


@dataclass(frozen=True, slots=True)
class CsvText:
    """The body of a request that sends CSV instead of JSON."""

    text: str


UPLOADS: Mapping[object, str] = {CsvText: "text/csv"}
"""What the Content-Type has to be where a handler asks for one of these; elsewhere it is JSON."""


def _health_check(request: Request | None) -> HealthCheck | None:
    return None if request is None else HealthCheck(request.caller, request.work, bootstrap.queues())


DEPENDENCIES: dict[object, Callable[[Request], object]] = {
    Caller: lambda request: request.caller,
    UnitOfWork: lambda request: request.work,
    CsvText: lambda request: CsvText(body_text(request.event)),
    Messages: lambda _: bootstrap.messages(),
    Topics: lambda _: bootstrap.topics(),
    Directory: lambda _: bootstrap.directory(),
    ErrorReporter: lambda _: TelemetryErrorReporter(),
    RecalculationContext: lambda request: RecalculationContext(
        request.caller, request.work, bootstrap.sources()
    ),
    ChangeContext: lambda request: ChangeContext(request.caller, request.work, bootstrap.messages()),
    SettingsContext: lambda request: SettingsContext(request.caller, request.work, bootstrap.messages()),
    PersonnelContext: lambda request: PersonnelContext(
        request.caller, request.work, bootstrap.directory(), bootstrap.messages()
    ),
    QueryCheck: lambda request: bootstrap.query_check(request.caller.company.id),
    HealthCheck | None: _health_check,
    TableExporter: lambda _: bootstrap.table_exporter(),
}
