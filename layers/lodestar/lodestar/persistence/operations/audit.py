"""The log of changes: a chain that only grows, in the transaction of the change."""

from collections.abc import Sequence
from functools import singledispatch

from lodestar.application.work import AuditedChange, AuditHead, AuditObject
from lodestar.domain.definitions import Definition
from lodestar.persistence.definitions.codec import definition_to_stored
from lodestar.persistence.kernel.session import SqlStore
from lodestar.wire.exact_json import to_json

_APPEND = "select lodestar.append_audit(:at, cast(:actor as bigint), :request, cast(:changes as jsonb))"


class SqlAudit(SqlStore):
    """The audit log of the bound company. The database numbers and chains the entries (migration 0008)."""

    def record(self, action: str, about: AuditObject, before: object, after: object) -> None:
        """Who did what to which object, with what it was before and after."""
        self.record_many([AuditedChange(action, about, before, after)])

    def record_many(self, changes: Sequence[AuditedChange]) -> None:
        """Write down each of them, in their order and one statement."""
        if changes:
            rows = to_json([_entry(change) for change in changes])
            self._session.rows(
                _APPEND,
                at=self._session.now,
                actor=self._session.actor_id,
                request=self._session.request_id,
                changes=rows,
            )

    def head(self) -> AuditHead | None:
        """The newest entry's number and hash; None before the first entry."""
        row = self._session.row(
            "select seq, encode(hash, 'hex') as hash from lodestar.audit_heads where company_id = :company"
        )
        return None if row is None else AuditHead(**row)


def _entry(change: AuditedChange) -> dict[str, object]:
    return {
        "action": change.action,
        "object_type": change.about.type,
        "object_id": change.about.id,
        "before": _stored(change.before),
        "after": _stored(change.after),
    }


@singledispatch
def _stored(thing: object) -> object:
    """A thing as an entry holds it: plain values as they are, what the domain knows in its stored form."""
    return thing


@_stored.register
def _stored_definition(definition: Definition) -> object:
    return definition_to_stored(definition)
