"""Reading the audit log and checking its chain."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lodestar.application.caller import Caller
from lodestar.application.ports import UnitOfWork
from lodestar.application.viewing import found
from lodestar.domain.periods import Cadence, Calendar
from lodestar.domain.refusals import InvalidRequest
from lodestar.wire.bodies import View
from lodestar.wire.fields import Id, Text
from lodestar.wire.json_view import Json
from lodestar.wire.paging import DatesPageQuery, list_view

Hash = Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")]
"""A SHA-256 in hex."""


class AuditActor(View):
    """Who did it; the name is null for somebody of the platform, who is no user of the company."""

    id: int
    name: str | None


class AuditEntry(View):
    """One change: its object before and after, null where there was or is none.

    `actor` is null for what happened by itself.
    """

    seq: int
    at: datetime
    actor: AuditActor | None
    action: str
    object_type: str
    object_id: int
    before: Any
    after: Any
    request_id: str
    hash: str


class AuditList(View):
    """One page of the audit log, newest first."""

    entries: list[AuditEntry]
    next_cursor: str | None


class AuditQuery(DatesPageQuery):
    """Which entries; a filter that is left out takes any. The dates are the company's."""

    actor_id: Id | None = None
    object_type: Text | None = Field(default=None, description="Such as `definition` or `user`.")
    object_id: Id | None = None
    action: Text | None = Field(default=None, description="Such as `definition.changed`.")

    def instants(self, calendar: Calendar) -> tuple[datetime, datetime]:
        """From the first day's midnight to the one after the last day, as [start, end).

        Raises:
            InvalidRequest: the days are out of order or beyond the calendar.
        """
        first, last = (calendar.containing(Cadence.DAILY, each) for each in self.days)
        return calendar.instants(first)[0], calendar.instants(last)[1]


class Breakage(StrEnum):
    """What is wrong with an entry."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    UNLINKED = "unlinked"


class AuditHeadView(View):
    """The newest entry's number and hash."""

    seq: int
    hash: str


class BrokenEntry(View):
    """The first entry that is not as it was written.

    `changed`: its content does not have its hash. `removed`: there is none of that number. `inserted`: its
    number was never given. `unlinked`: it does not follow the entry before it, or is not what the head says.
    """

    seq: int
    reason: Breakage


class AnchorCheck(View):
    """Whether the entry of that number still has the hash that was noted outside."""

    seq: int
    valid: bool


class AuditCheck(View):
    """The chain, computed again; `valid` when nothing is broken and the anchor, if one is given, holds."""

    valid: bool
    entries: int
    head: AuditHeadView | None
    first_broken: BrokenEntry | None
    anchor: AnchorCheck | None


class AnchorQuery(BaseModel):
    """A head that was noted outside of the database: number and hash, or none of both."""

    model_config = ConfigDict(frozen=True)

    anchor_seq: Id | None = Field(default=None, description="`seq` of an `audit_head` line of the log.")
    anchor_hash: Hash | None = Field(default=None, description="`hash` of the same line.")


def audit_log(query: AuditQuery, caller: Caller, work: UnitOfWork) -> Json[AuditList]:
    """A page of the company's audit log, newest first.

    Raises:
        InvalidRequest: the dates are out of order, the cursor was never given.
    """
    since, until = query.instants(caller.company.calendar)
    return Json(list_view("audit", query, work, since=since, until=until))


def check_audit(query: AnchorQuery, work: UnitOfWork) -> Json[AuditCheck]:
    """Compute the chain of the company's audit log again and compare.

    Raises:
        InvalidRequest: half an anchor.
    """
    if (query.anchor_seq is None) != (query.anchor_hash is None):
        missing = "anchor_seq" if query.anchor_seq is None else "anchor_hash"
        raise InvalidRequest.of(missing, "Give anchor_seq and anchor_hash together, or neither.")
    return Json(found(work.views.last("audit_check", query.model_dump()), "audit log"))
