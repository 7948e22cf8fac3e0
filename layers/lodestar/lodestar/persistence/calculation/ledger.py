"""Runs and batches: what was planned, what is done, whose turn it is."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from itertools import batched
from typing import Any

from sqlalchemy import insert

from lodestar.domain.measurements import Outcome, SlotKey
from lodestar.domain.periods import Cadence, Period
from lodestar.domain.runs import (
    MAX_BATCHES_AT_ONCE,
    MESSAGE_LEASE,
    WORK_LEASE,
    Batch,
    BatchPlan,
    BatchSubjects,
    Judging,
    NewRun,
    RunKind,
    SentBatch,
    StalledBatch,
)
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

# Binds: company, run_id, number, sending, at, lease_until.
# The attempt is counted as the batch is taken: a crash leaves it counted. The message that has it comes again
# while its lease runs only where a worker lives that gave it up for something that passes: the same attempt.
_TAKE = f"""
update lodestar.batches b set taken_by = :sending, leased_until = :lease_until,
  attempts = b.attempts + case when b.taken_by = :sending and b.leased_until > :at then 0 else 1 end
from lodestar.runs r
where b.company_id = :company and b.run_id = :run_id and b.number = :number and b.{_IS_UNFINISHED}
  and (b.taken_by is null or b.taken_by = :sending or b.leased_until <= :at)
  and r.company_id = b.company_id and r.id = b.run_id
returning b.*, r.kind, r.cadence, r.period_start as run_start, r.period_end as run_end, r.created_at,
  r.judge, r.definition_ids as run_definition_ids"""

_COLUMNS = """cast(:assignment_id as bigint[]), cast(:period_start as date[]), cast(:period_end as date[]),
  cast(:definition_version as integer[]), cast(:outcome as text[]), cast(:reason as text[]),
  cast(:message as text[])"""
"""The columns of outcomes, as arrays."""


def _into_outcomes(rows: str) -> str:
    """Insert rows that have the columns of `_COLUMNS`. Binds :company, :run_id."""
    return f"""insert into lodestar.outcomes (company_id, run_id, assignment_id, period_start, period_end,
    definition_version, outcome, reason, message)
  select :company, :run_id, assignment_id, period_start, period_end, definition_version, outcome, reason,
    message
  from {rows}
  on conflict (company_id, run_id, assignment_id, period_start, period_end) do update
    set definition_version = excluded.definition_version, outcome = excluded.outcome,
      reason = excluded.reason, message = excluded.message"""


# Binds: company, run_id and an array for each column.
_OUTCOMES = _into_outcomes(f"""unnest({_COLUMNS})
    as t(assignment_id, period_start, period_end, definition_version, outcome, reason, message)""")

# Of a refresh only what changed, failed, or was left out for a reason that is not written down yet has a row;
# the rest is counted at the run. Binds: company, run_id and an array for each column.
_CHANGED_OUTCOMES = f"""
with incoming as materialized (
  select t.*, t.outcome = 'error' or t.is_changed or t.outcome = 'skipped' and not exists (
    select from lodestar.outcomes o
    where o.company_id = :company and o.assignment_id = t.assignment_id and o.period_start = t.period_start
      and o.period_end = t.period_end and o.outcome in ('error', 'skipped') and o.reason = t.reason
    ) as is_listed
  from unnest({_COLUMNS}, cast(:is_changed as boolean[]))
    as t(assignment_id, period_start, period_end, definition_version, outcome, reason, message, is_changed)
),
listed as (
  {_into_outcomes("incoming where is_listed")}
)
update lodestar.runs r set unlisted_computed = r.unlisted_computed + u.computed,
  unlisted_no_data = r.unlisted_no_data + u.no_data, unlisted_skipped = r.unlisted_skipped + u.skipped
from (
  select count(*) filter (where outcome = 'computed') as computed,
    count(*) filter (where outcome = 'no_data') as no_data,
    count(*) filter (where outcome = 'skipped') as skipped
  from incoming where not is_listed) as u
where r.company_id = :company and r.id = :run_id"""

# Binds: company, at.
_CLOSE = f"""
update lodestar.runs r set finished_at = :at,
  state = case when exists (
      select from lodestar.batches b
      where b.company_id = :company and b.run_id = r.id and b.state = 'failed')
    or exists (
      select from lodestar.outcomes o
      where o.company_id = :company and o.run_id = r.id and o.outcome = 'error')
    then 'completed_with_failures' else 'completed' end
where r.company_id = :company and r.finished_at is null and not exists (
  select from lodestar.batches b
  where b.company_id = :company and b.run_id = r.id and b.{_IS_UNFINISHED})"""

# Binds: company, at, lease_until, most.
# What people wait for, the clock's runs, goes before backfills. Those of one cadence follow one another,
# oldest period first: a running total goes on from the period before. So do follow-ups, in the order of the
# changes that they follow: what is made of a value is calculated once the value is.
_HAND_OUT = f"""
with next as (
  select b.run_id, b.number
  from lodestar.runs r
  cross join lateral (
    select u.stage from lodestar.batches u
    where u.company_id = :company and u.run_id = r.id and u.{_IS_UNFINISHED}
    order by u.stage limit 1) as open_stage
  join lodestar.batches b
    on b.company_id = :company and b.run_id = r.id and b.stage = open_stage.stage and b.state = 'planned'
  where r.company_id = :company and r.finished_at is null and (r.kind = 'backfill' or not exists (
    select from lodestar.runs e
    where e.company_id = :company and e.finished_at is null and e.kind = 'scheduled'
      and e.cadence = r.cadence and e.period_start < r.period_start))
    and (r.kind <> 'follow_up' or not exists (
      select from lodestar.runs e
      where e.company_id = :company and e.finished_at is null and e.kind = 'follow_up' and e.id < r.id))
  order by r.kind = 'backfill', r.id, b.number
  limit (
    select greatest(cast(:most as integer) - count(*), 0)
    from lodestar.batches where company_id = :company and state = 'sent')
),
sent as (
  update lodestar.batches b set state = 'sent', sent_at = :at, sendings = b.sendings + 1,
    leased_until = :lease_until
  from next n where b.company_id = :company and b.run_id = n.run_id and b.number = n.number
  returning b.run_id, b.number, b.sendings
),
begun as (
  update lodestar.runs r set state = 'running'
  where r.company_id = :company and r.state = 'planned' and r.id in (select run_id from sent)
)
select run_id, number, sendings from sent order by run_id, number"""


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
                judge=run.judge,
                created_at=run.at,
            )
            .returning(runs.c.id)
        )
        rows = [_plan_to_json(number, plan) for number, plan in enumerate(batches, 1)]
        if rows:
            self._session.run(_ADD_BATCHES, run_id=run_id, batches=to_json(rows))
        return run_id

    def take_batch(self, sent: SentBatch, at: datetime) -> Batch | None:
        """The batch with its attempt counted, leased to this message while a worker may live.

        The same message again goes on with its attempt, until that is given back or its lease is over. None
        when it is finished or unknown, or another message has it and its lease is not over.
        """
        row = self._session.row(
            _TAKE,
            run_id=sent.run_id,
            number=sent.number,
            sending=sent.sending,
            at=at,
            lease_until=at + WORK_LEASE,
        )
        return None if row is None else _batch(row)

    def give_back_batch(self, batch: Batch, at: datetime) -> None:
        """Note that this attempt failed: whoever takes the batch next makes another one."""
        self._session.run(
            "update lodestar.batches set taken_by = null, leased_until = :lease_until "
            f"where company_id = :company and run_id = :run_id and number = :number and {_IS_UNFINISHED}",
            run_id=batch.run_id,
            number=batch.number,
            lease_until=at + MESSAGE_LEASE,
        )

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
            is_changed = array([outcome.key in changed for outcome in piece])
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

    def release_batches(self, at: datetime) -> list[SentBatch]:
        """Close the company's runs of which all is finished; mark and answer the batches whose turn it is.

        At most MAX_BATCHES_AT_ONCE are sent and not finished; of a run only those of its open stage. The
        clock's runs of one cadence follow one another, oldest period first, and so do follow-ups, in the
        order of their changes; backfills come last.
        """
        # One at a time: of two batches that finish at once, the second sees the first.
        self._session.rows("select pg_advisory_xact_lock(hashtextextended('lodestar.batches', :company))")
        self._session.run(_CLOSE, at=at)
        rows = self._session.rows(_HAND_OUT, at=at, lease_until=at + MESSAGE_LEASE, most=MAX_BATCHES_AT_ONCE)
        return [SentBatch(row["run_id"], row["number"], row["sendings"]) for row in rows]

    def stalled_batches(self, at: datetime) -> list[StalledBatch]:
        """The batches that were sent, whose lease is over, and that are not finished."""
        rows = self._session.rows(
            "select run_id, number, attempts from lodestar.batches where company_id = :company "
            "and state = 'sent' and leased_until <= :at order by run_id, number",
            at=at,
        )
        return [StalledBatch(row["run_id"], row["number"], row["attempts"]) for row in rows]

    def planned_periods(self, cadence: Cadence, since: date) -> set[Period]:
        """The periods that a scheduled run was made for."""
        rows = self._session.rows(
            "select period_start, period_end from lodestar.runs "
            "where company_id = :company and kind = 'scheduled' and cadence = :cadence "
            "and period_start >= :since",
            cadence=cadence,
            since=since,
        )
        return {Period(cadence, row["period_start"], row["period_end"]) for row in rows}

    def send_again(self, run_id: int, number: int, at: datetime) -> SentBatch:
        """Note that another message of it is on the way."""
        sendings = self._session.value(
            "update lodestar.batches "
            "set sendings = sendings + 1, taken_by = null, leased_until = :lease_until "
            "where company_id = :company and run_id = :run_id and number = :number returning sendings",
            run_id=run_id,
            number=number,
            lease_until=at + MESSAGE_LEASE,
        )
        return SentBatch(run_id, number, sendings)

    def _is_planned(self, run: NewRun) -> bool:
        # One tick at a time for a company: the unique index is the backstop, this spares the error.
        self._session.rows("select pg_advisory_xact_lock(hashtextextended('lodestar.plan', :company))")
        assert run.cadence is not None  # noqa: S101 — a scheduled run is about one cadence
        period = Period(run.cadence, run.period_start, run.period_end)
        return period in self.planned_periods(run.cadence, run.period_start)


def _columns(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """One array literal for each column of outcomes."""
    return {
        "assignment_id": array([outcome.key.assignment_id for outcome in outcomes]),
        "period_start": array([outcome.key.period_start for outcome in outcomes]),
        "period_end": array([outcome.key.period_end for outcome in outcomes]),
        "definition_version": array([outcome.definition_version for outcome in outcomes]),
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
    named = row["run_definition_ids"]
    return Batch(
        run_id=row["run_id"],
        number=row["number"],
        attempts=row["attempts"],
        kind=RunKind(row["kind"]),
        cadence=None if row["cadence"] is None else Cadence(row["cadence"]),
        run_start=row["run_start"],
        run_end=row["run_end"],
        created_at=row["created_at"],
        judge=Judging(row["judge"]),
        plan=BatchPlan(
            stage=row["stage"],
            window_start=row["window_start"],
            window_end=row["window_end"],
            subjects=BatchSubjects(row["subjects"]),
            user_ids=tuple(row["user_ids"]),
            definition_ids=tuple(row["definition_ids"]),
        ),
        run_definition_ids=None if named is None else tuple(named),
    )
