"""The log of changes: a chain that only grows, in the transaction of the change."""

from collections.abc import Sequence
from datetime import datetime

from lodestar.application.repositories import AuditHead, Change
from lodestar.persistence.session import Session
from lodestar.wire.exact_json import to_json

_APPEND = "select lodestar.append_audit(:at, cast(:actor as bigint), :request, cast(:changes as jsonb))"


class AuditRepository:
    """The audit log of the bound company. The database numbers and chains the entries (migration 0008)."""

    def __init__(self, session: Session, at: datetime, actor_id: int | None, request_id: str) -> None:
        self._session = session
        self._at = at
        self._actor_id = actor_id
        self._request_id = request_id

    def record(self, action: str, object_: tuple[str, int], before: object, after: object) -> None:
        """Who did what to which object (type, id), with its JSON before and after."""
        self.record_many([Change(action, object_, before, after)])

    def record_many(self, changes: Sequence[Change]) -> None:
        """As `record` for each of them, in their order and one statement."""
        if changes:
            rows = to_json([_change_to_json(each) for each in changes])
            self._session.rows(
                _APPEND, at=self._at, actor=self._actor_id, request=self._request_id, changes=rows
            )

    def head(self) -> AuditHead | None:
        """The newest entry's number and hash; None before the first entry."""
        row = self._session.row(
            "select seq, encode(hash, 'hex') as hash from lodestar.audit_heads where company_id = :company"
        )
        return None if row is None else AuditHead(**row)


def _change_to_json(change: Change) -> dict[str, object]:
    object_type, object_id = change.object_
    return {
        "action": change.action,
        "object_type": object_type,
        "object_id": object_id,
        "before": change.before,
        "after": change.after,
    }
