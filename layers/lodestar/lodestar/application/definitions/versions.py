"""The versions of a KPI: who changed how it is calculated, when, and what."""

from lodestar.application.access import require_readable_definition
from lodestar.application.caller import Caller
from lodestar.application.definitions.ports import DefinitionWork
from lodestar.application.definitions.shapes import VersionList
from lodestar.application.pages import read_page_and_commit
from lodestar.wire.json_view import Json
from lodestar.wire.paging import PageQuery


def versions_of(
    definition_id: int, query: PageQuery, caller: Caller, work: DefinitionWork
) -> Json[VersionList]:
    """A page of a KPI's versions.

    Raises:
        NotFound: the company has no such KPI.
        Forbidden: the caller neither assigns nor defines nor sees KPIs, and has no grant on this one.
        InvalidRequest: a cursor that we never gave.
    """
    definition = require_readable_definition(work.definitions.get(definition_id), caller)
    return Json(read_page_and_commit("versions", query, work, id=definition.id))
