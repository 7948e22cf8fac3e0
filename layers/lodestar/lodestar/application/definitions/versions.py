"""The versions of a KPI: who changed how it is calculated, when, and what."""

from datetime import datetime
from typing import Any

from lodestar.application.caller import Caller
from lodestar.application.definitions.defining import readable_definition
from lodestar.application.ports import UnitOfWork
from lodestar.wire.bodies import View
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery, list_view


class FieldChange(View):
    """A field of a definition, before and after."""

    field: str
    before: Any
    after: Any


class VersionView(View):
    """One version. `diff` is against the one before, empty for the first; an author of null: the platform."""

    version: int
    author_id: int | None
    author_name: str | None
    created_at: datetime
    diff: list[FieldChange]
    is_current: bool


class VersionList(View):
    """One page of versions, newest first."""

    versions: list[VersionView]
    next_cursor: str | None


def versions_of(definition_id: int, query: PageQuery, caller: Caller, work: UnitOfWork) -> Json[VersionList]:
    """A page of a KPI's versions.

    Raises:
        NotFound, Forbidden: as `readable_definition`.
        InvalidRequest: a cursor that we never gave.
    """
    definition = readable_definition(definition_id, caller, work)
    return Json(list_view("versions", query, work, id=definition.id))
