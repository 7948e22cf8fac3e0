"""Working batches on a real database: what the stored values are to a formula, and how they end."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

from lodestar.application.calculation.calculating import (
    BatchMessage,
    calculate_batch,
)
from lodestar.application.calculation.planning import plan_batches
from lodestar.application.calculation.ports import Source, SourceRequest
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import EnteredMeasurement
from lodestar.domain.runs import MeasuredSubjects, NewRun, RunKind, SentBatch
from lodestar.domain.sources import (
    AggregationMethod,
    FormulaInput,
    FormulaSource,
    KpiInput,
    ManualSource,
    RecordsSource,
)
from lodestar.domain.values import Value
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
