"""What a handler may ask for by type, beside what is parsed from path, query and body."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lodestar import bootstrap
from lodestar.application.caller import Caller
from lodestar.application.ports import Directory, Messages, QueryCheck, Topics, UnitOfWork

type Event = Mapping[str, Any]
"""A request as API Gateway sends it, in payload format 2.0."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request whose caller is known, with the unit of work that is bound to their company."""

    event: Event
    caller: Caller
    work: UnitOfWork


PROVIDED: dict[object, Callable[[Request], object]] = {
    Caller: lambda request: request.caller,
    UnitOfWork: lambda request: request.work,
    Messages: lambda _: bootstrap.messages(),
    Topics: lambda _: bootstrap.topics(),
    Directory: lambda _: bootstrap.directory(),
    QueryCheck: lambda request: bootstrap.query_check(request.caller.company.id),
}
