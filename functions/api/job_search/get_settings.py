"""GET /api/job-search/settings: what a day's work is."""

from lodestar.application.unit_of_work import UnitOfWork
from lodestar.packs.job_search.daily_targets import SettingsView, read_settings
from lodestar.runtime.endpoint import endpoint
from lodestar.wire.json_view import Json


@endpoint("GET", "/api/job-search/settings")
def handler(work: UnitOfWork) -> Json[SettingsView]:
    """The company's daily targets of a job search."""
    return read_settings(work)
