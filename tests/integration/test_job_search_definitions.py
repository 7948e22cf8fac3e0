"""The ready-made KPIs of the job-search pack give each person what they did in a week."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from local.postgres import Database
from lodestar.application.calculation.ports import SourceRequest
from lodestar.application.definitions.data_sources import source_from_json
from lodestar.domain.assignments import SubjectType
from lodestar.domain.sources import DatabaseSource
from lodestar.packs.catalog.loading import load_catalog
from lodestar.packs.job_search.job_search_pack import PACK
from lodestar.packs.job_search.job_search_tables import TABLES, JobSearchTable
from lodestar.packs.loading import load_rows
from lodestar.packs.registry import sandbox_tables
from lodestar.sources.database import DatabaseValues, SandboxCheck, Sandboxes
from tests.integration.bulk import caller_of
from tests.integration.tenants import KPI, Tenant, sandbox_logins

WEEK = (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 9, tzinfo=UTC))
FIRST, LAST = "2026-03-02T00:00:00Z", "2026-03-08T23:59:59Z"
BEFORE, AFTER = "2026-03-01T23:59:59Z", "2026-03-09T00:00:00Z"
ENTRIES = load_catalog([PACK.definitions]).entries

type Rows = list[dict[str, Any]]

ABOUT: Rows = [
    {},
    {"job": "open"},
    {"contact": "known"},
    {"job": "open", "contact": "known"},
    {"job": "rejected"},
    {"job": "dormant"},
    {"job": "archived"},
    {"contact": "forgotten"},
    {"job": "open", "contact": "forgotten"},
    {"job": "rejected", "contact": "known"},
]
"""What a message may be about; the first four count."""

JOB = {"title": "Captain", "stage": "APPLIED", "heat": 0, "archived": False}

HISTORY: Mapping[str, Rows] = {
    "jobs": [
        {**JOB, "external_id": "open"},
        {**JOB, "external_id": "rejected", "stage": "REJECTED"},
        {**JOB, "external_id": "dormant", "stage": "DORMANT"},
        {**JOB, "external_id": "archived", "archived": True},
    ],
    "contacts": [
        {"external_id": "known", "name": "Carla", "archived": False},
        {"external_id": "forgotten", "name": "Conrad", "archived": True},
    ],
    "applications": [
        *({"job": "open", "date_sent": at} for at in (FIRST, LAST, BEFORE, AFTER)),
        *({"job": job, "date_sent": FIRST} for job in ("rejected", "dormant", "archived")),
    ],
    "outreach": [
        *({"sent_at": FIRST, **about} for about in ABOUT),
        *({"sent_at": at} for at in (LAST, BEFORE, AFTER)),
    ],
    "follow-ups": [
        *({"due_at": BEFORE, "sent_at": FIRST, **about} for about in ABOUT),
        *({"due_at": FIRST, "sent_at": at} for at in (LAST, LAST, BEFORE, AFTER, None)),
    ],
    "events": [
        *({"status": "ATTENDED", "date": at} for at in (FIRST, LAST, BEFORE, AFTER)),
        {"status": "PLANNED", "date": FIRST},
    ],
    "growth-events": [
        *({"attended": True, "date": at} for at in (LAST, BEFORE, AFTER)),
        {"attended": False, "date": FIRST},
    ],
    "boost-tasks": [{"done_at": at} for at in (FIRST, LAST, BEFORE, AFTER, None)],
    "growth-boost-tasks": [
        *({"status": "completed", "completed_at": at} for at in (FIRST, BEFORE, AFTER)),
        {"status": "open", "completed_at": LAST},
    ],
    "senior-reviews": [
        *({"reviewed_at": at} for at in (FIRST, LAST, BEFORE, AFTER)),
        *({"contact": each, "reviewed_at": FIRST} for each in ("known", "forgotten")),
    ],
}
OF_SOMEBODY_ELSE: Mapping[str, Rows] = {
    name: [{**row, "archived": False} for row in HISTORY[name]] for name in ("jobs", "contacts")
}
"""Jobs and contacts of the same names, which say nothing about the seeker's."""

EXPECTED = {
    "job_search_applications_sent": 2,
    "job_search_outreach_sent": 5,
    "job_search_follow_ups_sent": 6,
    "job_search_events_attended": 3,
    "job_search_boost_tasks_done": 3,
    "job_search_senior_reviews": 3,
}
"""Counted by hand: the first two applications; 4 + 1 messages; 4 + 2 follow-ups; 2 + 1 of events, tasks, reviews."""


@pytest.fixture
def seeker(tenant: Tenant) -> int:
    """Somebody of a company with a sandbox, who looks for a job."""
    tenant.sandbox()
    return tenant.user()


@pytest.fixture
def sandboxes(database: Database) -> Sandboxes:
    return Sandboxes(sandbox_logins(database), sandbox_tables())


def search(tenant: Tenant, user_id: int, history: Mapping[str, Rows]) -> None:
    """Keep what somebody did."""
    for name, rows in history.items():
        numbered = [{"external_id": str(number), **row} for number, row in enumerate(rows)]
        with tenant.work() as work:
            table, caller = TABLES[JobSearchTable(name)], caller_of(tenant, user_id)
            assert load_rows(numbered, table, caller, work).errors == []


def source_of(key: str) -> DatabaseSource:
    source = source_from_json(ENTRIES[key].fields.data_source.model_dump())
    assert isinstance(source, DatabaseSource)
    return source


def test_every_definition_of_the_pack_is_counted_here() -> None:
    assert set(EXPECTED) == set(ENTRIES)


@pytest.mark.parametrize("key", ENTRIES)
def test_a_definition_counts_what_somebody_did_in_the_week_and_nobody_elses(
    key: str, tenant: Tenant, seeker: int, sandboxes: Sandboxes
) -> None:
    idle = tenant.user()
    search(tenant, seeker, HISTORY)
    search(tenant, idle, OF_SOMEBODY_ELSE)
    source = source_of(key)
    people = (seeker, idle)
    definition = replace(KPI, data_source=source)
    request = SourceRequest(definition, source, tenant.id, SubjectType.USER, people, WEEK)
    assert DatabaseValues(sandboxes).values(request) == {seeker: Decimal(EXPECTED[key]), idle: Decimal(0)}


@pytest.mark.parametrize("key", ENTRIES)
def test_a_definition_can_be_saved(key: str, tenant: Tenant, seeker: int, sandboxes: Sandboxes) -> None:
    SandboxCheck(tenant.id, sandboxes).check(replace(KPI, data_source=source_of(key)))
