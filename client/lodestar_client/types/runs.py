"""Types: runs. Made from the OpenAPI document by `make openapi`: change that, not this."""

import datetime as dt
from enum import StrEnum
from typing import NotRequired, TypedDict

from lodestar_client.types.enums import RunState


class BatchCounts(TypedDict):
    """How many messages' worth of work there is."""

    done: int
    failed: int
    total: int


class FailureCount(TypedDict):
    """A reason and how many slots or batches it struck."""

    count: int
    reason: str


class Judge(StrEnum):
    """A word of `judge`."""

    KEPT = "kept"
    ANEW = "anew"


class Judging(StrEnum):
    """Which closed periods of a run are judged by what is in force now; all others keep their standard."""

    KEPT = "kept"
    ANEW = "anew"
    OWN_TARGETS = "own_targets"
    COMPANY_TARGETS = "company_targets"


class OutcomeCounts(TypedDict):
    """What became of the slots so far."""

    computed: int
    error: int
    no_data: int
    skipped: int


class RunDraft(TypedDict):
    """A calculation of every closed period in an inclusive range of dates."""

    definition_ids: NotRequired[list[int] | None]
    judge: NotRequired[Judge]
    period_end: dt.date
    period_start: dt.date
    reason: str
    user_ids: NotRequired[list[int] | None]


class RunKind(StrEnum):
    """Why a run is made: a period closed, the running day is shown, somebody asked, something changed."""

    SCHEDULED = "scheduled"
    REFRESH = "refresh"
    BACKFILL = "backfill"
    FOLLOW_UP = "follow_up"


class RunView(TypedDict):
    """A run with its progress in percent."""

    batches: BatchCounts
    created_at: dt.datetime
    failures: list[FailureCount]
    finished_at: dt.datetime | None
    id: int
    judge: Judging
    kind: RunKind
    outcomes: OutcomeCounts
    period_end: dt.date
    period_start: dt.date
    progress: int
    reason: str
    state: RunState


class RunList(TypedDict):
    """One page of runs, newest first."""

    next_cursor: str | None
    runs: list[RunView]
