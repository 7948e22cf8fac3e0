"""Working one batch: values from the sources, and all that follows in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from lodestar.application.alerts.raising import raise_alerts
from lodestar.application.calculation.planning import periods_of
from lodestar.application.calculation.ports import CalculationWork, Messages, Sources
from lodestar.application.calculation.valuing import SlotGroup, ValueCalculator
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
    SlotKey,
    SlotOutcome,
    measure,
)
from lodestar.domain.periods import Period
from lodestar.domain.refusals import Contended, Interrupted
from lodestar.domain.runs import Batch, BatchSubjects, RunKind
from lodestar.domain.sources import ManualSource
from lodestar.domain.targets import Targets
from lodestar.domain.values import Failure, NoData, Skipped, Value

MAX_BATCH_ATTEMPTS = 5
"""Receives after which the queue gives up on a message: `maxReceiveCount` in template.yaml is the same."""


@dataclass(frozen=True, slots=True)
class BatchMessage:
    """Which batch to work on."""

    company_id: int
    run_id: int
    number: int


@dataclass(frozen=True, slots=True)
class _CalculatedSlot:
    assignee: Assignee
    definition: Definition
    period: Period
    value: Value

    @property
    def key(self) -> SlotKey:
        return SlotKey(self.assignee.assignment.id, self.period.start)


def calculate_batch(
    message: BatchMessage, open_work: OpenWork[CalculationWork], sources: Sources, messages: Messages
) -> None:
    """Calculate a batch once, however often its message arrives.

    A batch that is finished is left alone. Any error leaves nothing written and the message to come
    again; at the last attempt the batch is marked failed, so that its run can end. What passes, such as a
    broken connection, says nothing about the batch and fails none.
    """
    with open_work(message.company_id) as work:
        batch = work.calculation.take_batch(message.run_id, message.number)
        # The attempt is counted for good before anything else: a worker that dies at it has tried, too.
        work.commit()
    if batch is None:
        return
    try:
        with open_work(message.company_id) as work:
            _work_on(batch, work, sources, messages)
    except (Contended, Interrupted):
        raise
    except Exception as error:
        # The failed unit of work is closed by now: an environment has one connection.
        if batch.attempts >= MAX_BATCH_ATTEMPTS:
            with open_work(message.company_id) as work:
                _give_up(batch, type(error).__name__, message.company_id, work, messages)
        raise


def _work_on(batch: Batch, work: CalculationWork, sources: Sources, messages: Messages) -> None:
    company = work.people.company()
    calculated = _calculated(batch, company, work, sources)
    # From here on only the database: all of the batch is written, or none of it.
    outcomes = [_outcome(slot) for slot in calculated]
    is_refresh = batch.kind is RunKind.REFRESH
    if work.calculation.finish_batch(batch, () if is_refresh else outcomes, work.now):
        written, notifications = _write(batch, calculated, company, work)
        if is_refresh:
            work.calculation.add_changed_outcomes(batch, outcomes, written)
        # In the same transaction: a batch that is done and has not released the next stage would end the run.
        ready = work.calculation.release_batches(batch.run_id, work.now)
        work.after_commit(lambda: messages.batches(company.id, batch.run_id, ready))
        if notifications:
            work.after_commit(lambda: messages.publish(company.id))
        work.commit()


def _give_up(batch: Batch, reason: str, company_id: int, work: CalculationWork, messages: Messages) -> None:
    work.calculation.fail_batch(batch.run_id, batch.number, reason, work.now)
    # The next stage goes on: what it needs from this batch it takes as it was stored before, if at all.
    ready = work.calculation.release_batches(batch.run_id, work.now)
    work.after_commit(lambda: messages.batches(company_id, batch.run_id, ready))
    work.commit()


def _calculated(
    batch: Batch, company: Company, work: CalculationWork, sources: Sources
) -> list[_CalculatedSlot]:
    calculator = ValueCalculator(work.definitions.all(), company, work, sources(work))
    assignees_of: dict[int, list[Assignee]] = {}
    for assignee in work.calculation.assignees(batch):
        assignees_of.setdefault(assignee.assignment.definition_id, []).append(assignee)
    due = [
        (period, definition)
        for definition in calculator.in_dependency_order(assignees_of)
        for period in periods_of(batch, definition, company.calendar, batch.created_at)
    ]
    calculated: list[_CalculatedSlot] = []
    # Oldest first, because a formula may look back at any other KPI; the sort keeps the order of dependency
    # within a period.
    for period, definition in sorted(due, key=lambda pair: pair[0].start):
        covering = [
            assignee for assignee in assignees_of[definition.id] if assignee.assignment.covers(period)
        ]
        calculated += _slots_of_period(definition, period, covering, calculator)
    return _with_entered_values(calculated, work)


def _slots_of_period(
    definition: Definition, period: Period, assignees: Iterable[Assignee], calculator: ValueCalculator
) -> list[_CalculatedSlot]:
    calculated: list[_CalculatedSlot] = []
    for subject_type in SubjectType:
        of_type = [assignee for assignee in assignees if assignee.assignment.subject_type is subject_type]
        if of_type:
            values = calculator.values(definition, SlotGroup(subject_type, of_type, period))
            calculated += [
                _CalculatedSlot(assignee, definition, period, values[assignee.subject_id])
                for assignee in of_type
            ]
    return calculated


def _with_entered_values(calculated: list[_CalculatedSlot], work: CalculationWork) -> list[_CalculatedSlot]:
    """Manual slots that somebody has filled have that value: it becomes final as its period closes."""
    manual = [slot for slot in calculated if isinstance(slot.definition.data_source, ManualSource)]
    if not manual:
        return calculated
    starts = [slot.period.start for slot in manual]
    assignment_ids = {slot.key.assignment_id for slot in manual}
    entered = work.values.entered_values(assignment_ids, min(starts), max(starts))
    return [replace(slot, value=entered.get(slot.key, slot.value)) for slot in calculated]


def _outcome(slot: _CalculatedSlot) -> Outcome:
    assignment_id, start = slot.key.assignment_id, slot.key.period_start
    match slot.value:
        case NoData(reason):
            return Outcome(assignment_id, start, SlotOutcome.NO_DATA, reason)
        case Failure(reason, message):
            return Outcome(assignment_id, start, SlotOutcome.ERROR, reason, message)
        case Skipped(reason):
            return Outcome(assignment_id, start, SlotOutcome.SKIPPED, reason)
        case _:
            return Outcome(assignment_id, start, SlotOutcome.COMPUTED)


def _write(
    batch: Batch, calculated: list[_CalculatedSlot], company: Company, work: CalculationWork
) -> tuple[set[SlotKey], int]:
    """Write what has a value or no data, and what follows from it.

    Answers which slots of the newest periods changed, and how many notifications that makes.
    """
    measurements = _measurements(calculated, batch.created_at, company, work)
    written = work.values.write_measurements(measurements, work.now, batch.run_id)
    if batch.plan.subjects is BatchSubjects.USERS:
        # A period that still runs has no score: it would fall and rise with the hour of the day.
        closed: set[date] = {row.slot.period.end for row in measurements if not row.slot.is_open}
        work.values.write_scores(batch.plan.user_ids, sorted(closed), company)
    subject_types = {slot.key.assignment_id: slot.assignee.assignment.subject_type for slot in calculated}
    changed = {SlotKey(row.assignment_id, row.period_start) for row in written}
    return changed, raise_alerts(written, measurements, subject_types, work)


def _measurements(
    calculated: list[_CalculatedSlot], at: datetime, company: Company, work: CalculationWork
) -> list[Measurement]:
    own_targets = work.assignments.own_targets([slot.assignee for slot in calculated])
    company_targets = work.assignments.company_targets({slot.definition.id for slot in calculated})
    no_targets = Targets()
    # As of the run, like the periods: worked late, a batch still writes the running day as open.
    now = CompanyTime(company.calendar, at)
    return [
        measure(
            Slot.at(now, slot.key.assignment_id, slot.definition, slot.period),
            slot.value,
            own_targets.get(slot.key.assignment_id, no_targets),
            company_targets.get(slot.definition.id, no_targets),
        )
        for slot in calculated
        # The last measurement is better than none: a source that is broken now says nothing about the value.
        if not isinstance(slot.value, Failure | Skipped)
    ]
