"""The log of changes: insert only, in the transaction of the change."""

from datetime import datetime

from sqlalchemy import insert

from lodestar.persistence.session import Session
from lodestar.persistence.tables import audit


class AuditRepository:
    """The audit log of the bound company."""

    def __init__(self, session: Session, at: datetime, actor_id: int | None, request_id: str) -> None:
        self._session = session
        self._at = at
        self._actor_id = actor_id
        self._request_id = request_id

    def record(self, action: str, object_: tuple[str, int], before: object, after: object) -> None:
        """Who did what to which object (type, id), with its JSON before and after."""
        object_type, object_id = object_
        self._session.connection.execute(
            insert(audit).values(
                company_id=self._session.company_id,
                at=self._at,
                actor_id=self._actor_id,
                action=action,
                object_type=object_type,
                object_id=object_id,
                before=before,
                after=after,
                request_id=self._request_id,
            )
        )
