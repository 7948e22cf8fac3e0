"""Working batches on a real database: what the stored values are to a formula, and how they end."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from lodestar.application.calculation.calculating import (
    BatchMessage,
    calculate_batch,
)
from lodestar.application.calculation.planning import plan_batches
from lodestar.application.calculation.ports import Source, SourceRequest
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import EnteredMeasurement
from lodestar.domain.periods import Cadence
from lodestar.domain.runs import MeasuredSubjects, NewRun, RunKind, SentBatch
from lodestar.domain.sources import (
    AggregationMethod,
    FormulaInput,
    FormulaSource,
    KpiInput,
    ManualSource,
    RecordsSource,
)
from lodestar.domain.values import Failure, NoData, Value
from tests.integration.tenants import NOW, Tenant

DAYS = RecordsSource("days", AggregationMethod.COUNT)
FIRST, LAST = date(2026, 1, 5), date(2026, 1, 7)


class Days:
    """A source whose value is the day of the month."""

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        return dict.fromkeys(request.subjects, Decimal(request.instants[0].day))


class Silent:
    """Queues that carry nothing."""

    def batches(self, company_id: int, batches: Sequence[SentBatch]) -> None:
        """No message."""

    def publish(self, company_id: int, wait: timedelta = timedelta(0)) -> None:
        """No message."""


def calculate(tenant: Tenant, message: BatchMessage, source: Source) -> None:
    """Work on a batch whose records give the values of that source."""

    @contextmanager
    def open_work(company_id: int) -> Iterator[UnitOfWork]:
        assert company_id == tenant.id
        with tenant.work() as work:
            yield work

    calculate_batch(message, open_work, lambda work: {"records": source}, Silent())


def run_of(tenant: Tenant, definitions: list[Definition], user: int) -> BatchMessage:
    run = NewRun(RunKind.BACKFILL, None, FIRST, LAST, "test", NOW)
    plans = plan_batches(run, definitions, MeasuredSubjects((user,), False), tenant.company.calendar)
    with tenant.work() as work:
        run_id = work.calculation.add_run(run, plans[:1])
        assert run_id is not None
        (sent,) = work.calculation.release_batches(NOW)
        work.commit()
    return BatchMessage(tenant.id, sent)


def values_of(tenant: Tenant, definition: Definition) -> list[Decimal | None]:
    rows = tenant.rows(
        "select m.value from lodestar.measurements m "
        "join lodestar.assignments a on a.company_id = m.company_id and a.id = m.assignment_id "
        "where m.company_id = :company and a.definition_id = :id "
        "order by period_start",
        id=definition.id,
    )
    return [row["value"] for row in rows]


def over(key: str) -> FormulaSource:
    return FormulaSource("x * 10", (FormulaInput("x", KpiInput(key)),))


def test_a_formula_over_a_manual_kpi_uses_what_was_entered(tenant: Tenant) -> None:
    user = tenant.user()
    manual = tenant.definition(key="typed", data_source=ManualSource())
    formula = tenant.definition(data_source=over("typed"))
    entered = tenant.assignment(manual, user)
    tenant.assignment(formula, user)
    with tenant.work(actor_id=user) as work:
        work.values.enter([EnteredMeasurement(tenant.measurement(entered, manual, FIRST, "4"))], NOW)
        work.commit()
    calculate(tenant, run_of(tenant, [manual, formula], user), Days())
    assert values_of(tenant, formula) == [Decimal(40), None, None]


def test_what_was_entered_while_its_period_ran_is_final_after_it_and_awaited_no_more(tenant: Tenant) -> None:
    user = tenant.user()
    manual = tenant.definition(data_source=ManualSource())
    entered = tenant.assignment(manual, user)
    while_it_ran = tenant.measurement(entered, manual, FIRST, "4", is_open=True)
    with tenant.work(actor_id=user) as work:
        work.values.enter([EnteredMeasurement(while_it_ran)], NOW)
        work.commit()
    calculate(tenant, run_of(tenant, [manual], user), Days())
    (row,) = tenant.rows("select value, state from lodestar.measurements where company_id = :company")
    assert dict(row) == {"value": 4, "state": "final"}
    outcomes = tenant.rows(
        "select outcome, reason from lodestar.outcomes where company_id = :company order by period_start"
    )
    assert [tuple(outcome.values()) for outcome in outcomes] == [
        ("computed", None),
        ("skipped", "awaiting_entry"),
        ("skipped", "awaiting_entry"),
    ]


class Now:
    """A source that gives every user what it is set to."""

    value: Value = Decimal(1)

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        return dict.fromkeys(request.subjects, self.value)


def refresh(tenant: Tenant, definitions: list[Definition], user: int, source: Source) -> dict[str, int]:
    """Calculate the running day; how many outcomes its run counts, and as `listed` how many have rows."""
    run = NewRun(RunKind.REFRESH, Cadence.DAILY, NOW.date(), NOW.date(), "test", NOW)
    with tenant.work() as work:
        plans = plan_batches(run, definitions, MeasuredSubjects((user,), False), tenant.company.calendar)
        run_id = work.calculation.add_run(run, plans)
        (sent,) = work.calculation.release_batches(NOW)
        work.commit()
    calculate(tenant, BatchMessage(tenant.id, sent), source)
    with tenant.work() as work:
        counted: dict[str, int] = json.loads(work.views.read("run", {"id": run_id}) or "")["outcomes"]
    sql = "select count(*) from lodestar.outcomes where company_id = :company and run_id = :id"
    return counted | {"listed": tenant.rows(sql, id=run_id)[0]["count"]}


def test_a_refresh_has_rows_for_what_changed_or_failed_and_counts_every_slot(tenant: Tenant) -> None:
    user, source = tenant.user(), Now()
    manual, counted = tenant.definition(data_source=ManualSource()), tenant.definition(data_source=DAYS)
    for definition in (manual, counted):
        tenant.assignment(definition, user)
    each_once = {"computed": 1, "no_data": 0, "error": 0, "skipped": 1}
    refreshed = partial(refresh, tenant, [manual, counted], user, source)
    assert refreshed() == each_once | {"listed": 2}
    assert refreshed() == each_once | {"listed": 0}
    source.value = Decimal(2)
    assert refreshed() == each_once | {"listed": 1}
    source.value = NoData("no_rows")
    assert refreshed() == each_once | {"computed": 0, "no_data": 1, "listed": 1}
    assert refreshed() == each_once | {"computed": 0, "no_data": 1, "listed": 0}
    source.value = Failure("source_down", "Away.")
    for _ in range(2):
        assert refreshed() == each_once | {"computed": 0, "error": 1, "listed": 1}
