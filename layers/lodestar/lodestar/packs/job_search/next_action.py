"""What a job searcher had best do next: the first step, in a fixed order, that there is anything to do for.

Postgres runs the arguments of `coalesce` one by one: the steps behind the answer cost nothing.
"""

from enum import StrEnum

from lodestar.packs.job_search.counted_rows import (
    APPLICATIONS_ABOUT_ACTIVE_JOB,
    FOLLOW_UPS,
    FOLLOW_UPS_ABOUT_ACTIVE_JOB,
    OUTREACH_ABOUT_ACTIVE_JOB,
    mine,
    within,
)

SILENCE_DAYS = 7
"""A hot job is not to be without contact for longer than this many times 24 hours."""


class NextActionType(StrEnum):
    """What a recommendation is about, the most urgent first."""

    OVERDUE_FOLLOW_UP = "overdue_follow_up"
    FOLLOW_UP_DUE_TODAY = "follow_up_due_today"
    HOT_JOB_WITHOUT_CONTACT = "hot_job_without_contact"
    APPLICATION_TARGET = "application_target"
    OUTREACH_TARGET = "outreach_target"


_JOB_NAME = "j.title || coalesce(' at ' || j.company, '')"


def _follow_up(kind: NextActionType, when: str, reason: str) -> str:
    """The earliest follow-up that has not been sent and is due `when`."""
    return f"""(
    select json_build_object(
      'type', '{kind}',
      'title', concat('Follow up',
        ' with ' || (
          select c.name from lodestar.job_search_contacts c
          where {mine("c")} and c.external_id = r.contact),
        ' about ' || (
          select {_JOB_NAME} from lodestar.job_search_jobs j
          where {mine("j")} and j.external_id = r.job)),
      'reason', '{reason}',
      'action', 'Write the message, send it, and enter when it was sent.',
      'ref', json_build_object('jobId', r.job, 'contactId', r.contact),
      'job_id', r.job, 'contact_id', r.contact, 'due_at', r.due_at)
    {FOLLOW_UPS} and r.sent_at is null and {when}
    order by r.due_at, r.external_id limit 1)"""


def _last(instant: str, rows: str) -> str:
    """The newest instant of the rows that are about the active job `j`; null for none."""
    return f"(select max(r.{instant}) {rows} and r.job = j.external_id)"


# Materialized, or Postgres would look for the contacts anew in the condition, the order and the reason.
_HOT_JOB = f"""(
    with hot_job as materialized (
      select j.*, greatest(
        {_last("date_sent", APPLICATIONS_ABOUT_ACTIVE_JOB)},
        {_last("sent_at", OUTREACH_ABOUT_ACTIVE_JOB)},
        {_last("sent_at", FOLLOW_UPS_ABOUT_ACTIVE_JOB)}) as last_contact
      from active_job j where j.heat = 3
    )
    select json_build_object(
      'type', '{NextActionType.HOT_JOB_WITHOUT_CONTACT}',
      'title', 'Get in touch about ' || {_JOB_NAME},
      'reason', case when j.last_contact is null then 'This hot job has had no contact yet.'
        else 'This hot job has had no contact in the last {SILENCE_DAYS} days.' end,
      'action', 'Write to somebody there, or send your application.',
      'ref', json_build_object('jobId', j.external_id),
      'job_id', j.external_id)
    from hot_job j
    where j.last_contact is null or j.last_contact < cast(:silent_since as timestamptz)
    order by j.last_contact nulls first, j.external_id limit 1)"""


def _target(kind: NextActionType, what: str, sent: str, target: str) -> str:
    """What is missing to the day's target."""
    return f"""(
    select json_build_object(
      'type', '{kind}',
      'title', concat('Send ', t.{target} - s.{sent}, ' more {what}',
        case when t.{target} - s.{sent} > 1 then 's' end),
      'reason', concat('The target for today is ', t.{target}, '; sent so far: ', s.{sent}, '.'),
      'action', 'Choose the warmest of your active jobs first.',
      'ref', json_build_object())
    from target t, sent_today s where s.{sent} < t.{target})"""


_STEPS = (
    _follow_up(
        NextActionType.OVERDUE_FOLLOW_UP,
        "r.due_at < cast(:today_start as timestamptz)",
        "It was due before today and has not been sent.",
    ),
    _follow_up(NextActionType.FOLLOW_UP_DUE_TODAY, within("r.due_at", "today"), "It is due today."),
    _HOT_JOB,
    _target(NextActionType.APPLICATION_TARGET, "application", "applications", "cv_target"),
    _target(NextActionType.OUTREACH_TARGET, "outreach message", "outreach", "outreach_target"),
)

NEXT_ACTION = f"json_strip_nulls(coalesce({', '.join(_STEPS)}))"
"""A recommendation as JSON, without keys that do not apply; null when there is nothing to do.

Over `active_job` (the user's active jobs), `target` (one row: cv_target and outreach_target) and
`sent_today` (one row: applications and outreach); binds `today_start`, `today_end` and `silent_since`.
"""
