"""How many applications and messages a company expects of a day: read and change."""

from typing import Annotated

from pydantic import Field

from lodestar.application.access import require_found
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.application.work import AuditObject
from lodestar.packs.job_search.job_search_views import DEFAULT_TARGET
from lodestar.persistence.kernel.bound import session_of
from lodestar.wire.bodies import Body, View
from lodestar.wire.changes import given_fields
from lodestar.wire.json_view import Json

DailyTarget = Annotated[int, Field(ge=0, le=1000)]

# An update that changes nothing locks a row that is there already, and returns it.
_LOCK = f"""
insert into lodestar.job_search_settings as s (company_id, cv_target, outreach_target)
values (:company, {DEFAULT_TARGET}, {DEFAULT_TARGET})
on conflict (company_id) do update set cv_target = s.cv_target
returning cv_target, outreach_target"""
_SAVE = """update lodestar.job_search_settings
set cv_target = :cv_target, outreach_target = :outreach_target where company_id = :company"""


class SettingsChange(Body):
    """What to change; a field that is left out stays as it is."""

    cv_target: DailyTarget | None = None
    outreach_target: DailyTarget | None = None


class SettingsView(View):
    """Applications to send and messages to write, each user and day."""

    cv_target: int
    outreach_target: int


def read_settings(work: UnitOfWork) -> Json[SettingsView]:
    """The company's settings; 5 and 5 until somebody changes them."""
    return Json(require_found(work.views.read_and_commit("job_search.settings", {}), "company"))


def change_settings(change: SettingsChange, work: UnitOfWork) -> Json[SettingsView]:
    """Change some of the settings; nobody else changes them meanwhile, and the audit log tells of it."""
    session = session_of(work)
    before = session.one(_LOCK)
    after = {**before, **given_fields(change)}
    if after != before:
        session.run(_SAVE, **after)
        work.audit.record(
            "job_search_settings.changed",
            AuditObject("job_search_settings", session.company_id),
            before,
            after,
        )
    return read_settings(work)
