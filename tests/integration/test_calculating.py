"""Working batches on a real database: inputs of formulas, and a batch that is given up."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal

import pytest

from lodestar.application.calculation.calculating import (
    MAX_BATCH_ATTEMPTS,
    BatchMessage,
    calculate_batch,
)
from lodestar.application.calculation.planning import plan_batches
from lodestar.application.calculation.ports import Source, SourceRequest
from lodestar.application.unit_of_work import UnitOfWork
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import EnteredMeasurement
from lodestar.domain.runs import MeasuredSubjects, NewRun, RunKind
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


class Broken:
    """A source that dies of something that nobody expects."""

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        raise ZeroDivisionError


class Silent:
    """Queues that carry nothing."""

    def batches(self, company_id: int, run_id: int, numbers: Sequence[int]) -> None:
        """No message."""

    def publish(self, company_id: int) -> None:
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
    plans = plan_batches(run, definitions, MeasuredSubjects((user,), False))
    with tenant.work() as work:
        run_id = work.calculation.add_run(run, plans[:1])
        assert run_id is not None
        work.calculation.release_batches(run_id, NOW)
        work.commit()
    return BatchMessage(tenant.id, run_id, 1)


def values_of(tenant: Tenant, definition: Definition) -> list[Decimal | None]:
    rows = tenant.rows(
        "select value from lodestar.measurements where company_id = :company and definition_id = :id "
        "order by period_start",
        id=definition.id,
    )
    return [row["value"] for row in rows]


def over(key: str, offset: int = 0) -> FormulaSource:
    return FormulaSource("x * 10", (FormulaInput("x", KpiInput(key, offset)),))


def test_a_formula_that_looks_back_finds_values_of_the_same_batch_whatever_was_defined_first(
    tenant: Tenant,
) -> None:
    user = tenant.user()
    looking_back = tenant.definition(data_source=over("days", -1))
    days = tenant.definition(key="days", data_source=DAYS)
    for each in (looking_back, days):
        tenant.assignment(each, user)
    calculate(tenant, run_of(tenant, [looking_back, days], user), Days())
    assert len(values_of(tenant, days)) == 3
    known = values_of(tenant, days)
    assert values_of(tenant, looking_back) == [None, *(value * 10 for value in known[:2] if value)]


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
    assert [tuple(each.values()) for each in outcomes] == [
        ("computed", None),
        ("skipped", "awaiting_entry"),
        ("skipped", "awaiting_entry"),
    ]


def test_a_batch_that_fails_at_its_last_attempt_reads_failed_with_its_reason_and_ends_its_run(
    tenant: Tenant,
) -> None:
    user, definition = tenant.user(), tenant.definition(data_source=DAYS)
    tenant.assignment(definition, user)
    message = run_of(tenant, [definition], user)
    for _ in range(MAX_BATCH_ATTEMPTS):
        with pytest.raises(ZeroDivisionError):
            calculate(tenant, message, Broken())
    (batch,) = tenant.rows("select state, failure from lodestar.batches where company_id = :company")
    assert dict(batch) == {"state": "failed", "failure": "ZeroDivisionError"}
    (run,) = tenant.rows("select state from lodestar.runs where company_id = :company")
    assert run["state"] == "completed_with_failures"
