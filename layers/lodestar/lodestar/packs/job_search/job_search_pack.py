"""The job-search pack as the platform knows it."""

from pathlib import Path

from lodestar.packs.job_search.job_search_tables import TABLES
from lodestar.packs.job_search.job_search_views import VIEWS
from lodestar.packs.pack import Pack
from lodestar.packs.statements import page

_OWNER = ("user_id", "team_id", "company_id")

PACK = Pack(
    name="job_search",
    folder=Path(__file__).parent,
    views={**{table.name: page(table) for table in TABLES.values()}, **VIEWS},
    sandbox={
        "job_search_jobs": [*_OWNER, "job", "stage", "heat", "archived"],
        "job_search_contacts": [*_OWNER, "contact", "archived"],
        "job_search_applications": [*_OWNER, "job", "date_sent"],
        "job_search_outreach": [*_OWNER, "job", "contact", "sent_at"],
        "job_search_follow_ups": [*_OWNER, "job", "contact", "due_at", "sent_at"],
        "job_search_events": [*_OWNER, "status", "date"],
        "job_search_growth_events": [*_OWNER, "attended", "date"],
        "job_search_boost_tasks": [*_OWNER, "done_at"],
        "job_search_growth_boost_tasks": [*_OWNER, "status", "completed_at"],
        "job_search_senior_reviews": [*_OWNER, "contact", "reviewed_at"],
    },
)
