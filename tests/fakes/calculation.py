"""The store of the room `calculation` in memory, the queues, and sources whose values a test gives."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from lodestar.application.calculation.ports import SourceRequest
from lodestar.domain.assignments import Assignment, SubjectType
from lodestar.domain.measurements import Assignee, Outcome, SlotKey, SlotOutcome
from lodestar.domain.periods import Cadence
from lodestar.domain.runs import (
    Batch,
    BatchPlan,
    BatchState,
    BatchSubjects,
    MeasuredSubjects,
    NewRun,
    RunKind,
    RunState,
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


@dataclass
class FakeCalculation:
    """Runs by id, from 1 on; whom they measure is asked of the stores of people and assignments."""

    people: FakePeople = field(default_factory=FakePeople)
    assignments: FakeAssignments = field(default_factory=FakeAssignments)
    runs: dict[int, StoredRun] = field(default_factory=dict)

    def add_run(self, run: NewRun, batches: Sequence[BatchPlan]) -> int | None:
        is_scheduled = run.kind is RunKind.SCHEDULED and run.cadence is not None
        if is_scheduled and run.period_start in self.planned_periods(run.cadence, run.period_start):
            return None
        run_id = len(self.runs) + 1
        self.runs[run_id] = StoredRun(run, {n: StoredBatch(plan) for n, plan in enumerate(batches, 1)})
        return run_id

    def take_batch(self, run_id: int, number: int) -> Batch | None:
        stored = self.runs.get(run_id)
        batch = None if stored is None else stored.batches.get(number)
        if stored is None or batch is None or batch.state not in UNFINISHED:
            return None
        batch.attempts += 1
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
        )

    def finish_batch(self, batch: Batch, outcomes: Sequence[Outcome], at: datetime) -> bool:
        stored = self.runs[batch.run_id]
        if stored.batches[batch.number].state not in UNFINISHED:
            return False
        stored.batches[batch.number].state = BatchState.DONE
        stored.outcomes |= {
            SlotKey(outcome.assignment_id, outcome.period_start): outcome for outcome in outcomes
        }
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
            key = SlotKey(outcome.assignment_id, outcome.period_start)
            is_new = outcome.outcome is SlotOutcome.SKIPPED and (key, outcome.reason) not in known
            if key in changed or is_new or outcome.outcome is SlotOutcome.ERROR:
                stored.outcomes[key] = outcome
            else:
                stored.unlisted += 1

    def fail_batch(self, run_id: int, number: int, reason: str, at: datetime) -> None:
        batch = self.runs[run_id].batches[number]
        if batch.state in UNFINISHED:
            batch.state, batch.failure = BatchState.FAILED, reason

    def release_batches(self, run_id: int, at: datetime) -> list[int]:
        stored = self.runs[run_id]
        waiting = [batch.plan.stage for batch in stored.batches.values() if batch.state in UNFINISHED]
        if not waiting:
            stored.state, stored.finished_at = self._end(stored), at
            return []
        stored.state = RunState.RUNNING
        ready = [
            number
            for number, batch in sorted(stored.batches.items())
            if batch.state is BatchState.PLANNED and batch.plan.stage == min(waiting)
        ]
        for number in ready:
            stored.batches[number].state, stored.batches[number].sent_at = BatchState.SENT, at
        return ready

    def stalled_batches(self, sent_before: datetime) -> list[StalledBatch]:
        return [
            StalledBatch(run_id, number, batch.attempts)
            for run_id, stored in sorted(self.runs.items())
            for number, batch in sorted(stored.batches.items())
            if batch.state is BatchState.SENT and batch.sent_at is not None and batch.sent_at < sent_before
        ]

    def planned_periods(self, cadence: Cadence, since: date) -> set[date]:
        return {
            stored.run.period_start
            for stored in self.runs.values()
            if stored.run.kind is RunKind.SCHEDULED
            and stored.run.cadence is cadence
            and stored.run.period_start >= since
        }

    def mark_sent(self, run_id: int, numbers: Sequence[int], at: datetime) -> None:
        for number in numbers:
            self.runs[run_id].batches[number].sent_at = at

    def subjects(self, definition_ids: Collection[int], first: date, last: date) -> MeasuredSubjects:
        measured = [
            assignment
            for assignment in self.assignments.by_id.values()
            if assignment.definition_id in definition_ids
            and assignment.is_active
            and assignment.start_date <= last
            and (assignment.end_date is None or assignment.end_date >= first)
            and self._is_active_subject(assignment)
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
            and assignment.is_active
            and (assignment.user_id in batch.plan.user_ids if of_users else assignment.user_id is None)
            and (assignment.team_id is None or self._is_active_subject(assignment))
        ]
        return [Assignee(assignment, self._team_of(assignment)) for assignment in chosen]

    def _team_of(self, assignment: Assignment) -> int | None:
        person = None if assignment.user_id is None else self.people.person(assignment.user_id)
        return assignment.team_id if person is None else person.team_id

    def _is_active_subject(self, assignment: Assignment) -> bool:
        match assignment.subject_type:
            case SubjectType.USER:
                person = self.people.person(assignment.user_id or 0)
                return person is not None and person.is_active
            case SubjectType.TEAM:
                return self.people.team_exists(assignment.team_id or 0)
            case SubjectType.COMPANY:
                return True

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

    def batches(self, company_id: int, run_id: int, numbers: Sequence[int]) -> None:
        if numbers:
            self.sent.append((run_id, tuple(numbers)))

    def publish(self, company_id: int) -> None:
        self.published.append(company_id)


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
