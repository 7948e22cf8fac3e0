"""Row 6: a KPI of 1,000 people over a million records, from the SQS event to the commit."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from lodestar.domain.alerts import AlertRule, AlertType, NotificationChannel
from lodestar.domain.definitions import Definition
from lodestar.domain.periods import Cadence
from lodestar.domain.runs import BatchPlan, BatchSubjects, NewRun, RunKind, SentBatch
from lodestar.domain.sources import AggregationMethod, DatabaseSource, RecordsSource
from tests.bench.measure import Finding, interleaved, ratio, seconds
from tests.bench.stage import LAMBDA, Stage, sqs_event
from workers.calculate import handler

ROUNDS = 9
PEOPLE, MESSAGE, RECORDS = 1_000, 500, 1_000_000
MONTH = date(2026, 1, 1)
LAST_DAY = date(2026, 1, 31)
IN_FEBRUARY = datetime(2026, 2, 10, tzinfo=UTC)
"""When the runs are made: January is the newest closed month, and so worth alerts."""
TARGET = 10_850
"""Sums come to 10,000 ± 180: about one in ten misses this by more than a tenth."""

SOURCES = {
    "records": RecordsSource("orders", AggregationMethod.SUM),
    "SQL": DatabaseSource(
        "select sum(value) from records where source = 'orders' and user_id = :user_id "
        "and occurred_at >= :start_date and occurred_at < :end_date"
    ),
}
_KEY = "alter table lodestar.records drop constraint records_pkey"
_BY_USER = "drop index lodestar.records_by_user"
_BY_TIME = "drop index lodestar.records_by_time"
# Taken away one after the other: the million rows are written once.
INDEXES = {
    "every index": [],
    "only a date index": [_KEY, _BY_USER, _BY_TIME, "create index by_date on lodestar.records (occurred_at)"],
    "no index": ["drop index lodestar.by_date"],
}

# In an order that no index helps, as records arrive.
_FILL = f"""
insert into lodestar.records (company_id, source, external_id, occurred_at, user_id, value)
select :company, 'orders', number, cast(:month as timestamptz) + random() * interval '30 days',
  (cast(:users as bigint[]))[1 + number % {PEOPLE}], round(cast(random() * 20 as numeric), 2)
from generate_series(1, {RECORDS}) as number"""

_TOTALS = """
create table lodestar.totals (company_id bigint, user_id bigint, period_start date, value numeric,
  primary key (company_id, user_id, period_start))"""
_FLOOR = """
insert into lodestar.totals
select company_id, user_id, cast(:month as date), sum(value) from lodestar.records
where company_id = :company and source = 'orders'
  and occurred_at >= cast(:month as timestamptz)
  and occurred_at < cast(:month as timestamptz) + interval '1 month'
group by company_id, user_id"""


@dataclass(frozen=True, slots=True)
class Calculating:
    """One KPI of the crowd, and the two ways to its values."""

    stage: Stage
    definition: Definition
    user_ids: list[int]

    def ours(self) -> float:
        """Seconds of one call of the worker with every batch of a run."""
        self._empty()
        event = planned(self.stage, self.definition, self.user_ids)
        return seconds(lambda: _call(event))

    def floor(self) -> float:
        """Seconds of one insert of grouped records."""
        self.stage.superuser.run("truncate lodestar.totals")
        return seconds(lambda: self.stage.superuser.run(_FLOOR, company=self.stage.tenant.id, month=MONTH))

    def _empty(self) -> None:
        for table in (
            "notifications",
            "alert_states",
            "alerts",
            "snapshots",
            "past_snapshots",
            "revisions",
            "measurements",
        ):
            self.stage.superuser.run(f"delete from lodestar.{table}")


def planned(stage: Stage, definition: Definition, user_ids: list[int]) -> dict[str, object]:
    """The SQS event of a run that calculates a month of the definition, MESSAGE people a message."""
    groups = [user_ids[start : start + MESSAGE] for start in range(0, len(user_ids), MESSAGE)]
    plans = [
        BatchPlan(0, MONTH, LAST_DAY, BatchSubjects.USERS, tuple(group), (definition.id,)) for group in groups
    ]
    run = NewRun(RunKind.BACKFILL, None, MONTH, LAST_DAY, "bench", IN_FEBRUARY)
    with stage.tenant.work() as work:
        run_id = work.calculation.add_run(run, plans)
        assert run_id is not None
        work.commit()
    # All at once, though the ledger would hand out a few at a time: what is measured is the work on them.
    batches = [SentBatch(run_id, number, 1) for number, _ in enumerate(plans, 1)]
    return sqs_event([{"company_id": stage.tenant.id, **asdict(batch)} for batch in batches])


def batch_findings(stage: Stage) -> list[Finding]:
    """Measure both sources over every set of indexes."""
    people = stage.crowd(PEOPLE)
    kpis = {
        name: Calculating(stage, _definition(stage, source, people), people)
        for name, source in SOURCES.items()
    }
    stage.superuser.run(_FILL, company=stage.tenant.id, users=people, month=MONTH)
    stage.superuser.run(_TOTALS)
    findings = []
    for indexes, changes in INDEXES.items():
        for change in changes:
            stage.superuser.run(change)
        stage.superuser.run("vacuum analyze lodestar.records")
        arms: dict[str, Callable[[], float]] = {name: each.ours for name, each in kpis.items()}
        costs = interleaved(ROUNDS, arms | {"floor": kpis["records"].floor})
        for name in kpis:
            what = f"{PEOPLE:,} users × 1 {name} KPI, {indexes} ÷ one GROUP BY insert-select"
            findings.append(Finding("6", what, 3.0, ratio(costs[name], costs["floor"])))
    return findings


def _definition(stage: Stage, source: DatabaseSource | RecordsSource, people: list[int]) -> Definition:
    """A monthly KPI with a target for everybody and an alert rule that some will break."""
    definition = stage.tenant.definition(data_source=source, aggregation_period=Cadence.MONTHLY)
    stage.assign(definition, people, TARGET)
    rule = AlertRule(
        0,
        definition.id,
        AlertType.BELOW_TARGET,
        Decimal(10),
        channels=(NotificationChannel.DASHBOARD, NotificationChannel.SLACK),
    )
    with stage.tenant.work() as work:
        work.alerts.add_rule(rule, people[0], work.now)
        work.commit()
    return definition


def _call(event: dict[str, object]) -> None:
    answer = handler(event, LAMBDA)
    if answer["batchItemFailures"]:
        raise RuntimeError(f"Batches failed: {answer}")
