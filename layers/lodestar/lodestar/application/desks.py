"""What use cases need together, to be asked for as one."""

from dataclasses import dataclass

from lodestar.application.caller import Caller
from lodestar.application.ports import Directory, QueryCheck, Sources, UnitOfWork


@dataclass(frozen=True, slots=True)
class UserDesk:
    """What work on users needs: who asks, the database and the user pool."""

    caller: Caller
    work: UnitOfWork
    directory: Directory


@dataclass(frozen=True, slots=True)
class DefinitionDesk:
    """What defining KPIs needs: who asks, the database and the gate for admins' SQL."""

    caller: Caller
    work: UnitOfWork
    query_check: QueryCheck


@dataclass(frozen=True, slots=True)
class InsightDesk:
    """What it takes to tell how a value comes about: who asks, the database and the sources."""

    caller: Caller
    work: UnitOfWork
    sources: Sources
