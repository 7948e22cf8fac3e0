"""The whole unit of work, as handlers get it and the database provides it."""

from typing import Protocol

from lodestar.application.insight.ports import InsightWork
from lodestar.application.operations.ports import OperationsWork
from lodestar.application.work import OpenWork


class UnitOfWork(InsightWork, OperationsWork, Protocol):
    """One transaction, bound to one company, with the stores of all rooms; rolls back unless committed."""


type OpenUnitOfWork = OpenWork[UnitOfWork]
"""Opens a unit of work that is bound to the company of that id."""
