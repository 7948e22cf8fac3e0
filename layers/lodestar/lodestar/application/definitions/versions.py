"""The versions of a KPI: who changed how it measures, when, what, and for which periods that counts."""

from lodestar.application.access import require_readable_definition
from lodestar.application.caller import Caller
from lodestar.application.definitions.ports import DefinitionWork
from lodestar.application.definitions.shapes import VersionList
from lodestar.application.pages import read_page_and_commit
from lodestar.domain.definitions import Definition
from lodestar.domain.versions import FROM_THE_BEGINNING, CompanyDefinitions, VersionStart
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


def all_definitions(work: DefinitionWork) -> CompanyDefinitions:
    """The company's definitions with their earlier versions, in two statements at most."""
    newest = work.definitions.all()
    changed = [definition.id for definition in newest if definition.version > 1]
    return CompanyDefinitions(newest, work.definitions.versions_of(changed) if changed else {})


def with_versions(definition: Definition, work: DefinitionWork) -> CompanyDefinitions:
    """One definition with its earlier versions, in one statement where it has any."""
    versions = work.definitions.versions_of([definition.id]) if definition.version > 1 else {}
    return CompanyDefinitions([definition], versions)


def start_of(before: Definition, after: Definition, work: DefinitionWork) -> VersionStart:
    """From when on a new version of a definition counts: from the running period on.

    Of a KPI that was never measured there is no past that it could change: it has always counted.
    """
    if after.version == before.version:
        return FROM_THE_BEGINNING
    begins_anew = not after.measures_like(before)
    if not work.definitions.is_measured(before.id):
        return VersionStart(None, begins_anew)
    calendar = work.people.company().calendar
    running = calendar.containing(after.aggregation_period, calendar.local_date(work.now))
    return VersionStart(running.start, begins_anew)
