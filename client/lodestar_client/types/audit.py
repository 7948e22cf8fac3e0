"""Types: audit. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from enum import StrEnum
from typing import Any, TypedDict


class AnchorCheck(TypedDict):
    """Whether the entry of that number still has the hash that was noted outside."""

    seq: int
    valid: bool


class AuditActor(TypedDict):
    """Who did it; the name is null for somebody of the platform, who is no user of the company."""

    id: int
    name: str | None


class Breakage(StrEnum):
    """What is wrong with an entry."""

    CHANGED = "changed"
    REMOVED = "removed"
    INSERTED = "inserted"
    UNLINKED = "unlinked"


class BrokenEntry(TypedDict):
    """The first entry that is not as it was written."""

    reason: Breakage
    seq: int


class AuditHeadView(TypedDict):
    """The newest entry's number and hash."""

    hash: str
    seq: int


class AuditCheck(TypedDict):
    """The chain, computed again; `valid` when nothing is broken and the anchor, if one is given, holds."""

    anchor: AnchorCheck | None
    entries: int
    first_broken: BrokenEntry | None
    head: AuditHeadView | None
    valid: bool


class AuditEntry(TypedDict):
    """One change: its object before and after, null where there was or is none."""

    action: str
    actor: AuditActor | None
    after: Any
    at: dt.datetime
    before: Any
    hash: str
    object_id: int
    object_type: str
    request_id: str
    seq: int


class AuditList(TypedDict):
    """One page of the audit log, newest first."""

    entries: list[AuditEntry]
    next_cursor: str | None
