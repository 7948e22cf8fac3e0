"""PUT /api/job-search/settings: whoever sets targets says what a day's work is."""

from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.job_search.daily_targets import SettingsChange, SettingsView, change_settings
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("PUT", "/api/job-search/settings", needs="kpis.edit_targets")
def handler(change: SettingsChange, work: UnitOfWork) -> Json[SettingsView]:
    """Change the company's daily targets of a job search; what is left out stays."""
    return change_settings(change, work)
