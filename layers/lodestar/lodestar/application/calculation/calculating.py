"""Working one batch: values from the sources, and all that follows in one transaction."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from lodestar.application.alerts.raising import raise_alerts
from lodestar.application.calculation.planning import USERS, periods_of
from lodestar.application.calculation.ports import CalculationWork, Messages, Sources
from lodestar.application.calculation.valuing import Valuing
from lodestar.application.work import OpenWork
from lodestar.domain.assignments import SubjectType
from lodestar.domain.companies import Company
from lodestar.domain.definitions import Definition
from lodestar.domain.measurements import (
    Assignee,
    CompanyTime,
    Measurement,
    Outcome,
    Slot,
    SlotOutcome,
    measure,
)
from lodestar.domain.periods import Period
from lodestar.domain.runs import Batch
from lodestar.domain.sources import ManualSource
from lodestar.domain.targets import Targets
from lodestar.domain.values import Failure, NoData, Skipped, Value

MOST_ATTEMPTS = 5
"""Receives after which the queue gives up on a message; template.yaml says the same."""


@dataclass(frozen=True, slots=True)
class CalculationServices:
    """What working on batches needs from outside."""

    open_work: OpenWork[CalculationWork]
    sources: Sources
    messages: Messages


@dataclass(frozen=True, slots=True)
class BatchMessage:
    """Which batch to work on."""

    company_id: int
    run_id: int
    number: int


@dataclass(frozen=True, slots=True)
class _Result:
    slot: Assignee
    definition: Definition
    period: Period
    value: Value


def calculate_batch(message: BatchMessage, desk: CalculationServices) -> None:
    """Calculate a batch once, however often its message arrives.

    A batch that is finished is left alone. Any error leaves nothing written and the message to come
    again; at the last attempt the batch is marked failed, so that its run can end.
    """
    with desk.open_work(message.company_id) as work:
        batch = work.calculation.take_batch(message.run_id, message.number)
        work.commit()
    if batch is None:
        return
    try:
        with desk.open_work(message.company_id) as work:
            _work_on(batch, work, desk)
    except Exception as error:
        # The failed unit of work is closed by now: an environment has one connection.
        if batch.attempts >= MOST_ATTEMPTS:
            _give_up(batch, type(error).__name__, message.company_id, desk)
        raise


def _work_on(batch: Batch, work: CalculationWork, desk: CalculationServices) -> None:
    company = work.people.company()
    results = _results(batch, company, work, desk.sources)
    # From here on only the database: all of the batch is written, or none of it.
    if work.calculation.finish_batch(batch, [_outcome(each) for each in results], work.now):
        alerts = _store(batch, results, company, work)
        ready = work.calculation.release_batches(batch.run_id, work.now)
        work.after_commit(lambda: desk.messages.batches(company.id, batch.run_id, ready))
        if alerts:
            work.after_commit(lambda: desk.messages.publish(company.id))
        work.commit()


def _give_up(batch: Batch, reason: str, company_id: int, desk: CalculationServices) -> None:
    with desk.open_work(company_id) as work:
        work.calculation.fail_batch(batch.run_id, batch.number, reason, work.now)
        ready = work.calculation.release_batches(batch.run_id, work.now)
        work.after_commit(lambda: desk.messages.batches(company_id, batch.run_id, ready))
        work.commit()


def _results(batch: Batch, company: Company, work: CalculationWork, sources: Sources) -> list[_Result]:
    definitions = work.definitions.all()
    slots = work.calculation.assignees(batch)
    valuing = Valuing(definitions, company, work, sources(work))
    of_definition: dict[int, list[Assignee]] = {}
    for slot in slots:
        of_definition.setdefault(slot.assignment.definition_id, []).append(slot)
    pairs = [
        (period, definition)
        for definition in valuing.in_order(of_definition)
        for period in periods_of(batch, definition, company.calendar, batch.created_at)
    ]
    results: list[_Result] = []
    # Oldest first, and within a period as `in_order`: a formula may look back at any other KPI.
    for period, definition in sorted(pairs, key=lambda each: each[0].start):
        covering = [each for each in of_definition[definition.id] if each.assignment.covers(period)]
        results += _slot_results(definition, period, covering, valuing)
    return _with_entered(results, work)


def _slot_results(
    definition: Definition, period: Period, slots: Iterable[Assignee], valuing: Valuing
) -> list[_Result]:
    results: list[_Result] = []
    for kind in SubjectType:
        of_kind = [each for each in slots if each.assignment.subject_type is kind]
        if of_kind:
            values = valuing.values(definition, kind, of_kind, period)
            results += [_Result(each, definition, period, values[each.subject_id]) for each in of_kind]
    return results


def _with_entered(results: list[_Result], work: CalculationWork) -> list[_Result]:
    """Manual slots that somebody has filled have that value: it becomes final as its period closes."""
    awaited = [each for each in results if isinstance(each.definition.data_source, ManualSource)]
    if not awaited:
        return results
    starts = [each.period.start for each in awaited]
    ids = {each.slot.assignment.id for each in awaited}
    entered = work.values.entered_values(ids, min(starts), max(starts))
    return [
        replace(each, value=entered.get((each.slot.assignment.id, each.period.start), each.value))
        for each in results
    ]


def _outcome(result: _Result) -> Outcome:
    key = (result.slot.assignment.id, result.period.start)
    match result.value:
        case NoData(reason):
            return Outcome(*key, SlotOutcome.NO_DATA, reason)
        case Failure(reason, message):
            return Outcome(*key, SlotOutcome.ERROR, reason, message)
        case Skipped(reason):
            return Outcome(*key, SlotOutcome.SKIPPED, reason)
        case _:
            return Outcome(*key, SlotOutcome.COMPUTED)


def _store(batch: Batch, results: list[_Result], company: Company, work: CalculationWork) -> int:
    """Write what has a value or no data; an error or a skipped slot leaves the last measurement as it is."""
    rows = _measurements(results, batch.created_at, company, work)
    written = work.values.write_measurements(rows, work.now, batch.run_id)
    if batch.plan.subjects == USERS:
        closed: set[date] = {row.slot.period.end for row in rows if not row.slot.is_open}
        work.values.write_scores(batch.plan.user_ids, sorted(closed), company)
    kinds = {each.slot.assignment.id: each.slot.assignment.subject_type for each in results}
    return raise_alerts(written, rows, kinds, work)


def _measurements(
    results: list[_Result], at: datetime, company: Company, work: CalculationWork
) -> list[Measurement]:
    own: Mapping[int, Targets] = work.assignments.own_targets([each.slot for each in results])
    wide = work.assignments.company_targets({each.definition.id for each in results})
    now = CompanyTime(company.calendar, at)
    rows: list[Measurement] = []
    for each in results:
        if isinstance(each.value, Failure | Skipped):
            continue
        targets = (own.get(each.slot.assignment.id, Targets()), wide.get(each.definition.id, Targets()))
        slot = Slot.at(now, each.slot.assignment.id, each.definition, each.period)
        rows.append(measure(slot, each.value, *targets))
    return rows
