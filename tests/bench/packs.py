"""The endpoints of the packs over a million rows in each of their tables, against the bare SQL of their numbers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import event as sql

from api.fleet.cost_structure import handler as fleet_cost_structure
from api.fleet.summary import handler as fleet_summary
from api.fleet.trend import handler as fleet_trend
from api.job_search.today import handler as today
from api.job_search.week import handler as week
from api.vehicle_sales.kpi import handler as vehicle_sales
from lodestar import bootstrap
from tests.bench.measure import Finding, interleaved, ratio, seconds
from tests.bench.stage import LAMBDA, Stage, http_event, quiet
from tests.integration.tenants import context_of

ROUNDS = 11
MANAGER = "fleet-manager@example.com"
MONTH = "2025-06"
GOAL = 1.25
"""What a read may cost beside the least that its numbers can cost; no goal names the packs' reads."""

# Foreign keys are checked by triggers, one by one: a million rows of made-up data need none of it.
_FILL = """
set session_replication_role = replica;
insert into lodestar.fleet_cost_centers (company_id, name) select {company}, 'c' || n from generate_series(0, 999) n;
insert into lodestar.fleet_cost_rate_snapshots
  (company_id, cost_center, basis_unit, period_start, period_end, total_cost, total_units, rate, status)
select {company}, 'c' || n % 1000, (array['KM', 'HOUR', 'TRIP', 'REVENUE'])[1 + n / 1000 % 4],
  date '2021-01-04' + 7 * (n / 4000), date '2021-01-10' + 7 * (n / 4000), n % 9973, n % 97, 1, 'OK'
from generate_series(0, 999999) n;
insert into lodestar.vehicle_sales_vehicles
  (company_id, external_id, cost, list_price, listed_at, sold_at, sold_price, score)
select {company}, 'v' || n, 9000, 12000, now() - n % 400 * interval '1 day',
  case when n % 5 < 4 then now() - n % 400 * interval '12 hours' end, case when n % 5 < 4 then 11000 end, n % 100
from generate_series(1, 1000000) n;
insert into lodestar.vehicle_sales_buyers (company_id, external_id, last_active_at)
select {company}, 'b' || n, now() - n % 365 * interval '1 day' from generate_series(1, 1000000) n;
insert into lodestar.vehicle_sales_leads
  (company_id, external_id, vehicle, buyer, created_at, purchased_at, outcome)
select {company}, 'l' || n, 'v' || n, 'b' || n, now() - n % 365 * interval '1 day' - interval '3 days',
  case when n % 3 = 0 then now() - n % 365 * interval '1 day' end,
  case n % 3 when 0 then 'purchased' when 1 then 'lost' else 'open' end
from generate_series(1, 1000000) n;
"""
_SEEKERS = 1000
_JOB_SEARCH = {
    "jobs": ("title, stage, heat, archived", "'Job', 'APPLIED', n % 4, n % 10 = 0"),
    "contacts": ("name, archived", "'Contact', n % 10 = 0"),
    "applications": ("job, date_sent", "'j' || n % 1000, {at}"),
    "outreach": ("job, contact, sent_at", "'j' || n % 1000, 'j' || n % 1000, {at}"),
    "follow_ups": (
        "job, due_at, sent_at",
        "'j' || n % 1000, {at}, case when n % 50 > 0 then {at} end",
    ),
    "events": ("status, date", "'ATTENDED', {at}"),
    "growth_events": ("attended, date", "true, {at}"),
    "boost_tasks": ("done_at", "{at}"),
    "growth_boost_tasks": ("status, completed_at", "'completed', {at}"),
    "senior_reviews": ("reviewed_at", "{at}"),
}
"""A thousand rows of a thousand people in each table, spread over a year."""
_FILL_JOB_SEARCH = """insert into lodestar.job_search_{table} (company_id, user_id, external_id, {columns})
select {company}, {first} + n / 1000, 'j' || n % 1000, {values} from generate_series(0, 999999) n"""
_AT = "now() - n % 365 * interval '1 day'"

_MONTH = """from lodestar.fleet_cost_rate_snapshots where company_id = {company} and basis_unit = 'KM'
  and period_start >= '2025-06-01' and period_end <= '2025-06-30' and period_start <= '2025-06-30'"""
_OF_USER = "company_id = {company} and user_id = {first}"


def _counts(instants: Mapping[str, str], since: str) -> list[str]:
    """How many rows of a user lie in the running day or week, by table with its instant."""
    return [
        f"select count(*) from lodestar.job_search_{table} where {_OF_USER} "
        f"and {instant} >= date_trunc('{since}', now())"
        for table, instant in instants.items()
    ]


FLOORS: Mapping[str, Sequence[str]] = {
    "GET /v1/kpis/company/summary/": [
        "select sum(total_cost), sum(total_units), avg(rate), count(*), "
        "count(*) filter (where status = 'MISSING_ACTIVITY'), count(*) filter (where status = 'MISSING_RATE') "
        f"{_MONTH}"
    ],
    "GET /v1/kpis/company/cost-structure/": [
        f"select cost_center, sum(total_cost) as cost {_MONTH} group by 1 order by 2 desc",
    ],
    "GET /v1/kpis/company/trend/": [
        f"select date_trunc('week', period_start), sum(total_cost), sum(total_units) {_MONTH} group by 1",
    ],
    "GET /kpi": [
        "select count(*), avg(list_price), sum(list_price), count(score), avg(score) "
        "from lodestar.vehicle_sales_vehicles where company_id = {company} and sold_at is null",
        "select avg(sold_price - cost) "
        "from lodestar.vehicle_sales_vehicles where company_id = {company} and sold_at is not null",
        "select count(*) from lodestar.vehicle_sales_buyers "
        "where company_id = {company} and last_active_at >= now() - interval '30 days'",
        "select outcome, count(*), avg(purchased_at - created_at) "
        "from lodestar.vehicle_sales_leads where company_id = {company} group by 1",
    ],
    "GET /kpis/today": [
        *_counts({"applications": "date_sent", "outreach": "sent_at", "follow_ups": "due_at"}, "day"),
        *_counts({"senior_reviews": "reviewed_at"}, "week"),
        f"select heat, count(*) from lodestar.job_search_jobs where {_OF_USER} and not archived group by 1",
        f"select external_id from lodestar.job_search_follow_ups where {_OF_USER} and sent_at is null "
        "and due_at < date_trunc('day', now()) order by due_at limit 1",
        "select j.external_id, (select max(r.sent_at) from lodestar.job_search_outreach r "
        "where r.company_id = j.company_id and r.user_id = j.user_id and r.job = j.external_id) "
        f"from lodestar.job_search_jobs j where {_OF_USER} and heat = 3 and not archived "
        "order by 2 nulls first limit 1",
    ],
    "GET /kpis/week": _counts(
        {
            "applications": "date_sent",
            "outreach": "sent_at",
            "follow_ups": "sent_at",
            "events": "date",
            "growth_events": "date",
            "senior_reviews": "reviewed_at",
            "boost_tasks": "done_at",
            "growth_boost_tasks": "completed_at",
        },
        "week",
    ),
}
"""The least that somebody would write by hand to get at the numbers: no isolation, no joins, no answer."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An endpoint, and the bare SQL of its numbers with the ids filled in."""

    handler: Callable[..., Any]
    event: Mapping[str, Any]
    floor: list[str]

    def ours(self) -> float:
        """Seconds of a request."""
        return seconds(self._answer)

    def statement(self) -> tuple[str, Any]:
        """The last statement of a request, which reads the numbers, and what is bound in it."""
        seen: list[tuple[str, Any]] = []

        def note(_: object, __: object, statement: str, bound: object, *rest: object) -> None:
            seen.append((statement, bound))

        engine = bootstrap.work_context().engine
        sql.listen(engine, "before_cursor_execute", note)
        self._answer()
        sql.remove(engine, "before_cursor_execute", note)
        return seen[-1]

    def theirs(self, stage: Stage) -> float:
        """Seconds of the bare SQL, over a connection that is there already."""
        return seconds(lambda: [stage.superuser.run(each) for each in self.floor])

    def _answer(self) -> None:
        answer = self.handler(self.event, LAMBDA)
        if answer["statusCode"] != 200:
            raise RuntimeError(f"Nothing to compare: {answer['body']}")


def pack_findings(stage: Stage) -> list[Finding]:
    """Two lines for each endpoint: its statement, and the whole request, sign-in included, ÷ the bare SQL."""
    stage.tenant.user(email=MANAGER, role="manager")
    seekers = stage.crowd(_SEEKERS)
    seeker = f"seeker-{seekers[0]}"
    _fill(stage, seekers[0])
    stage.superuser.run(
        "insert into lodestar.identities (sub, company_id, user_id) values (:sub, :company, :user)",
        sub=seeker,
        company=stage.tenant.id,
        user=seekers[0],
    )
    month = f"month={MONTH}"
    asked = {
        "GET /v1/kpis/company/summary/": (fleet_summary, MANAGER, month),
        "GET /v1/kpis/company/cost-structure/": (fleet_cost_structure, MANAGER, f"{month}&basis_unit=KM"),
        "GET /v1/kpis/company/trend/": (fleet_trend, MANAGER, f"{month}&grain=week"),
        "GET /kpi": (vehicle_sales, MANAGER, ""),
        "GET /kpis/today": (today, seeker, ""),
        "GET /kpis/week": (week, seeker, ""),
    }
    ids = {"company": stage.tenant.id, "first": seekers[0]}
    findings = []
    for name, (handler, sub, query) in asked.items():
        event = http_event(sub, f"/api{name.removeprefix('GET ')}") | _query(query)
        reading = Reading(handler, event, [each.format(**ids) for each in FLOORS[name]])
        for part, measured in _compared(reading, stage).items():
            what = f"{name} over 1 M rows in each table: {part} ÷ bare SQL"
            findings.append(Finding("packs", what, GOAL, measured))
    return findings


def _compared(reading: Reading, stage: Stage) -> dict[str, float]:
    """An endpoint's statement, and the whole of its request, ÷ the bare SQL."""
    own = context_of(stage.database)  # requests have the only connection of the stage's
    with quiet(), stage.tenant.work(own) as work:
        run = partial(work.connection.exec_driver_sql, *reading.statement())
        arms = {
            "its statement": partial(seconds, run),
            "the whole request": reading.ours,
            "bare": partial(reading.theirs, stage),
        }
        costs = interleaved(ROUNDS, arms)
    own.engine.dispose()
    bare = costs.pop("bare")
    return {part: ratio(each, bare) for part, each in costs.items()}


def _query(text: str) -> dict[str, object]:
    pairs = dict(part.split("=") for part in text.split("&")) if text else {}
    return {"rawQueryString": text, "queryStringParameters": pairs}


def _fill(stage: Stage, first: int) -> None:
    ids: dict[str, Any] = {"company": stage.tenant.id, "first": first}
    for part in _FILL.format(**ids).split(";\n"):
        if part.strip():
            stage.superuser.run(part)
    for table, (columns, values) in _JOB_SEARCH.items():
        filled = values.format(at=_AT)
        stage.superuser.run(_FILL_JOB_SEARCH.format(table=table, columns=columns, values=filled, **ids))
    stage.superuser.run("set session_replication_role = origin")
    stage.superuser.run("vacuum analyze")
