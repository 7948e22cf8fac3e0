"""The source tables of the job-search pack: what people keep of their search for a job.

Every row belongs to the user who loads it, and nobody else reads it. Rows name each other by `external_id`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from lodestar.packs.loading import RowsQuery
from lodestar.packs.source_tables import Reference, SourceTable
from lodestar.wire.bodies import Body, ShownAs, View
from lodestar.wire.fields import Instant, Name

Heat = Annotated[int, Field(ge=0, le=3)]
"""How promising a job is: 0 cold, 3 hot."""


class JobSearchTable(StrEnum):
    """The tables by their names in addresses."""

    JOBS = "jobs"
    CONTACTS = "contacts"
    APPLICATIONS = "applications"
    OUTREACH = "outreach"
    FOLLOW_UPS = "follow-ups"
    EVENTS = "events"
    GROWTH_EVENTS = "growth-events"
    BOOST_TASKS = "boost-tasks"
    GROWTH_BOOST_TASKS = "growth-boost-tasks"
    SENIOR_REVIEWS = "senior-reviews"


class Job(Body):
    """A job that somebody is after. It is active unless archived or at the stage REJECTED or DORMANT."""

    external_id: Name
    title: Name
    company: Name | None = None
    stage: Name
    heat: Heat
    archived: bool


class Contact(Body):
    """A person who may help."""

    external_id: Name
    name: Name
    archived: bool


class Application(Body):
    """A CV that was sent for a job."""

    external_id: Name
    job: Name
    date_sent: Instant


class Outreach(Body):
    """A message that was sent of one's own accord."""

    external_id: Name
    job: Name | None = None
    contact: Name | None = None
    sent_at: Instant


class FollowUp(Body):
    """A message that is due, until it is sent."""

    external_id: Name
    job: Name | None = None
    contact: Name | None = None
    due_at: Instant
    sent_at: Instant | None = None


class Event(Body):
    """A meeting or a fair; ATTENDED is the status that counts."""

    external_id: Name
    title: Name | None = None
    status: Name
    date: Instant


class GrowthEvent(Body):
    """An event to learn at."""

    external_id: Name
    title: Name | None = None
    attended: bool
    date: Instant


class BoostTask(Body):
    """A task that strengthens the search, until it is done."""

    external_id: Name
    title: Name | None = None
    done_at: Instant | None = None


class GrowthBoostTask(Body):
    """A task that strengthens skills; completed is the status that counts."""

    external_id: Name
    title: Name | None = None
    status: Name
    completed_at: Instant | None = None


class SeniorReview(Body):
    """A senior person looked at one's papers."""

    external_id: Name
    contact: Name | None = None
    reviewed_at: Instant


class JobSearchBatch(Body):
    """Rows of one table as they come; each is checked on its own."""

    checked_by_row = frozenset({"rows"})

    rows: Annotated[
        list[
            Annotated[
                Any,
                ShownAs(
                    *(Job, Contact, Application, Outreach, FollowUp),
                    *(Event, GrowthEvent, BoostTask, GrowthBoostTask, SeniorReview),
                ),
            ]
        ],
        Field(min_length=1),
    ]


class JobView(Job, View):
    """A job."""

    id: int


class ContactView(Contact, View):
    """A contact."""

    id: int


class ApplicationView(Application, View):
    """An application."""

    id: int


class OutreachView(Outreach, View):
    """A message of one's own accord."""

    id: int


class FollowUpView(FollowUp, View):
    """A follow-up."""

    id: int


class EventView(Event, View):
    """An event."""

    id: int


class GrowthEventView(GrowthEvent, View):
    """An event to learn at."""

    id: int


class BoostTaskView(BoostTask, View):
    """A task that strengthens the search."""

    id: int


class GrowthBoostTaskView(GrowthBoostTask, View):
    """A task that strengthens skills."""

    id: int


class SeniorReviewView(SeniorReview, View):
    """A senior review."""

    id: int


class JobSearchList(View):
    """One page of the rows of a table."""

    rows: list[
        JobView
        | ContactView
        | ApplicationView
        | OutreachView
        | FollowUpView
        | EventView
        | GrowthEventView
        | BoostTaskView
        | GrowthBoostTaskView
        | SeniorReviewView
    ]
    next_cursor: str | None


class JobSearchQuery(RowsQuery):
    """Which rows; a filter that the table has no field for is refused.

    `from` and `to` are local days of the user, about: date_sent of applications, sent_at of outreach, due_at
    of follow-ups, date of events, done_at and completed_at of tasks, reviewed_at of senior reviews.
    """

    external_id: Name | None = None
    job: Name | None = Field(default=None, description="external_id of a job.")
    contact: Name | None = Field(default=None, description="external_id of a contact.")
    stage: Name | None = None
    heat: Heat | None = None
    status: Name | None = None
    archived: bool | None = None
    attended: bool | None = None


_JOB = Reference("job", "lodestar.job_search_jobs", "job")
_CONTACT = Reference("contact", "lodestar.job_search_contacts", "contact")


def _table(
    name: JobSearchTable, row: type[Body], day: str | None = None, filters: tuple[str, ...] = ()
) -> SourceTable:
    """A table of rows that users own; every job and contact that they name has to be there."""
    return SourceTable(
        pack="job_search",
        name=name,
        relation=f"lodestar.job_search_{name.replace('-', '_')}",
        row=row,
        is_owned=True,
        references=tuple(named for named in (_JOB, _CONTACT) if named.field in row.model_fields),
        day=day,
        filters=filters,
    )


TABLES: Mapping[JobSearchTable, SourceTable] = {
    JobSearchTable(table.name): table
    for table in (
        _table(JobSearchTable.JOBS, Job, filters=("stage", "heat", "archived")),
        _table(JobSearchTable.CONTACTS, Contact, filters=("archived",)),
        _table(JobSearchTable.APPLICATIONS, Application, "date_sent", ("job",)),
        _table(JobSearchTable.OUTREACH, Outreach, "sent_at", ("job", "contact")),
        _table(JobSearchTable.FOLLOW_UPS, FollowUp, "due_at", ("job", "contact")),
        _table(JobSearchTable.EVENTS, Event, "date", ("status",)),
        _table(JobSearchTable.GROWTH_EVENTS, GrowthEvent, "date", ("attended",)),
        _table(JobSearchTable.BOOST_TASKS, BoostTask, "done_at"),
        _table(JobSearchTable.GROWTH_BOOST_TASKS, GrowthBoostTask, "completed_at", ("status",)),
        _table(JobSearchTable.SENIOR_REVIEWS, SeniorReview, "reviewed_at", ("contact",)),
    )
}
"""What each name stands for."""
