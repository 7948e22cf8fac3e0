"""The store of the room `calculation` in memory, the queues, and sources whose values a test gives."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from lodestar.application.calculation.ports import SourceRequest
from lodestar.domain.measurements import Assignee, Outcome, SlotKey, SlotOutcome
from lodestar.domain.memberships import NO_MEMBERSHIPS
from lodestar.domain.periods import Cadence, Period
from lodestar.domain.runs import (
    MAX_BATCHES_AT_ONCE,
    MESSAGE_LEASE,
    WORK_LEASE,
    Batch,
    BatchPlan,
    BatchState,
    BatchSubjects,
    MeasuredSubjects,
    NewRun,
    RunKind,
    RunState,
    SentBatch,
    StalledBatch,
)
from lodestar.domain.values import Value
from tests.fakes.assignments import FakeAssignments
from tests.fakes.people import ACME, FakePeople

UNFINISHED = (BatchState.PLANNED, BatchState.SENT)


@dataclass
class StoredBatch:
    """A batch as its row has it."""

    plan: BatchPlan
    state: BatchState = BatchState.PLANNED
    attempts: int = 0
    sent_at: datetime | None = None
    sendings: int = 0
    taken_by: int | None = None
    leased_until: datetime | None = None
    failure: str | None = None


@dataclass
class StoredRun:
    """A run with its batches, by number, and its outcomes, by slot."""

    run: NewRun
    batches: dict[int, StoredBatch]
    state: RunState = RunState.PLANNED
    finished_at: datetime | None = None
    outcomes: dict[SlotKey, Outcome] = field(default_factory=dict)
    unlisted: int = 0
    """Outcomes that are counted only."""

    @property
    def unfinished(self) -> dict[int, StoredBatch]:
        """The batches that are neither done nor failed."""
        return {number: batch for number, batch in self.batches.items() if batch.state in UNFINISHED}

    @property
    def open_stage(self) -> int:
        """The first stage that has any of them."""
        return min(batch.plan.stage for batch in self.unfinished.values())


@dataclass
class FakeCalculation:
    """Runs by id, from 1 on; whom they measure is asked of the stores of people and assignments."""

    people: FakePeople = field(default_factory=FakePeople)
    assignments: FakeAssignments = field(default_factory=FakeAssignments)
    runs: dict[int, StoredRun] = field(default_factory=dict)

    def add_run(self, run: NewRun, batches: Sequence[BatchPlan]) -> int | None:
        if run.kind is RunKind.SCHEDULED and run.cadence is not None:
            period = Period(run.cadence, run.period_start, run.period_end)
            if period in self.planned_periods(run.cadence, run.period_start):
                return None
        run_id = len(self.runs) + 1
        self.runs[run_id] = StoredRun(run, {n: StoredBatch(plan) for n, plan in enumerate(batches, 1)})
        return run_id

    def take_batch(self, sent: SentBatch, at: datetime) -> Batch | None:
        run_id, number = sent.run_id, sent.number
        stored = self.runs.get(run_id)
        batch = None if stored is None else stored.batches.get(number)
        if stored is None or batch is None or batch.state not in UNFINISHED:
            return None
        is_free = batch.leased_until is None or batch.leased_until <= at
        if batch.taken_by not in (None, sent.sending) and not is_free:
            return None
        batch.attempts += batch.taken_by != sent.sending or is_free
        batch.taken_by, batch.leased_until = sent.sending, at + WORK_LEASE
        run = stored.run
        return Batch(
            run_id=run_id,
            number=number,
            attempts=batch.attempts,
            kind=run.kind,
            cadence=run.cadence,
            run_start=run.period_start,
            run_end=run.period_end,
            created_at=run.at,
            plan=batch.plan,
            judge=run.judge,
            run_definition_ids=run.definition_ids,
        )

    def give_back_batch(self, batch: Batch, at: datetime) -> None:
        stored = self.runs[batch.run_id].batches[batch.number]
        stored.taken_by, stored.leased_until = None, at + MESSAGE_LEASE

    def finish_batch(self, batch: Batch, outcomes: Sequence[Outcome], at: datetime) -> bool:
        stored = self.runs[batch.run_id]
        if stored.batches[batch.number].state not in UNFINISHED:
            return False
        stored.batches[batch.number].state = BatchState.DONE
        stored.outcomes |= {outcome.key: outcome for outcome in outcomes}
        return True

    def add_changed_outcomes(
        self, batch: Batch, outcomes: Sequence[Outcome], changed: Collection[SlotKey]
    ) -> None:
        known = {
            (key, outcome.reason)
            for stored in self.runs.values()
            for key, outcome in stored.outcomes.items()
            if outcome.outcome is SlotOutcome.SKIPPED
        }
        stored = self.runs[batch.run_id]
        for outcome in outcomes:
            key = outcome.key
            is_new = outcome.outcome is SlotOutcome.SKIPPED and (key, outcome.reason) not in known
            if key in changed or is_new or outcome.outcome is SlotOutcome.ERROR:
                stored.outcomes[key] = outcome
            else:
                stored.unlisted += 1

    def fail_batch(self, run_id: int, number: int, reason: str, at: datetime) -> None:
        batch = self.runs[run_id].batches[number]
        if batch.state in UNFINISHED:
            batch.state, batch.failure = BatchState.FAILED, reason

    def release_batches(self, at: datetime) -> list[SentBatch]:
        open_runs = {run_id: stored for run_id, stored in self.runs.items() if stored.finished_at is None}
        for stored in open_runs.values():
            if not stored.unfinished:
                stored.state, stored.finished_at = self._end(stored), at
        by_turn = sorted(
            open_runs, key=lambda run_id: (self.runs[run_id].run.kind is RunKind.BACKFILL, run_id)
        )
        ready = [
            (run_id, number)
            for run_id in by_turn
            if not self._waits_for_an_older_period(run_id) and not self._waits_for_an_older_change(run_id)
            for number, batch in sorted(self.runs[run_id].unfinished.items())
            if batch.state is BatchState.PLANNED and batch.plan.stage == self.runs[run_id].open_stage
        ]
        sent = sum(
            batch.state is BatchState.SENT
            for stored in open_runs.values()
            for batch in stored.batches.values()
        )
        return sorted(
            (self._send(*turn, at) for turn in ready[: max(MAX_BATCHES_AT_ONCE - sent, 0)]),
            key=lambda batch: (batch.run_id, batch.number),
        )

    def _waits_for_an_older_period(self, run_id: int) -> bool:
        run = self.runs[run_id].run
        return run.kind is not RunKind.BACKFILL and any(
            other.finished_at is None
            and other.run.kind is RunKind.SCHEDULED
            and other.run.cadence is run.cadence
            and other.run.period_start < run.period_start
            for other in self.runs.values()
        )

    def _waits_for_an_older_change(self, run_id: int) -> bool:
        return self.runs[run_id].run.kind is RunKind.FOLLOW_UP and any(
            other.finished_at is None and other.run.kind is RunKind.FOLLOW_UP and other_id < run_id
            for other_id, other in self.runs.items()
        )

    def _send(self, run_id: int, number: int, at: datetime) -> SentBatch:
        batch = self.runs[run_id].batches[number]
        self.runs[run_id].state = RunState.RUNNING
        batch.state, batch.sent_at = BatchState.SENT, at
        return self.send_again(run_id, number, at)

    def stalled_batches(self, at: datetime) -> list[StalledBatch]:
        return [
            StalledBatch(run_id, number, batch.attempts)
            for run_id, stored in sorted(self.runs.items())
            for number, batch in sorted(stored.batches.items())
            if batch.state is BatchState.SENT and batch.leased_until is not None and batch.leased_until <= at
        ]

    def planned_periods(self, cadence: Cadence, since: date) -> set[Period]:
        return {
            Period(cadence, stored.run.period_start, stored.run.period_end)
            for stored in self.runs.values()
            if stored.run.kind is RunKind.SCHEDULED
            and stored.run.cadence is cadence
            and stored.run.period_start >= since
        }

    def send_again(self, run_id: int, number: int, at: datetime) -> SentBatch:
        batch = self.runs[run_id].batches[number]
        batch.sendings, batch.taken_by, batch.leased_until = batch.sendings + 1, None, at + MESSAGE_LEASE
        return SentBatch(run_id, number, batch.sendings)

    def subjects(self, definition_ids: Collection[int], first: date, last: date) -> MeasuredSubjects:
        measured = [
            assignment
            for assignment in self.assignments.by_id.values()
            if assignment.definition_id in definition_ids and assignment.has_day_in(first, last)
        ]
        user_ids = {assignment.user_id for assignment in measured if assignment.user_id is not None}
        has_others = any(assignment.user_id is None for assignment in measured)
        return MeasuredSubjects(tuple(sorted(user_ids)), has_others)

    def assignees(self, batch: Batch) -> list[Assignee]:
        of_users = batch.plan.subjects is BatchSubjects.USERS
        chosen = [
            assignment
            for _, assignment in sorted(self.assignments.by_id.items())
            if assignment.definition_id in batch.plan.definition_ids
            and assignment.terms
            and (assignment.user_id in batch.plan.user_ids if of_users else assignment.user_id is None)
        ]
        of_users = self.people.memberships(batch.plan.user_ids)
        return [
            Assignee(assignment, of_users.get(assignment.user_id or 0, NO_MEMBERSHIPS))
            for assignment in chosen
        ]

    @staticmethod
    def _end(stored: StoredRun) -> RunState:
        is_failed = any(batch.state is BatchState.FAILED for batch in stored.batches.values())
        has_errors = any(outcome.outcome is SlotOutcome.ERROR for outcome in stored.outcomes.values())
        return RunState.COMPLETED_WITH_FAILURES if is_failed or has_errors else RunState.COMPLETED


@dataclass
class FakeMessages:
    """Queues that keep what was sent: (run, batch numbers), and the companies with something to publish."""

    sent: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    published: list[int] = field(default_factory=list)
    waits: list[timedelta] = field(default_factory=list)
    """How long each of those messages is held back."""

    def batches(self, company_id: int, batches: Sequence[SentBatch]) -> None:
        for run_id, group in groupby(batches, key=lambda batch: batch.run_id):
            self.sent.append((run_id, tuple(batch.number for batch in group)))

    def publish(self, company_id: int, wait: timedelta = timedelta(0)) -> None:
        self.published.append(company_id)
        self.waits.append(wait)


@dataclass
class FakeSource:
    """Values by subject and first day of a period; what is not there has the value `otherwise`."""

    otherwise: Value
    given: dict[tuple[int, date], Value] = field(default_factory=dict)
    requests: list[SourceRequest] = field(default_factory=list)
    rows: int | None = None

    def values(self, request: SourceRequest) -> Mapping[int, Value]:
        self.requests.append(request)
        day = ACME.calendar.local_date(request.instants[0])
        return {subject: self.given.get((subject, day), self.otherwise) for subject in request.subjects}

    def row_count(self, request: SourceRequest) -> int | None:
        return self.rows
