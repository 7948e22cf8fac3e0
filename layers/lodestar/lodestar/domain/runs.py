"""Runs of calculation and the batches that they are made of."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class NewRun:
    """A run to be planned. `cadence` is set for scheduled runs only; dates are inclusive."""

    kind: str
    cadence: str | None
    period_start: date
    period_end: date
    reason: str
    at: datetime
    definition_ids: tuple[int, ...] | None = None
    user_ids: tuple[int, ...] | None = None
    requested_by: int | None = None


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """One message's work: `subjects` is `users` (their ids follow) or `groups` (teams and the company)."""

    stage: int
    window_start: date
    window_end: date
    subjects: str
    user_ids: tuple[int, ...]
    definition_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch taken from the ledger, with what it needs to know of its run."""

    run_id: int
    number: int
    attempts: int
    kind: str
    cadence: str | None
    run_start: date
    run_end: date
    created_at: datetime
    plan: BatchPlan
