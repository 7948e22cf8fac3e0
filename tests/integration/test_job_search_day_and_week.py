"""A user's day and week of job search on a real Postgres."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from lodestar.packs.job_search.day_and_week import JobSearchDays, JobSearchToday, JobSearchWeek, today, week
from lodestar.packs.job_search.job_search_tables import TABLES, JobSearchTable
from lodestar.packs.loading import load_rows
from lodestar.persistence.unit_of_work import WorkContext
from tests.integration.bulk import caller_of, statements
from tests.integration.job_search_model import LOADED, Row, Search
from tests.integration.tenants import NOW, Tenant, new_tenant

JOB = {
    "external_id": "j",
    "title": "Baker",
    "company": "Bread & Co",
    "stage": "APPLIED",
    "heat": 1,
    "archived": False,
}
CONTACT = {"external_id": "c", "name": "Ann", "archived": False}
AT_NOON = "2026-03-10T12:00:00Z"
"""NOW, a Tuesday."""
DAYS: TypeAdapter[JobSearchDays] = TypeAdapter(JobSearchDays)


@dataclass(frozen=True)
class Searcher:
    """A user who looks for a job."""

    tenant: Tenant
    context: WorkContext
    user_id: int
    zone: str = "UTC"

    def at(self, now: datetime) -> "Searcher":
        """The same user at another time."""
        return replace(self, context=replace(self.context, clock=lambda: now))

    def load(self, table: str, *rows: Row) -> None:
        """Load rows, all of them good."""
        caller = caller_of(self.tenant, self.user_id)
        with self.tenant.work() as work:
            assert load_rows(rows, TABLES[JobSearchTable(table)], caller, work).errors == []

    def number(self, table: str, *rows: Row) -> None:
        """Rows that are named by their place."""
        self.load(table, *({"external_id": f"{table} {place}", **row} for place, row in enumerate(rows)))

    def today(self, **days: str) -> dict[str, Any]:
        return self._read(today, JobSearchToday, days)

    def week(self, **days: str) -> dict[str, Any]:
        return self._read(week, JobSearchWeek, days)

    def _read(self, use_case: Any, view: Any, days: Mapping[str, str]) -> dict[str, Any]:
        """The answer, which has the shape that is promised."""
        query = DAYS.validate_python({name.rstrip("_"): day for name, day in days.items()})
        caller = replace(caller_of(self.tenant, self.user_id), timezone=self.zone)
        with self.tenant.work(self.context) as work:
            answer: dict[str, Any] = json.loads(use_case(query, caller, work).text)
        view.model_validate(answer)
        return answer


def searcher_of(tenant: Tenant, zone: str = "UTC") -> Searcher:
    return Searcher(tenant, tenant.context, tenant.user(timezone=zone), zone)


def set_targets(tenant: Tenant, cv_target: int, outreach_target: int) -> None:
    tenant.run(
        "insert into lodestar.job_search_settings values (:company, :cv_target, :outreach_target)",
        cv_target=cv_target,
        outreach_target=outreach_target,
    )


@pytest.fixture
def una(tenant: Tenant) -> Searcher:
    """A user in UTC with an active job and a contact."""
    una = searcher_of(tenant)
    una.load("jobs", JOB)
    una.load("contacts", CONTACT)
    return una


# The whole of it, against the model

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "America/Havana", "Pacific/Auckland", "Asia/Kathmandu")
NOWS = [
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC),  # Berlin's day of 23 hours; Auckland's and New York's are near
    datetime(2026, 10, 25, 12, tzinfo=UTC),  # Berlin's day of 25 hours
    datetime(2026, 11, 1, 22, tzinfo=UTC),  # New York's and Havana's
    NOW,
]


@st.composite
def searches(draw: st.DrawFn) -> Search:
    """Few rows, all of them near a bound: the first instant of a local day, or a week ago to the second."""
    now, zone = draw(st.sampled_from(NOWS)), draw(st.sampled_from(ZONES))
    midnight = datetime.combine(now.astimezone(ZoneInfo(zone)).date(), time(), ZoneInfo(zone))
    near = st.sampled_from([timedelta(seconds=-1), timedelta(0), timedelta(hours=12)])
    days = st.integers(-9, 8).map(lambda day: midnight + timedelta(days=day))  # of the wall clock
    week_ago = now - timedelta(days=7)
    instants = st.builds(
        lambda bound, beside: bound.astimezone(UTC) + beside, days | st.sampled_from([now, week_ago]), near
    )
    jobs = draw(named("job", st.fixed_dictionaries(JOB_FIELDS), 4))
    contacts = draw(named("contact", st.fixed_dictionaries({"name": texts, "archived": rarely}), 2))
    job, contact = (
        st.sampled_from([row["external_id"] for row in rows] or [None]) for rows in (jobs, contacts)
    )
    either = {"job": st.none() | job, "contact": st.none() | contact}
    title = {"title": st.none() | texts}
    fields: Mapping[str, Mapping[str, st.SearchStrategy[Any]]] = {
        "applications": {"job": job, "date_sent": instants},
        "outreach": {**either, "sent_at": instants},
        "follow-ups": {**either, "due_at": instants, "sent_at": st.none() | instants},
        "events": {**title, "status": st.sampled_from(["ATTENDED", "PLANNED"]), "date": instants},
        "growth-events": {**title, "attended": st.booleans(), "date": instants},
        "boost-tasks": {**title, "done_at": st.none() | instants},
        "growth-boost-tasks": {
            **title,
            "status": st.sampled_from(["completed", "open"]),
            "completed_at": st.none() | instants,
        },
        "senior-reviews": {"contact": st.none() | contact, "reviewed_at": instants},
    }
    rows = {name: draw(named(name, st.fixed_dictionaries(dict(of)), 5)) for name, of in fields.items()}
    if not jobs:
        rows["applications"] = []
    asked = draw(st.none() | st.tuples(st.integers(-3, 0), st.integers(0, 3)))
    span = (None, None) if asked is None else tuple(midnight.date() + timedelta(days=each) for each in asked)
    return Search(
        {"jobs": jobs, "contacts": contacts, **rows},
        now,
        zone,
        draw(st.sampled_from(["monday", "sunday"])),
        draw(st.tuples(st.integers(0, 3), st.integers(0, 3))),
        span,  # type: ignore[arg-type]  # two of them
    )


texts = st.sampled_from(["Ann", 'Baker\'s 100 % "best"'])
rarely = st.sampled_from([False, False, False, True])
JOB_FIELDS = {
    "title": texts,
    "company": st.none() | texts,
    "stage": st.sampled_from(["APPLIED", "SAVED", "INTERVIEW", "REJECTED", "DORMANT"]),
    "heat": st.sampled_from([0, 1, 2, 3, 3, 3]),
    "archived": rarely,
}


def named(
    name: str, rows: st.SearchStrategy[dict[str, Any]], most: int
) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Up to so many rows, each with an external_id of its own."""
    return st.lists(rows, max_size=most).map(
        lambda found: [{"external_id": f"{name} {place}", **row} for place, row in enumerate(found)]
    )


def plain(search: Search, answer: Mapping[str, Any]) -> dict[str, Any]:
    """An answer as the model gives it: without the sentences, and with instants."""
    action = answer["nextBestAction"]
    if action:
        ref = {"jobId": action.get("job_id"), "contactId": action.get("contact_id")}
        assert action["ref"] == {name: each for name, each in ref.items() if each is not None}
        words = ("title", "reason", "action", "ref")
        action = {name: each for name, each in action.items() if name not in words}
        if "due_at" in action:
            action["due_at"] = datetime.fromisoformat(action["due_at"])
    return {**answer, "nextBestAction": action}


@given(searches())
@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
def test_the_answers_are_those_of_the_spec_read_naively(context: WorkContext, search: Search) -> None:
    tenant = new_tenant(context, week_start=search.week_start, timezone="Asia/Tokyo")
    una = searcher_of(tenant, search.zone).at(search.now)
    for table in LOADED:
        una.load(table, *search.rows[table])
    set_targets(tenant, *search.targets)
    first, last = search.days
    days = {"from_": str(first), "to": str(last)} if first else {}
    assert plain(search, una.today(**days)) == search.today()
    assert una.week(**days) == search.week()


# Which rows count

REFERRING: Sequence[tuple[str, Row, str, str]] = (
    ("applications", {"job": "j", "date_sent": AT_NOON}, "today", "cvSentToday"),
    ("applications", {"job": "j", "date_sent": AT_NOON}, "week", "cvSent"),
    ("outreach", {"job": "j", "contact": "c", "sent_at": AT_NOON}, "today", "outreachToday"),
    ("outreach", {"job": "j", "contact": "c", "sent_at": AT_NOON}, "week", "outreach"),
    ("follow-ups", {"job": "j", "contact": "c", "due_at": AT_NOON}, "today", "followupsDue"),
    (
        "follow-ups",
        {"job": "j", "contact": "c", "due_at": AT_NOON, "sent_at": AT_NOON},
        "week",
        "followupsSent",
    ),
    ("senior-reviews", {"contact": "c", "reviewed_at": AT_NOON}, "today", "seniorReviewsThisWeek"),
    ("senior-reviews", {"contact": "c", "reviewed_at": AT_NOON}, "week", "seniorReviews"),
)
"""Every number of rows that are about a job or a contact: a row, and where it is counted."""
GONE: Mapping[str, tuple[str, Row]] = {
    "archived job": ("jobs", {**JOB, "archived": True}),
    "rejected job": ("jobs", {**JOB, "stage": "REJECTED"}),
    "dormant job": ("jobs", {**JOB, "stage": "DORMANT"}),
    "archived contact": ("contacts", {**CONTACT, "archived": True}),
}


@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize(("table", "row", "view", "name"), REFERRING, ids=lambda each: str(each)[:20])
def test_a_row_counts_until_its_job_or_its_contact_is_gone(
    una: Searcher, table: str, row: Row, view: str, name: str, gone: str
) -> None:
    read = getattr(una, view)
    una.number(table, row)
    assert read()[name] == 1
    una.load(GONE[gone][0], GONE[gone][1])
    is_about_it = GONE[gone][0].removesuffix("s") in row
    assert read()[name] == (0 if is_about_it else 1)


@pytest.mark.parametrize(("table", "row", "view", "name"), REFERRING[2:], ids=lambda each: str(each)[:20])
def test_a_row_without_a_job_or_a_contact_counts(
    una: Searcher, table: str, row: Row, view: str, name: str
) -> None:
    una.number(table, {field: each for field, each in row.items() if field not in ("job", "contact")})
    assert getattr(una, view)()[name] == 1


def test_only_what_was_attended_or_done_in_the_week_counts(una: Searcher) -> None:
    last_week = "2026-03-08T12:00:00Z"
    una.number(
        "events",
        {"status": "ATTENDED", "date": AT_NOON},
        {"status": "ATTENDED", "date": last_week},
        {"status": "MISSED", "date": AT_NOON},
    )
    una.number(
        "growth-events",
        {"attended": True, "date": AT_NOON},
        {"attended": True, "date": last_week},
        {"attended": False, "date": AT_NOON},
    )
    una.number("boost-tasks", {"done_at": AT_NOON}, {"done_at": last_week}, {"title": "Not done yet"})
    una.number(
        "growth-boost-tasks",
        {"status": "completed", "completed_at": AT_NOON},
        {"status": "completed", "completed_at": last_week},
        {"status": "completed"},
        {"status": "reopened", "completed_at": AT_NOON},
    )
    assert (una.week()["eventsAttended"], una.week()["boostTasksDone"]) == (2, 2)


def test_a_follow_up_that_was_sent_is_not_due(una: Searcher) -> None:
    una.number("follow-ups", {"due_at": AT_NOON, "sent_at": AT_NOON}, {"due_at": AT_NOON})
    assert una.today()["followupsDue"] == 1


def test_rows_of_a_colleague_do_not_count(una: Searcher) -> None:
    colleague = searcher_of(una.tenant)
    colleague.load("jobs", {**JOB, "heat": 3})
    colleague.number("applications", {"job": "j", "date_sent": AT_NOON})
    colleague.number("follow-ups", {"due_at": AT_NOON})
    mine, theirs = una.today(), colleague.today()
    assert (mine["cvSentToday"], mine["followupsDue"], mine["heatBreakdown"][3]["count"]) == (0, 0, 0)
    assert (theirs["cvSentToday"], theirs["followupsDue"], theirs["heatBreakdown"][3]["count"]) == (1, 1, 1)


def test_a_job_of_the_same_name_that_a_colleague_archived_takes_nothing_away(una: Searcher) -> None:
    una.number("applications", {"job": "j", "date_sent": AT_NOON})
    searcher_of(una.tenant).load("jobs", {**JOB, "archived": True})
    assert una.today()["cvSentToday"] == 1


def test_a_user_without_rows_has_zeros_all_four_heats_and_the_default_targets(tenant: Tenant) -> None:
    new = searcher_of(tenant)
    action = {
        "type": "application_target",
        "title": "Send 5 more applications",
        "reason": "The target for today is 5; sent so far: 0.",
        "action": "Choose the warmest of your active jobs first.",
        "ref": {},
    }
    assert list(new.today().items()) == [
        ("cvSentToday", 0),
        ("cvTarget", 5),
        ("outreachToday", 0),
        ("outreachTarget", 5),
        ("followupsDue", 0),
        ("seniorReviewsThisWeek", 0),
        ("heatBreakdown", [{"heat": heat, "count": 0} for heat in range(4)]),
        ("nextBestAction", action),
    ]
    assert list(new.week().items()) == [
        ("cvSent", 0),
        ("outreach", 0),
        ("followupsSent", 0),
        ("eventsAttended", 0),
        ("boostTasksDone", 0),
        ("seniorReviews", 0),
        ("targets", {"cvTarget": 5, "outreachTarget": 5}),
    ]


def test_the_company_sets_the_targets(una: Searcher) -> None:
    set_targets(una.tenant, 7, 2)
    assert (una.today()["cvTarget"], una.today()["outreachTarget"]) == (7, 2)
    assert una.week()["targets"] == {"cvTarget": 7, "outreachTarget": 2}


def test_the_heat_of_active_jobs_is_broken_down(una: Searcher) -> None:
    stages = {"heat 3": {}, "gone": {"archived": True}, "lost": {"stage": "REJECTED"}}
    una.load("jobs", *({**JOB, "heat": 3, "external_id": name, **each} for name, each in stages.items()))
    counts = [each["count"] for each in una.today()["heatBreakdown"]]
    assert counts == [0, 1, 0, 1]


# Whose day, and whose week


def test_a_day_is_that_of_the_user_and_not_of_the_company(tenant: Tenant) -> None:
    kiri = searcher_of(tenant, "Pacific/Kiritimati")  # 14 hours ahead: there it is the 11th
    kiri.number(
        "outreach",
        {"sent_at": "2026-03-10T09:59:59Z"},
        {"sent_at": "2026-03-10T10:00:00Z"},
        {"sent_at": "2026-03-11T00:00:00Z"},
        {"sent_at": "2026-03-11T09:59:59Z"},
        {"sent_at": "2026-03-11T10:00:00Z"},
    )
    assert kiri.today()["outreachToday"] == 3


@pytest.mark.parametrize(
    ("now", "start", "end"),
    [
        ("2026-03-29T12:00:00Z", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z"),
        ("2026-10-25T12:00:00Z", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
    ],
    ids=["23 hours", "25 hours"],
)
def test_a_day_on_which_the_clocks_change_is_whole(tenant: Tenant, now: str, start: str, end: str) -> None:
    berta = searcher_of(tenant, "Europe/Berlin").at(datetime.fromisoformat(now))
    first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    second = timedelta(seconds=1)
    edges = [first - second, first, first + second, last - second, last]
    berta.number("outreach", *({"sent_at": each.isoformat()} for each in edges))
    berta.number("follow-ups", *({"due_at": edge.isoformat()} for edge in edges))
    day = berta.today()
    assert (day["outreachToday"], day["followupsDue"]) == (3, 3)
    assert day["nextBestAction"]["due_at"] == edges[0].isoformat()


@pytest.mark.parametrize(
    ("week_start", "sent"), [("monday", ["03-09", "03-15"]), ("sunday", ["03-08", "03-14"])]
)
def test_the_week_begins_when_the_companys_does(
    context: WorkContext, week_start: str, sent: list[str]
) -> None:
    una = searcher_of(new_tenant(context, week_start=week_start))
    first, last = (date.fromisoformat(f"2026-{each}") for each in sent)
    days = [first - timedelta(days=1), *[first] * 2, *[last] * 3, last + timedelta(days=1)]
    una.number("outreach", *({"sent_at": f"{each}T00:00:00Z"} for each in days))
    una.number("senior-reviews", *({"reviewed_at": f"{day}T23:59:59Z"} for day in days))
    assert (una.week()["outreach"], una.week()["seniorReviews"]) == (5, 5)
    assert una.today()["seniorReviewsThisWeek"] == 5


# Other days


@pytest.fixture
def busy(una: Searcher) -> Searcher:
    """Una, with one of everything each day from the 7th to the 17th."""
    noons = [f"2026-03-{day:02}T12:00:00Z" for day in range(7, 18)]
    una.number("applications", *({"job": "j", "date_sent": each} for each in noons))
    una.number("outreach", *({"sent_at": each} for each in noons))
    una.number("follow-ups", *({"due_at": each} for each in noons))
    una.number("senior-reviews", *({"reviewed_at": noon} for noon in noons))
    return una


@pytest.mark.parametrize(
    ("days", "today_number", "week_number"),
    [
        ({}, 1, 7),
        ({"from_": "2026-03-08", "to": "2026-03-08"}, 1, 1),
        ({"from_": "2026-03-01", "to": "2026-03-31"}, 11, 11),
        ({"from_": "2026-03-08"}, 3, 8),  # to today, to Sunday
        ({"to": "2026-03-16"}, 7, 8),  # from today, from Monday
    ],
    ids=str,
)
def test_from_and_to_ask_for_other_days(
    busy: Searcher, days: dict[str, str], today_number: int, week_number: int
) -> None:
    day, week, plain = busy.today(**days), busy.week(**days), busy.today()
    assert [day[name] for name in ("cvSentToday", "outreachToday", "followupsDue")] == [today_number] * 3
    assert [week[name] for name in ("cvSent", "outreach", "seniorReviews")] == [week_number] * 3
    for about_now in ("seniorReviewsThisWeek", "nextBestAction", "heatBreakdown"):
        assert day[about_now] == plain[about_now]


@pytest.mark.parametrize("view", ["today", "week"])
@pytest.mark.parametrize("days", [{"to": "2026-03-06"}, {"from_": "2026-03-16"}], ids=str)
def test_one_day_beyond_those_of_the_answer_stands_for_itself(
    busy: Searcher, days: dict[str, str], view: str
) -> None:
    (day,) = days.values()
    assert getattr(busy, view)(**days) == getattr(busy, view)(from_=day, to=day)


def test_the_targets_of_the_next_action_are_about_today_whatever_was_asked(busy: Searcher) -> None:
    busy.load(
        "follow-ups",
        *({"external_id": f"follow-ups {n}", "due_at": AT_NOON, "sent_at": AT_NOON} for n in range(11)),
    )
    set_targets(busy.tenant, 1, 2)
    action = busy.today(from_="2026-03-01", to="2026-03-05")["nextBestAction"]
    assert action["title"] == "Send 1 more outreach message"


# What to do next


def action_of(searcher: Searcher) -> Any:
    return searcher.today()["nextBestAction"]


def test_each_step_comes_before_the_next_and_nothing_is_left_at_last(una: Searcher) -> None:
    una.load("jobs", {**JOB, "heat": 3})
    set_targets(una.tenant, 1, 2)
    due = {
        "overdue": "2026-03-09T23:59:59Z",
        "today": "2026-03-10T23:59:59Z",
        "later": "2026-03-11T00:00:00Z",
    }
    una.load("follow-ups", *({"external_id": name, "due_at": at} for name, at in due.items()))
    steps = [
        (
            "overdue_follow_up",
            "follow-ups",
            {"due_at": due["overdue"], "sent_at": AT_NOON, "external_id": "overdue"},
        ),
        (
            "follow_up_due_today",
            "follow-ups",
            {"due_at": due["today"], "sent_at": AT_NOON, "external_id": "today"},
        ),
        ("hot_job_without_contact", "outreach", {"external_id": "hello", "job": "j", "sent_at": AT_NOON}),
        ("application_target", "applications", {"external_id": "cv", "job": "j", "date_sent": AT_NOON}),
        ("outreach_target", "outreach", {"external_id": "second", "sent_at": AT_NOON}),
    ]
    for kind, table, done in steps:
        assert action_of(una)["type"] == kind
        una.load(table, done)
    assert action_of(una) is None


def test_a_target_of_nothing_is_met(una: Searcher) -> None:
    set_targets(una.tenant, 0, 0)
    assert action_of(una) is None


@pytest.mark.parametrize(
    ("about", "title"),
    [
        ({"job": "j", "contact": "c"}, "Follow up with Ann about Baker at Bread & Co"),
        ({"job": "j"}, "Follow up about Baker at Bread & Co"),
        ({"contact": "c"}, "Follow up with Ann"),
        ({}, "Follow up"),
    ],
    ids=["job and contact", "job", "contact", "neither"],
)
def test_a_follow_up_is_told_with_whom_and_what_it_is_about(una: Searcher, about: Row, title: str) -> None:
    una.number("follow-ups", {**about, "due_at": "2026-03-09T09:00:00+01:00"})
    assert action_of(una) == {
        "type": "overdue_follow_up",
        "title": title,
        "reason": "It was due before today and has not been sent.",
        "action": "Write the message, send it, and enter when it was sent.",
        "ref": {f"{name}Id": each for name, each in about.items()},
        **{f"{name}_id": each for name, each in about.items()},
        "due_at": "2026-03-09T08:00:00+00:00",
    }


def test_the_oldest_overdue_follow_up_comes_first_and_of_today_the_earliest(una: Searcher) -> None:
    overdue, due = ["2026-03-08", "2026-03-07"], ["T18:00:00Z", "T09:00:00Z"]
    una.number("follow-ups", *({"due_at": f"2026-03-10{at}"} for at in due))
    assert action_of(una)["reason"] == "It is due today."
    assert action_of(una)["due_at"] == "2026-03-10T09:00:00+00:00"
    una.load("follow-ups", *({"external_id": each, "due_at": f"{each}T12:00:00Z"} for each in overdue))
    assert action_of(una)["due_at"] == "2026-03-07T12:00:00+00:00"


@pytest.mark.parametrize("gone", GONE)
@pytest.mark.parametrize("due_at", [AT_NOON, "2026-03-01T12:00:00Z"], ids=["due", "overdue"])
def test_nothing_is_to_be_followed_up_when_the_job_or_the_contact_is_gone(
    una: Searcher, due_at: str, gone: str
) -> None:
    set_targets(una.tenant, 0, 0)
    una.number("follow-ups", {"job": "j", "contact": "c", "due_at": due_at})
    una.load(GONE[gone][0], GONE[gone][1])
    assert action_of(una) is None


@pytest.fixture
def keen(tenant: Tenant) -> Searcher:
    """A user with three hot jobs and a warm one, and nothing else to do."""
    set_targets(tenant, 0, 0)
    keen = searcher_of(tenant)
    for name, heat in (("b", 3), ("a", 3), ("c", 3), ("0", 2)):
        keen.load("jobs", {**JOB, "company": None, "external_id": name, "heat": heat})
    keen.load("contacts", CONTACT)
    return keen


def test_the_hot_job_that_was_never_touched_comes_first_then_the_one_longest_without_contact(
    keen: Searcher,
) -> None:
    never = {
        "type": "hot_job_without_contact",
        "title": "Get in touch about Baker",
        "reason": "This hot job has had no contact yet.",
        "action": "Write to somebody there, or send your application.",
        "ref": {"jobId": "a"},
        "job_id": "a",
    }
    then = {**never, "job_id": "b", "ref": {"jobId": "b"}}
    assert action_of(keen) == never
    keen.number("outreach", {"job": "a", "sent_at": "2026-02-01T12:00:00Z"})
    assert action_of(keen) == then
    keen.number("applications", {"job": "b", "date_sent": "2026-01-31T12:00:00Z"})
    keen.number("follow-ups", {"job": "c", "due_at": AT_NOON, "sent_at": "2026-02-02T12:00:00Z"})
    reason = "This hot job has had no contact in the last 7 days."
    assert action_of(keen) == {**then, "reason": reason}
    keen.load("jobs", {**JOB, "external_id": "b", "stage": "DORMANT"})
    assert action_of(keen)["job_id"] == "a"


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("applications", {"date_sent": "{at}"}),
        ("outreach", {"sent_at": "{at}"}),
        ("follow-ups", {"due_at": "2026-03-01T12:00:00Z", "sent_at": "{at}"}),
    ],
    ids=["application", "outreach", "follow-up"],
)
def test_any_contact_of_the_last_seven_days_lets_a_hot_job_rest(
    keen: Searcher, table: str, row: Mapping[str, str]
) -> None:
    for at, told in (("2026-03-03T11:59:59Z", "a"), ("2026-03-03T12:00:00Z", None)):
        sent = {name: each.format(at=at) for name, each in row.items()}
        keen.load(table, *({"external_id": job, "job": job, **sent} for job in ("a", "b", "c")))
        assert (action_of(keen) or {}).get("job_id") == told


def test_a_message_to_an_archived_contact_was_no_contact(keen: Searcher) -> None:
    keen.number("outreach", *({"job": job, "contact": "c", "sent_at": AT_NOON} for job in ("a", "b", "c")))
    assert action_of(keen) is None
    keen.load("contacts", {**CONTACT, "archived": True})
    assert action_of(keen)["job_id"] == "a"


@pytest.mark.parametrize(
    ("targets", "title"),
    [
        ((4, 9), "Send 2 more applications"),
        ((3, 9), "Send 1 more application"),
        ((2, 4), "Send 3 more outreach messages"),
        ((1, 2), "Send 1 more outreach message"),
    ],
)
def test_what_is_missing_to_a_target_is_told(una: Searcher, targets: tuple[int, int], title: str) -> None:
    set_targets(una.tenant, *targets)
    una.number("applications", *[{"job": "j", "date_sent": AT_NOON}] * 2)
    una.number("outreach", {"sent_at": AT_NOON})
    assert action_of(una)["title"] == title


def test_each_answer_is_one_statement(una: Searcher) -> None:
    for read in (una.today, una.week):
        with statements(una.context) as seen:
            read()
        assert len(seen) == 1, seen
