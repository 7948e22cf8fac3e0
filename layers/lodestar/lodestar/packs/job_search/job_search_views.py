"""A user's day and week of job search as JSON text."""

from collections.abc import Mapping

from lodestar.packs.job_search.counted_rows import (
    APPLICATIONS,
    BOOST_TASKS,
    EVENTS_ATTENDED,
    FOLLOW_UPS,
    GROWTH_BOOST_TASKS_DONE,
    GROWTH_EVENTS_ATTENDED,
    OUTREACH,
    SENIOR_REVIEWS,
    active,
    count,
    mine,
    within,
)
from lodestar.packs.job_search.next_action import NEXT_ACTION

DEFAULT_TARGET = 5
"""Applications and outreach that a company expects of a day until it says otherwise."""

_TARGET = f"""target as (
  select coalesce(max(cv_target), {DEFAULT_TARGET}) as cv_target,
    coalesce(max(outreach_target), {DEFAULT_TARGET}) as outreach_target
  from lodestar.job_search_settings where company_id = :company
)"""

_TODAY = f"""
with {_TARGET},
active_job as (
  select j.external_id, j.title, j.company, j.heat from lodestar.job_search_jobs j
  where {mine("j")} and {active("j")}
),
sent_today as (
  select {count(APPLICATIONS, within("r.date_sent", "today"))} as applications,
    {count(OUTREACH, within("r.sent_at", "today"))} as outreach
),
heat as (
  select heat, count(j.external_id) as count
  from generate_series(0, 3) as heat left join active_job j using (heat) group by heat
)
select json_build_object(
  'cvSentToday', {count(APPLICATIONS, within("r.date_sent", "asked"))},
  'cvTarget', t.cv_target,
  'outreachToday', {count(OUTREACH, within("r.sent_at", "asked"))},
  'outreachTarget', t.outreach_target,
  'followupsDue', {count(FOLLOW_UPS, "r.sent_at is null", within("r.due_at", "asked"))},
  'seniorReviewsThisWeek', {count(SENIOR_REVIEWS, within("r.reviewed_at", "week"))},
  'heatBreakdown', (select json_agg(json_build_object('heat', heat, 'count', count) order by heat) from heat),
  'nextBestAction', {NEXT_ACTION})
from target t"""

_WEEK = f"""
with {_TARGET}
select json_build_object(
  'cvSent', {count(APPLICATIONS, within("r.date_sent", "asked"))},
  'outreach', {count(OUTREACH, within("r.sent_at", "asked"))},
  'followupsSent', {count(FOLLOW_UPS, within("r.sent_at", "asked"))},
  'eventsAttended', {count(EVENTS_ATTENDED, within("r.date", "asked"))}
    + {count(GROWTH_EVENTS_ATTENDED, within("r.date", "asked"))},
  'boostTasksDone', {count(BOOST_TASKS, within("r.done_at", "asked"))}
    + {count(GROWTH_BOOST_TASKS_DONE, within("r.completed_at", "asked"))},
  'seniorReviews', {count(SENIOR_REVIEWS, within("r.reviewed_at", "asked"))},
  'targets', json_build_object('cvTarget', t.cv_target, 'outreachTarget', t.outreach_target))
from target t"""

_SETTINGS = f"""
with {_TARGET}
select json_build_object('cv_target', t.cv_target, 'outreach_target', t.outreach_target) from target t"""

VIEWS: Mapping[str, str] = {"settings": _SETTINGS, "today": _TODAY, "week": _WEEK}
"""The reading views of the pack, each one statement; a user's day and week are those of the `:user`."""
