"""Working one batch: values from the sources, and all that follows in one transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from lodestar.application.alerts.closing import close_withdrawn_alerts
from lodestar.application.alerts.raising import raise_alerts
from lodestar.application.alerts.superseding import remember_in_place
from lodestar.application.calculation.judging import slots_judged_anew
from lodestar.application.calculation.planning import periods_of, reach_of
from lodestar.application.calculation.ports import CalculationWork, Messages, Sources
from lodestar.application.calculation.slot_versions import SlotVersions
from lodestar.application.calculation.superseding import places_of, supersede_old_dates
from lodestar.application.calculation.valuing import AWAITING_ENTRY, SlotGroup, ValueCalculator
from lodestar.application.definitions.versions import all_definitions
from lodestar.application.values.ports import UserDay, UserDays, WithdrawalReason
from lodestar.application.values.score_days import days_scored_with, write_scores
from lodestar.application.values.standards import Standards
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
    Standard,
    measure,
)
from lodestar.domain.periods import Period
from lodestar.domain.refusals import Contended, Unavailable
from lodestar.domain.runs import Batch, BatchSubjects, RunKind, SentBatch
from lodestar.domain.values import Failure, NoData, Skipped, Value
from lodestar.domain.versions import CompanyDefinitions

MAX_BATCH_ATTEMPTS = 5
"""Receives after which the queue gives up on a message: `maxReceiveCount` in template.yaml is the same."""
RETIRED = Skipped("retired")


@dataclass(frozen=True, slots=True)
class BatchMessage:
    """Which batch to work on."""

    company_id: int
    batch: SentBatch


@dataclass(frozen=True, slots=True)
class _CalculatedSlot:
    assignee: Assignee
    definition: Definition
    period: Period
    value: Value
    is_entered: bool = False
    is_judged_anew: bool = False

    @property
    def key(self) -> SlotKey:
        return SlotKey.of(self.assignee.assignment.id, self.period)


@dataclass(frozen=True, slots=True)
class _Known:
    """What a batch goes by: the company and its KPIs, as they are when it starts."""

    company: Company
    definitions: CompanyDefinitions


def calculate_batch(
    message: BatchMessage, open_work: OpenWork[CalculationWork], sources: Sources, messages: Messages
) -> None:
    """Calculate a batch once, however often its message arrives.

    A batch that is finished, or that another message has at this time, is left alone. Any error leaves
    nothing written and the message to come again; at the last attempt the batch is marked failed, so that
    its run can end. What passes, such as a broken connection, says nothing about the batch: it is no attempt
    of it, and fails none.
    """
    with open_work(message.company_id) as work:
        batch = work.calculation.take_batch(message.batch, work.now)
        # The attempt counts before anything else: a worker that dies at it has tried, too.
        work.commit()
    if batch is None:
        return
    try:
        with open_work(message.company_id) as work:
            _work_on(batch, work, sources, messages)
    except Unavailable:
        raise
    except Exception as error:
        # The failed unit of work is closed by now: an environment has one connection.
        with open_work(message.company_id) as work:
            if batch.attempts >= MAX_BATCH_ATTEMPTS:
                _give_up(batch, type(error).__name__, message.company_id, work, messages)
            else:
                work.calculation.give_back_batch(batch, work.now)
                work.commit()
        raise


def _work_on(batch: Batch, work: CalculationWork, sources: Sources, messages: Messages) -> None:
    known = _Known(work.people.company(), all_definitions(work))
    company = known.company
    calculated = _calculated(batch, known, work, sources)
    # Whoever changes the calendar waits from here on, and finds what is written; what was calculated by an
    # older one is calculated again when the message comes back.
    if work.people.company_for_share().calendar != company.calendar:
        raise Contended("The company's calendar has changed meanwhile.")
    # From here on only the database: all of the batch is written, or none of it.
    outcomes = [_outcome(slot) for slot in calculated]
    is_refresh = batch.kind is RunKind.REFRESH
    if work.calculation.finish_batch(batch, () if is_refresh else outcomes, work.now):
        changed, notifications = _write(batch, calculated, known, work)
        if is_refresh:
            work.calculation.add_changed_outcomes(batch, outcomes, changed)
        # In the same transaction: a batch that is done and has not sent the next one would end the chain.
        ready = work.calculation.release_batches(work.now)
        work.after_commit(lambda: messages.batches(company.id, ready))
        if notifications:
            work.after_commit(lambda: messages.publish(company.id))
        work.commit()


def _give_up(batch: Batch, reason: str, company_id: int, work: CalculationWork, messages: Messages) -> None:
    work.calculation.fail_batch(batch.run_id, batch.number, reason, work.now)
    # The next stage goes on: what it needs from this batch it takes as it was stored before, if at all.
    ready = work.calculation.release_batches(work.now)
    work.after_commit(lambda: messages.batches(company_id, ready))
    work.commit()


def _calculated(
    batch: Batch, known: _Known, work: CalculationWork, sources: Sources
) -> list[_CalculatedSlot]:
    company, definitions = known.company, known.definitions
    reach = reach_of(batch.kind, batch.run_definition_ids, definitions.every_version())
    calculator = ValueCalculator(definitions, company, work, sources(work))
    assignees = work.calculation.assignees(batch)
    assignees_of: dict[int, list[Assignee]] = {}
    for assignee in assignees:
        assignees_of.setdefault(assignee.assignment.definition_id, []).append(assignee)
    due = [
        (period, definition)
        for definition in calculator.in_dependency_order(assignees_of)
        for period in periods_of(batch, definition, company.calendar, reach)
    ]
    today = company.calendar.local_date(work.now)
    judged_anew = slots_judged_anew(batch, assignees, due, company, work)
    versions = SlotVersions(definitions, today, judged_anew)
    versions.load_kept(assignees, due, work)
    calculated: list[_CalculatedSlot] = []
    # Oldest first, because a formula may look back at any other KPI; the sort keeps the order of dependency
    # within a period.
    for period, definition in sorted(due, key=lambda pair: pair[0].start):
        covering = [
            assignee for assignee in assignees_of[definition.id] if assignee.assignment.covers(period)
        ]
        # Retired since the run was planned: a batch goes by what holds when it starts.
        in_use = definition.is_active or (batch.measures_retired and definition.ended_in_use(period))
        for version, group in versions.groups(definition, period, covering):
            calculated += _slots_of_period(version, period, group, calculator if in_use else None)
    calculated = [replace(slot, is_judged_anew=slot.key in judged_anew) for slot in calculated]
    return _with_entered_values(calculated, work)


def _slots_of_period(
    definition: Definition,
    period: Period,
    assignees: Iterable[Assignee],
    calculator: ValueCalculator | None,
) -> list[_CalculatedSlot]:
    """The slots of a definition in a version; without a calculator it is retired."""
    calculated: list[_CalculatedSlot] = []
    for subject_type in SubjectType:
        of_type = [assignee for assignee in assignees if assignee.assignment.subject_type is subject_type]
        if of_type:
            group = SlotGroup(subject_type, of_type, period)
            values = (
                dict.fromkeys(group.subject_ids, RETIRED)
                if calculator is None
                else calculator.values(definition, group)
            )
            calculated += [
                _CalculatedSlot(assignee, definition, period, values[assignee.subject_id])
                for assignee in of_type
            ]
    return calculated


def _with_entered_values(calculated: list[_CalculatedSlot], work: CalculationWork) -> list[_CalculatedSlot]:
    """Manual slots that somebody has filled have that value: it becomes final as its period closes."""
    manual = [slot for slot in calculated if slot.value is AWAITING_ENTRY]
    if not manual:
        return calculated
    starts = [slot.period.start for slot in manual]
    assignment_ids = {slot.key.assignment_id for slot in manual}
    entered = work.values.entered_values(assignment_ids, min(starts), max(starts))
    return [
        replace(slot, value=entered[slot.key], is_entered=True) if slot.key in entered else slot
        for slot in calculated
    ]


def _outcome(slot: _CalculatedSlot) -> Outcome:
    outcome, reason, message = _told(slot.value)
    return Outcome(slot.key, slot.definition.version, outcome, reason, message)


def _told(value: Value) -> tuple[SlotOutcome, str | None, str | None]:
    match value:
        case NoData(reason):
            return SlotOutcome.NO_DATA, reason, None
        case Failure(reason, message):
            return SlotOutcome.ERROR, reason, message
        case Skipped(reason):
            return SlotOutcome.SKIPPED, reason, None
        case _:
            return SlotOutcome.COMPUTED, None, None


def _write(
    batch: Batch, calculated: list[_CalculatedSlot], known: _Known, work: CalculationWork
) -> tuple[set[SlotKey], int]:
    """Write what has a value or no data, and what follows from it.

    Answers which slots changed, and how many notifications that makes.
    """
    calendar = known.company.calendar
    taking_place = _taking_place(calculated)
    gone = supersede_old_dates(taking_place, calendar, work, batch.run_id)
    measurements = _measurements(calculated, batch, known.company, work)
    written = work.values.write_measurements(measurements, work.now, batch.run_id)
    changed = {row.key for row in written}
    _supersede_calculated(calculated, known.definitions, work)
    today = calendar.local_date(batch.created_at)
    if batch.plan.subjects is BatchSubjects.USERS:
        # A period that still runs has no score: it would fall and rise with the hour of the day.
        closed = [slot for slot in calculated if slot.period.end < today]
        of_assignment = {slot.key.assignment_id: slot for slot in calculated}
        dead = [replace(of_assignment[key.assignment_id], period=period) for key, period in gone.items()]
        _write_scores(closed, changed, dead, known, work)
    definition_ids = {slot.definition.id for slot in calculated}
    remember_in_place(places_of(gone, taking_place, today), definition_ids, work)
    subject_types = {slot.key.assignment_id: slot.assignee.assignment.subject_type for slot in calculated}
    notifications = raise_alerts(written, measurements, subject_types, work)
    if gone:
        close_withdrawn_alerts(gone, work)  # those that nothing in its place has ended, or goes on with
    return changed, notifications


def _taking_place(calculated: Iterable[_CalculatedSlot]) -> Mapping[SlotKey, Period]:
    """The periods of slots that are measured, or wait for somebody to enter a value."""
    return {
        slot.key: slot.period
        for slot in calculated
        if slot.value is AWAITING_ENTRY or not isinstance(slot.value, Failure | Skipped)
    }


def _supersede_calculated(
    calculated: Iterable[_CalculatedSlot], definitions: CompanyDefinitions, work: CalculationWork
) -> None:
    """What an earlier version has calculated of a running period gives way where people enter it by now."""
    awaiting = [
        slot.key
        for slot in calculated
        if slot.value is AWAITING_ENTRY and definitions.has_changed(slot.definition)
    ]
    stored = work.values.stored_measurements(awaiting) if awaiting else {}
    # What is closed keeps its version, and what was entered is no value that awaits entry.
    running = [key for key, measured in stored.items() if measured.is_open]
    if running:
        work.values.withdraw(running, WithdrawalReason.SUPERSEDED, work.now)


def _write_scores(
    closed: Sequence[_CalculatedSlot],
    changed: Collection[SlotKey],
    gone: Sequence[_CalculatedSlot],
    known: _Known,
    work: CalculationWork,
) -> None:
    """The scores of the days on which a period closed, also where it awaits entry: its weight is missing.

    And of all days for which values count that changed, that await entry and so keep nothing that they
    counted by, or that are `gone`.
    """
    touched = [slot for slot in closed if slot.key in changed or slot.value is AWAITING_ENTRY]
    spans = [_days_scored(slot, known, is_value=slot.key in changed) for slot in touched]
    spans += [_days_scored(slot, known, is_value=True) for slot in gone]
    closing = (UserDay(slot.assignee.subject_id, slot.period.end) for slot in closed)
    write_scores(closing, spans, known.company.calendar, work)


def _days_scored(slot: _CalculatedSlot, known: _Known, *, is_value: bool) -> UserDays:
    calendar, is_carried = known.company.calendar, is_value and known.definitions.carries(slot.definition)
    return days_scored_with(slot.assignee.subject_id, slot.period, calendar, is_carried=is_carried)


def _measurements(
    calculated: list[_CalculatedSlot], batch: Batch, company: Company, work: CalculationWork
) -> list[Measurement]:
    # The last measurement is better than none: a source that is broken now says nothing about the value.
    measured = [(slot, slot.value) for slot in calculated if not isinstance(slot.value, Failure | Skipped)]
    standards = Standards(company, [slot.assignee.assignment for slot, _ in measured], work)
    standards.load_kept([slot.key for slot, _ in measured if not slot.is_judged_anew])
    # As of the run, like the periods: worked late, a batch still writes the running day as open.
    now = CompanyTime(company.calendar, batch.created_at)
    return [
        replace(
            measure(
                Slot.at(now, slot.key.assignment_id, slot.definition, slot.period),
                value,
                _standard(slot, standards),
                slot.assignee.assignment.days_in(slot.period),
            ),
            is_entered=slot.is_entered,
        )
        for slot, value in measured
    ]


def _standard(slot: _CalculatedSlot, standards: Standards) -> Standard:
    find = standards.today if slot.is_judged_anew else standards.of
    return find(slot.assignee.assignment, slot.definition, slot.period)
