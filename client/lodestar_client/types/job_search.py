"""Types: job_search. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from enum import StrEnum
from typing import Any, NotRequired, TypedDict


class ActionReference(TypedDict):
    """What a recommendation is about, by external ids. What it is not about has no key."""

    contactId: NotRequired[str | None]
    jobId: NotRequired[str | None]


class Application(TypedDict):
    """A CV that was sent for a job."""

    date_sent: dt.datetime
    external_id: str
    job: str


class ApplicationView(TypedDict):
    """An application."""

    date_sent: dt.datetime
    external_id: str
    id: int
    job: str


class BoostTask(TypedDict):
    """A task that strengthens the search, until it is done."""

    done_at: NotRequired[dt.datetime | None]
    external_id: str
    title: NotRequired[str | None]


class BoostTaskView(TypedDict):
    """A task that strengthens the search."""

    done_at: NotRequired[dt.datetime | None]
    external_id: str
    id: int
    title: NotRequired[str | None]


class Contact(TypedDict):
    """A person who may help."""

    archived: bool
    external_id: str
    name: str


class ContactView(TypedDict):
    """A contact."""

    archived: bool
    external_id: str
    id: int
    name: str


class DailyTargets(TypedDict):
    """What the company expects of a day."""

    cvTarget: int
    outreachTarget: int


class Event(TypedDict):
    """A meeting or a fair; ATTENDED is the status that counts."""

    date: dt.datetime
    external_id: str
    status: str
    title: NotRequired[str | None]


class EventView(TypedDict):
    """An event."""

    date: dt.datetime
    external_id: str
    id: int
    status: str
    title: NotRequired[str | None]


class FollowUp(TypedDict):
    """A message that is due, until it is sent."""

    contact: NotRequired[str | None]
    due_at: dt.datetime
    external_id: str
    job: NotRequired[str | None]
    sent_at: NotRequired[dt.datetime | None]


class FollowUpView(TypedDict):
    """A follow-up."""

    contact: NotRequired[str | None]
    due_at: dt.datetime
    external_id: str
    id: int
    job: NotRequired[str | None]
    sent_at: NotRequired[dt.datetime | None]


class GrowthBoostTask(TypedDict):
    """A task that strengthens skills; completed is the status that counts."""

    completed_at: NotRequired[dt.datetime | None]
    external_id: str
    status: str
    title: NotRequired[str | None]


class GrowthBoostTaskView(TypedDict):
    """A task that strengthens skills."""

    completed_at: NotRequired[dt.datetime | None]
    external_id: str
    id: int
    status: str
    title: NotRequired[str | None]


class GrowthEvent(TypedDict):
    """An event to learn at."""

    attended: bool
    date: dt.datetime
    external_id: str
    title: NotRequired[str | None]


class GrowthEventView(TypedDict):
    """An event to learn at."""

    attended: bool
    date: dt.datetime
    external_id: str
    id: int
    title: NotRequired[str | None]


class HeatCount(TypedDict):
    """How many active jobs have a heat, from 0 (cold) to 3 (hot)."""

    count: int
    heat: int


class Job(TypedDict):
    """A job that somebody is after. It is active unless archived or at the stage REJECTED or DORMANT."""

    archived: bool
    company: NotRequired[str | None]
    external_id: str
    heat: int
    stage: str
    title: str


class Outreach(TypedDict):
    """A message that was sent of one's own accord."""

    contact: NotRequired[str | None]
    external_id: str
    job: NotRequired[str | None]
    sent_at: dt.datetime


class SeniorReview(TypedDict):
    """A senior person looked at one's papers."""

    contact: NotRequired[str | None]
    external_id: str
    reviewed_at: dt.datetime


class JobSearchBatch(TypedDict):
    """Rows of one table as they come; each is checked on its own."""

    rows: list[
        Job
        | Contact
        | Application
        | Outreach
        | FollowUp
        | Event
        | GrowthEvent
        | BoostTask
        | GrowthBoostTask
        | SeniorReview
        | Any
    ]


class JobView(TypedDict):
    """A job."""

    archived: bool
    company: NotRequired[str | None]
    external_id: str
    heat: int
    id: int
    stage: str
    title: str


class OutreachView(TypedDict):
    """A message of one's own accord."""

    contact: NotRequired[str | None]
    external_id: str
    id: int
    job: NotRequired[str | None]
    sent_at: dt.datetime


class SeniorReviewView(TypedDict):
    """A senior review."""

    contact: NotRequired[str | None]
    external_id: str
    id: int
    reviewed_at: dt.datetime


class JobSearchList(TypedDict):
    """One page of the rows of a table."""

    next_cursor: str | None
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


class NextActionType(StrEnum):
    """What a recommendation is about, the most urgent first."""

    OVERDUE_FOLLOW_UP = "overdue_follow_up"
    FOLLOW_UP_DUE_TODAY = "follow_up_due_today"
    HOT_JOB_WITHOUT_CONTACT = "hot_job_without_contact"
    APPLICATION_TARGET = "application_target"
    OUTREACH_TARGET = "outreach_target"


class NextBestAction(TypedDict):
    """A recommendation in plain words: what is to be done, why, and how."""

    action: str
    contact_id: NotRequired[str | None]
    due_at: NotRequired[dt.datetime | None]
    job_id: NotRequired[str | None]
    reason: str
    ref: ActionReference
    title: str
    type: NextActionType


class JobSearchToday(TypedDict):
    """A user's day. The next best action is about now, whatever days were asked for."""

    cvSentToday: int
    cvTarget: int
    followupsDue: int
    heatBreakdown: list[HeatCount]
    nextBestAction: NextBestAction | None
    outreachTarget: int
    outreachToday: int
    seniorReviewsThisWeek: int


class JobSearchWeek(TypedDict):
    """A user's week; the targets are those of a day."""

    boostTasksDone: int
    cvSent: int
    eventsAttended: int
    followupsSent: int
    outreach: int
    seniorReviews: int
    targets: DailyTargets


class SettingsChange(TypedDict):
    """What to change; a field that is left out stays as it is."""

    cv_target: NotRequired[int | None]
    outreach_target: NotRequired[int | None]


class SettingsView(TypedDict):
    """Applications to send and messages to write, each user and day."""

    cv_target: int
    outreach_target: int
