"""What tests of bulk calls share: who calls, what a company holds, and how many statements a call took."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from sqlalchemy import event

from lodestar.application.calculation.ports import CalculationWork
from lodestar.application.caller import Caller
from lodestar.application.workflows.context import ChangeContext
from lodestar.domain.permissions import Actor, Role, permissions_of
from lodestar.persistence.unit_of_work import WorkContext
from tests.fakes.calculation import FakeMessages
from tests.integration.tenants import Tenant

TABLES = (
    "assignments",
    "targets",
    "measurements",
    "revisions",
    "snapshots",
    "audit",
    "alerts",
    "alert_states",
    "notifications",
)
"""All that a bulk call may write to."""


def caller_of(tenant: Tenant, user_id: int, role: Role = Role.ADMIN, **facts: Any) -> Caller:
    """A person of the company; `managed_team_ids`, `team_id` and `grants` follow by name."""
    actor = Actor(user_id, tenant.id, role, permissions_of(role), **facts)
    return Caller(actor, "Somebody", "somebody@example.com", "UTC", tenant.company, "a request")


def asked_by(caller: Caller, work: CalculationWork) -> ChangeContext:
    """A change of theirs; what it sends stays here."""
    return ChangeContext(caller, work, FakeMessages())


def digest(tenant: Tenant) -> str:
    """A fingerprint of all that a bulk call may write to, down to each row's version in the database."""
    content = sha256()
    for table in TABLES:
        rows = tenant.rows(
            f"select cast(t as text) || t.xmin::text || t.xmax::text as row from lodestar.{table} t "
            "where company_id = :company order by 1"
        )
        content.update(repr((table, [row["row"] for row in rows])).encode())
    return content.hexdigest()


@contextmanager
def statements(context: WorkContext) -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    seen: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    event.listen(context.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(context.engine, "before_cursor_execute", note)
