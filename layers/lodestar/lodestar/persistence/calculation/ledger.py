"""Runs and batches: what was planned, what is done, whose turn it is."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from itertools import batched
from typing import Any

from sqlalchemy import insert

from lodestar.domain.measurements import Outcome, SlotKey
from lodestar.domain.periods import Cadence
from lodestar.domain.runs import Batch, BatchPlan, BatchSubjects, NewRun, RunKind, StalledBatch
from lodestar.persistence.kernel.arrays import ROWS_PER_STATEMENT, array
from lodestar.persistence.kernel.session import SqlStore
from lodestar.persistence.kernel.tables import runs
from lodestar.wire.exact_json import to_json

# Of a batch: it is neither done nor failed. Whatever ends a batch asks for it, so that the first end counts.
_IS_UNFINISHED = "state in ('planned', 'sent')"

# Binds: company, run_id, batches (a JSON array of objects).
_ADD_BATCHES = """
insert into lodestar.batches (company_id, run_id, number, stage, window_start, window_end, subjects, user_ids,
  definition_ids)
select :company, :run_id, t.number, t.stage, t.window_start, t.window_end, t.subjects, t.user_ids,
  t.definition_ids
from jsonb_to_recordset(cast(:batches as jsonb)) as t(number integer, stage integer, window_start date,
  window_end date, subjects text, user_ids bigint[], definition_ids bigint[])"""

# Binds: company, run_id, number. The attempt is counted as the batch is taken: a crash leaves it counted.
_TAKE = f"""
update lodestar.batches b set attempts = b.attempts + 1
from lodestar.runs r
where b.company_id = :company and b.run_id = :run_id and b.number = :number and b.{_IS_UNFINISHED}
  and r.company_id = b.company_id and r.id = b.run_id
returning b.*, r.kind, r.cadence, r.period_start as run_start, r.period_end as run_end, r.created_at"""

# Binds: company, run_id and an array for each column. A KPI whose values of teams and of the company are of
# different stages is calculated in both: the later outcome counts.
_OUTCOMES = """
insert into lodestar.outcomes (company_id, run_id, assignment_id, period_start, outcome, reason, message)
select :company, :run_id, t.*
from unnest(cast(:assignment_id as bigint[]), cast(:period_start as date[]), cast(:outcome as text[]),
  cast(:reason as text[]), cast(:message as text[])) as t
on conflict (company_id, run_id, assignment_id, period_start) do update
  set outcome = excluded.outcome, reason = excluded.reason, message = excluded.message"""

# Of a refresh only what changed, failed, or was left out for a reason that is not written down yet has a row;
# the rest is counted at the run. Binds: company, run_id and an array for each column.
_CHANGED_OUTCOMES = """
with incoming as materialized (
  select t.*, t.outcome = 'error' or t.is_changed or t.outcome = 'skipped' and not exists (
    select from lodestar.outcomes o
    where o.company_id = :company and o.assignment_id = t.assignment_id and o.period_start = t.period_start
      and o.outcome in ('error', 'skipped') and o.reason = t.reason) as is_listed
  from unnest(cast(:assignment_id as bigint[]), cast(:period_start as date[]), cast(:outcome as text[]),
    cast(:reason as text[]), cast(:message as text[]), cast(:is_changed as boolean[]))
    as t(assignment_id, period_start, outcome, reason, message, is_changed)
),
listed as (
  insert into lodestar.outcomes (company_id, run_id, assignment_id, period_start, outcome, reason, message)
  select :company, :run_id, assignment_id, period_start, outcome, reason, message
  from incoming where is_listed
  on conflict (company_id, run_id, assignment_id, period_start) do update
    set outcome = excluded.outcome, reason = excluded.reason, message = excluded.message
)
update lodestar.runs r set unlisted_computed = r.unlisted_computed + u.computed,
  unlisted_no_data = r.unlisted_no_data + u.no_data, unlisted_skipped = r.unlisted_skipped + u.skipped
from (
  select count(*) filter (where outcome = 'computed') as computed,
    count(*) filter (where outcome = 'no_data') as no_data,
    count(*) filter (where outcome = 'skipped') as skipped
  from incoming where not is_listed) as u
where r.company_id = :company and r.id = :run_id"""

# The run's row is locked first: of two batches that finish at once, the second sees the first.
# Binds: company, run_id, at.
_RELEASE = f"""
with stage as (
  select min(stage) as open_stage, count(*) filter (where {_IS_UNFINISHED}) as waiting,
    count(*) filter (where state = 'failed') as failed
  from (select state, case when {_IS_UNFINISHED} then stage end as stage
        from lodestar.batches where company_id = :company and run_id = :run_id) as b
),
closed as (
  update lodestar.runs r set
    state = case when s.waiting > 0 then 'running'
                 when s.failed > 0 or exists (
                   select from lodestar.outcomes o
                   where o.company_id = :company and o.run_id = :run_id and o.outcome = 'error')
                 then 'completed_with_failures' else 'completed' end,
    finished_at = case when s.waiting = 0 then cast(:at as timestamptz) end
  from stage s where r.company_id = :company and r.id = :run_id
)
update lodestar.batches b set state = 'sent', sent_at = cast(:at as timestamptz)
from stage s
where b.company_id = :company and b.run_id = :run_id and b.state = 'planned' and b.stage = s.open_stage
returning b.number"""


class SqlLedger(SqlStore):
    """Runs and batches of the bound company."""

    def add_run(self, run: NewRun, batches: Sequence[BatchPlan]) -> int | None:
        """Insert a run with its batches; None when the same scheduled run is there already."""
        if run.kind is RunKind.SCHEDULED and self._is_planned(run):
            return None
        run_id = self._session.insert(
            insert(runs)
            .values(
                company_id=self._session.company_id,
                kind=run.kind,
                cadence=run.cadence,
                period_start=run.period_start,
                period_end=run.period_end,
                definition_ids=None if run.definition_ids is None else list(run.definition_ids),
                user_ids=None if run.user_ids is None else list(run.user_ids),
                reason=run.reason,
                requested_by=run.requested_by,
                created_at=run.at,
            )
            .returning(runs.c.id)
        )
        rows = [_plan_to_json(number, plan) for number, plan in enumerate(batches, 1)]
        if rows:
            self._session.run(_ADD_BATCHES, run_id=run_id, batches=to_json(rows))
        return run_id

    def take_batch(self, run_id: int, number: int) -> Batch | None:
        """The batch with its attempt counted, or None when it is finished or unknown."""
        row = self._session.row(_TAKE, run_id=run_id, number=number)
        return None if row is None else _batch(row)

    def finish_batch(self, batch: Batch, outcomes: Sequence[Outcome], at: datetime) -> bool:
        """Mark it done with its outcomes; False when somebody else did before (then nothing is written)."""
        done = self._session.run(
            "update lodestar.batches set state = 'done', finished_at = :at where company_id = :company "
            f"and run_id = :run_id and number = :number and {_IS_UNFINISHED}",
            run_id=batch.run_id,
            number=batch.number,
            at=at,
        )
        if done:
            for piece in batched(outcomes, ROWS_PER_STATEMENT, strict=False):
                self._session.run(_OUTCOMES, run_id=batch.run_id, **_columns(piece))
        return bool(done)

    def add_changed_outcomes(
        self, batch: Batch, outcomes: Sequence[Outcome], changed: Collection[SlotKey]
    ) -> None:
        """Write down of a refresh what changed or failed, and count the rest."""
        for piece in batched(outcomes, ROWS_PER_STATEMENT, strict=False):
            keys = [SlotKey(outcome.assignment_id, outcome.period_start) for outcome in piece]
            is_changed = array([key in changed for key in keys])
            self._session.run(
                _CHANGED_OUTCOMES, run_id=batch.run_id, is_changed=is_changed, **_columns(piece)
            )

    def fail_batch(self, run_id: int, number: int, reason: str, at: datetime) -> None:
        """Mark a batch failed for good."""
        self._session.run(
            "update lodestar.batches set state = 'failed', failure = :reason, finished_at = :at "
            f"where company_id = :company and run_id = :run_id and number = :number and {_IS_UNFINISHED}",
            run_id=run_id,
            number=number,
            reason=reason,
            at=at,
        )

    def release_batches(self, run_id: int, at: datetime) -> list[int]:
        """Close the run when all is finished, else mark and answer the batches whose turn it is."""
        # No stronger lock: outcomes refer to the run, so each batch holds a key share of it already, and two
        # batches that finish together would wait for one another.
        self._session.rows(
            "select id from lodestar.runs where company_id = :company and id = :run_id for no key update",
            run_id=run_id,
        )
        return sorted(row["number"] for row in self._session.rows(_RELEASE, run_id=run_id, at=at))

    def stalled_batches(self, sent_before: datetime) -> list[StalledBatch]:
        """The batches that were sent before that instant and are not finished."""
        rows = self._session.rows(
            "select run_id, number, attempts from lodestar.batches where company_id = :company "
            "and state = 'sent' and sent_at < :before order by run_id, number",
            before=sent_before,
        )
        return [StalledBatch(row["run_id"], row["number"], row["attempts"]) for row in rows]

    def planned_periods(self, cadence: Cadence, since: date) -> set[date]:
        """Starts of the periods that a scheduled run was made for."""
        rows = self._session.rows(
            "select period_start from lodestar.runs where company_id = :company and kind = 'scheduled' "
            "and cadence = :cadence and period_start >= :since",
            cadence=cadence,
            since=since,
        )
        return {row["period_start"] for row in rows}

    def mark_sent(self, run_id: int, numbers: Sequence[int], at: datetime) -> None:
        """Note that their messages are on the way again."""
        self._session.run(
            "update lodestar.batches set sent_at = :at where company_id = :company and run_id = :run_id "
            "and number = any(cast(:numbers as integer[]))",
            run_id=run_id,
            numbers=array(list(numbers)),
            at=at,
        )

    def _is_planned(self, run: NewRun) -> bool:
        # One tick at a time for a company: the unique index is the backstop, this spares the error.
        self._session.rows("select pg_advisory_xact_lock(hashtextextended('lodestar.plan', :company))")
        assert run.cadence is not None  # noqa: S101 — a scheduled run is about one cadence
        return run.period_start in self.planned_periods(run.cadence, run.period_start)


def _columns(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """One array literal for each column of outcomes."""
    return {
        "assignment_id": array([outcome.assignment_id for outcome in outcomes]),
        "period_start": array([outcome.period_start for outcome in outcomes]),
        "outcome": array([outcome.outcome for outcome in outcomes]),
        "reason": array([outcome.reason for outcome in outcomes]),
        "message": array([outcome.message for outcome in outcomes]),
    }


def _plan_to_json(number: int, plan: BatchPlan) -> dict[str, Any]:
    return {
        "number": number,
        "stage": plan.stage,
        "window_start": plan.window_start,
        "window_end": plan.window_end,
        "subjects": plan.subjects,
        "user_ids": plan.user_ids,
        "definition_ids": plan.definition_ids,
    }


def _batch(row: Mapping[str, Any]) -> Batch:
    return Batch(
        run_id=row["run_id"],
        number=row["number"],
        attempts=row["attempts"],
        kind=RunKind(row["kind"]),
        cadence=None if row["cadence"] is None else Cadence(row["cadence"]),
        run_start=row["run_start"],
        run_end=row["run_end"],
        created_at=row["created_at"],
        plan=BatchPlan(
            stage=row["stage"],
            window_start=row["window_start"],
            window_end=row["window_end"],
            subjects=BatchSubjects(row["subjects"]),
            user_ids=tuple(row["user_ids"]),
            definition_ids=tuple(row["definition_ids"]),
        ),
    )
