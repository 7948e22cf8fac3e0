"""Row 10, and the room on disk: 1,000 people in 25 teams, 10 daily KPIs, over a year and more.

Run by `python -m tests.bench.years`, and as a part of `make bench`. People, KPIs and terms are made as everywhere; the
measurements are filled in by SQL, the snapshots of scores by the statement that writes them.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import event as sql

from api.kpis.dashboard import handler as company_dashboard
from api.teams.kpis import handler as kpis_of_team
from api.users.history import handler as history
from api.users.kpis import handler as kpis_of_user
from lodestar import bootstrap
from lodestar.domain.definitions import Rollup
from lodestar.domain.memberships import Membership, Memberships
from tests.bench.measure import Finding
from tests.bench.stage import LAMBDA, Stage, http_event, quiet, stage
from tests.integration.tenants import LONG_AGO, user_days

PEOPLE, TEAM, KPIS = 1000, 40, 10
KEPT_DAYS, READ_DAYS = 400, 500
ROUNDS = 21
READER = "reader-of-years@example.com"
MAX_BYTES = 10 * 1024**3
"""What a company of that size may take of the disk for KEPT_DAYS."""

_MEASUREMENTS = """
insert into lodestar.measurements (company_id, assignment_id, period_start, period_end, definition_version, value,
  target_low, target_high, target_origin, weight, covered_days, is_partial, achievement, status, state, revision,
  run_id, first_calculated_at, calculated_at)
select {company}, a.id, day, day, 1, 50 + (a.id * 7 + extract(doy from day)::integer) % 60, 80, 80, 'terms', 1, 1,
  false, 62.5 + (a.id * 7 + extract(doy from day)::integer) % 60, 'needs_attention', 'final', 1, {run}, day, day
from generate_series(date '{first}', date '{last}', interval '1 day') as days(at)
cross join lateral (select at::date as day) as d
cross join lodestar.assignments a where a.company_id = {company}
on conflict do nothing"""
_RECORDS = """
insert into lodestar.records (company_id, source, external_id, occurred_at, user_id, value, attributes)
select {company}, 'source-' || n, day || '-' || u.id || '-' || n, day + interval '9 hours', u.id, 50, '{{"kind": "call"}}'
from generate_series(date '{first}', date '{last}', interval '1 day') as days(day)
cross join generate_series(1, {kpis}) as n cross join lodestar.users u where u.company_id = {company}"""
_RESTATED = """
insert into lodestar.revisions
select m.*, 'recalculated', {run}, null, m.calculated_at + interval '1 day' from lodestar.measurements m
where m.company_id = {company} and (m.assignment_id + extract(doy from m.period_start)::integer) % 20 = 0"""
_OUTCOMES = """
insert into lodestar.outcomes (company_id, run_id, assignment_id, period_start, period_end, definition_version, outcome)
select {company}, r.id, m.assignment_id, m.period_start, m.period_end, 1, 'computed'
from lodestar.measurements m join lodestar.runs r on r.company_id = m.company_id and r.period_start = m.period_start
where m.company_id = {company} and m.period_start > date '{last}' - 35"""
_RUNS = """
insert into lodestar.runs (company_id, kind, cadence, period_start, period_end, reason, state, created_at)
select {company}, 'refresh', 'daily', day, day, n::text, 'completed', day
from generate_series(date '{last}' - 35, date '{last}', interval '1 day') as days(day)
cross join generate_series(1, {refreshes}) as n"""
REFRESHES = 6
"""Of the outcomes that a day's hourly refreshes and its scheduled run leave, for each KPI of a person."""


@dataclass(frozen=True, slots=True)
class Years:
    """The company, filled day by day up to yesterday."""

    stage: Stage
    people: list[int]
    team_id: int
    today: date

    def fill(self, first_back: int, last_back: int) -> None:
        """Measure the days from so many to so many days ago, and score them."""
        first, last = (self.today - timedelta(days=back) for back in (first_back, last_back))
        self._run(_MEASUREMENTS, first=first, last=last, run=1)
        self.stage.superuser.run("analyze")
        for day in _tens(first, last):
            self._score([day + timedelta(days=on) for on in range(10) if day + timedelta(days=on) <= last])

    def add_what_belongs_to_them(self, days: int) -> None:
        """Records for every day, a restated one in twenty, and the outcomes of the last 35 days."""
        first, last = (self.today - timedelta(days=back) for back in (days, 1))
        self._run(_RECORDS, first=first, last=last, kpis=KPIS)
        self._run(_RESTATED, run=1)
        self._run(_RUNS, last=last, refreshes=REFRESHES)
        self._run(_OUTCOMES, last=last)

    def bytes_by_table(self) -> Mapping[str, int]:
        """What each table takes with its indexes, the largest first."""
        rows = self.stage.superuser.run(
            "select relname, pg_total_relation_size(oid) from pg_class "
            "where relnamespace = 'lodestar'::regnamespace and relkind = 'r' order by 2 desc"
        )
        return dict(rows)

    def _score(self, days: list[date]) -> None:
        with self.stage.tenant.work() as work:
            calendar = self.stage.tenant.company.calendar
            work.values.write_scores(user_days(self.people, days), calendar, datetime.now(UTC))
            work.commit()

    def _run(self, statement: str, **names: object) -> None:
        self.stage.superuser.run(statement.format(company=self.stage.tenant.id, **names))


def year_findings(here: Stage) -> list[Finding]:
    """Row 10: the server's part of four reads, and what the company takes of the disk."""
    years = _company(here)
    years.fill(KEPT_DAYS, 1)
    years.add_what_belongs_to_them(KEPT_DAYS)
    taken = sum(years.bytes_by_table().values())
    years.fill(READ_DAYS, KEPT_DAYS + 1)
    here.superuser.run("vacuum analyze")
    what = f"{PEOPLE:,} people × {KPIS} daily KPIs × {KEPT_DAYS} days on disk, records, scores and outcomes included"
    return [
        Finding("disk", what, MAX_BYTES / 1024**3, taken / 1024**3, "GB"),
        *(Finding("10", what, goal, _milliseconds(ask), "ms") for what, goal, ask in _reads(years)),
    ]


def _company(here: Stage) -> Years:
    """People in teams, each with the KPIs; the company has them too."""
    people = here.crowd(PEOPLE)
    teams = [here.tenant.team() for _ in range(PEOPLE // TEAM)]
    with here.tenant.work() as work:
        work.people.save_memberships(
            {
                user_id: Memberships((Membership(teams[number // TEAM], LONG_AGO),))
                for number, user_id in enumerate(people)
            }
        )
        work.commit()
    for _ in range(KPIS):
        definition = here.tenant.definition(rollup=Rollup.AVERAGE)
        here.assign(definition, people, aim=80)
        here.tenant.assignment(definition, None)
    here.tenant.user(email=READER, role="admin")
    return Years(here, people, teams[0], bootstrap.work_context().clock().date())


def _reads(years: Years) -> Iterator[tuple[str, float, Callable[[], Any]]]:
    """Each read: what it is, its goal in ms, and how it is asked."""
    user_id = years.people[0]
    (kpi_id,) = years.stage.superuser.run(
        "select min(id) from lodestar.assignments where company_id = :company and user_id = :user",
        company=years.stage.tenant.id,
        user=user_id,
    )[0]
    asked = (
        ("own list", 3.5, kpis_of_user, f"/users/{user_id}/kpis", {"user_id": user_id}),
        (f"team {TEAM} × {KPIS}", 24, kpis_of_team, f"/teams/{years.team_id}/kpis", {"team_id": years.team_id}),
        ("company dashboard", 3.5, company_dashboard, "/kpis/dashboard", {}),
        ("history of 50", 0.7, history, f"/users/{user_id}/kpis/{kpi_id}/history", {"user_id": user_id, "kpi_id": kpi_id}),
    )  # fmt: skip
    for name, goal, handler, path, ids in asked:
        event = http_event(READER, f"/api{path}", **ids)
        what = f"server ms over {PEOPLE * KPIS * READ_DAYS / 1e6:.0f} M measurements: {name}"
        yield what, goal, lambda handler=handler, event=event: handler(event, LAMBDA)


def _milliseconds(ask: Callable[[], Any]) -> float:
    """The median of what the longest statement of a request takes, one trip on loopback included."""
    with quiet():
        ask()
        return median(_longest(ask) for _ in range(ROUNDS)) * 1000


def _longest(ask: Callable[[], Any]) -> float:
    with timed_statements() as seconds:
        answer = ask()
    if answer["statusCode"] != 200:
        raise RuntimeError(f"Nothing to measure: {answer['body']}")
    return max(seconds)


@contextmanager
def timed_statements() -> Iterator[list[float]]:
    """The seconds of each statement inside the block."""
    seconds: list[float] = []
    began: list[float] = []
    engine = bootstrap.work_context().engine

    def begin(*_: object) -> None:
        began.append(perf_counter())

    def end(*_: object) -> None:
        seconds.append(perf_counter() - began.pop())

    sql.listen(engine, "before_cursor_execute", begin)
    sql.listen(engine, "after_cursor_execute", end)
    yield seconds
    sql.remove(engine, "before_cursor_execute", begin)
    sql.remove(engine, "after_cursor_execute", end)


def _tens(first: date, last: date) -> Iterator[date]:
    """Each tenth day."""
    while first <= last:
        yield first
        first += timedelta(days=10)


if __name__ == "__main__":
    with stage() as here:
        print(*year_findings(here), sep="\n")
