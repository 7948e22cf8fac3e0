"""Methods: audit. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from collections.abc import Iterator

from lodestar_client.core import Core, Request, pages
from lodestar_client.types.audit import AuditCheck, AuditEntry, AuditList


class AuditApi:
    """The operations of the tag `audit`."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def list(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        actor_id: int | None = None,
        object_type: str | None = None,
        object_id: int | None = None,
        action: str | None = None,
    ) -> AuditList:
        """A page of the audit log, newest first: who changed what, with its state before and after."""
        request = Request(
            "GET",
            "/api/audit",
            query={
                "limit": limit,
                "cursor": cursor,
                "from": from_,
                "to": to,
                "actor_id": actor_id,
                "object_type": object_type,
                "object_id": object_id,
                "action": action,
            },
        )
        found: AuditList = self._core.call(request, AuditList)
        return found

    def all(
        self,
        *,
        limit: int | None = None,
        from_: dt.date | None = None,
        to: dt.date | None = None,
        actor_id: int | None = None,
        object_type: str | None = None,
        object_id: int | None = None,
        action: str | None = None,
    ) -> Iterator[AuditEntry]:
        """Every row of `list`, page by page."""
        return pages(
            lambda cursor: self.list(
                limit=limit,
                cursor=cursor,
                from_=from_,
                to=to,
                actor_id=actor_id,
                object_type=object_type,
                object_id=object_id,
                action=action,
            ),
            "entries",
        )

    def verify(self, *, anchor_seq: int | None = None, anchor_hash: str | None = None) -> AuditCheck:
        """Compute the chain of hashes again, and compare an entry with its hash that was noted outside."""
        request = Request(
            "GET", "/api/audit/verify", query={"anchor_seq": anchor_seq, "anchor_hash": anchor_hash}
        )
        found: AuditCheck = self._core.call(request, AuditCheck)
        return found
