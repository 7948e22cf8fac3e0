"""The bodies and answers of this room."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from lodestar.domain.runs import Judging, RunKind, RunState
from lodestar.wire.bodies import Body, View
from lodestar.wire.fields import Id, Text
from lodestar.wire.paging import PageQuery


class RunDraft(Body):
    """A calculation of every closed period in an inclusive range of dates.

    Each period keeps the target, weight, cap and version that it has; with `judge` as `anew` those of the
    KPIs that are named (all, if none is) take what is in force now, which needs the right to set targets.
    What is made of the values is calculated with them, and keeps what it has: formulas over them, also in
    the later periods that look back at them.
    """

    period_start: date
    period_end: date
    definition_ids: list[Id] | None = Field(default=None, min_length=1, max_length=1000)
    user_ids: list[Id] | None = Field(default=None, min_length=1, max_length=10000)
    reason: Text = Field(min_length=1)
    judge: Literal[Judging.KEPT, Judging.ANEW] = Judging.KEPT


class BatchCounts(View):
    """How many messages' worth of work there is."""

    total: int
    done: int
    failed: int


class OutcomeCounts(View):
    """What became of the slots so far."""

    computed: int
    no_data: int
    error: int
    skipped: int


class FailureCount(View):
    """A reason and how many slots or batches it struck."""

    reason: str
    count: int


class RunView(View):
    """A run with its progress in percent."""

    id: int
    kind: RunKind
    state: RunState
    reason: str
    judge: Judging
    period_start: date
    period_end: date
    created_at: datetime
    finished_at: datetime | None
    batches: BatchCounts
    outcomes: OutcomeCounts
    progress: int
    failures: list[FailureCount]


class RunList(View):
    """One page of runs, newest first."""

    runs: list[RunView]
    next_cursor: str | None


class RunQuery(PageQuery):
    """Which runs; without a state, all."""

    state: RunState | None = None
