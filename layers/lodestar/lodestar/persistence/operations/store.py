"""The answers of writes that came with an Idempotency-Key, to be given again; and how tasks fare."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy.exc import DBAPIError

from lodestar.application.operations.ports import Deleted, StoredAnswer
from lodestar.domain.companies import Retention
from lodestar.domain.refusals import Contended
from lodestar.domain.tasks import TaskKind
from lodestar.persistence.kernel.database import UNIQUE_VIOLATION, sqlstate
from lodestar.persistence.kernel.session import SqlStore

_CLAIM = """select pg_try_advisory_xact_lock(hashtextextended(
  'lodestar.idempotency ' || cast(:user as bigint) || ' ' || cast(:key as text), :company))"""
_FIND = """select request_hash, status, body, etag from lodestar.idempotency_keys
where company_id = :company and user_id = :user and key = :key"""
_STORE = """insert into lodestar.idempotency_keys
  (company_id, user_id, key, request_hash, status, body, etag, created_at)
values (:company, :user, :key, :request_hash, :status, :body, :etag, :at)"""
# Binds: company, kind, at, error.
_NOTE_FAILURE = """insert into lodestar.task_failures as f (company_id, kind, in_a_row, failed_at, error)
values (:company, :kind, 1, :at, :error)
on conflict (company_id, kind) do update
  set in_a_row = f.in_a_row + 1, failed_at = excluded.failed_at, error = excluded.error"""

# Each bite takes the oldest, by the keys of what it deletes: its time does not grow with what is kept.
# Binds: company, before, limit.
_DELETE_ANSWERS = """
delete from lodestar.idempotency_keys k using (
  select user_id, key from lodestar.idempotency_keys
  where company_id = :company and created_at < cast(:before as timestamptz)
  order by created_at limit :limit) as old
where k.company_id = :company and k.user_id = old.user_id and k.key = old.key"""
# Binds: company, before, limit.
_DELETE_OUTCOMES = """
with old as materialized (
  select o.* from lodestar.runs r
  cross join lateral (
    select run_id, assignment_id, period_start from lodestar.outcomes
    where company_id = :company and run_id = r.id limit :limit) as o
  where r.company_id = :company and r.created_at < cast(:before as timestamptz)
    and r.finished_at is not null
  limit :limit
),
gone as (
  delete from lodestar.outcomes o using old
  where o.company_id = :company and o.run_id = old.run_id and o.assignment_id = old.assignment_id
    and o.period_start = old.period_start
  returning o.run_id, o.outcome
),
counted as (
  update lodestar.runs r set unlisted_computed = r.unlisted_computed + g.computed,
    unlisted_no_data = r.unlisted_no_data + g.no_data, unlisted_error = r.unlisted_error + g.error,
    unlisted_skipped = r.unlisted_skipped + g.skipped
  from (
    select run_id, count(*) filter (where outcome = 'computed') as computed,
      count(*) filter (where outcome = 'no_data') as no_data,
      count(*) filter (where outcome = 'error') as error,
      count(*) filter (where outcome = 'skipped') as skipped
    from gone group by run_id) as g
  where r.company_id = :company and r.id = g.run_id
)
select count(*) from gone"""
# Binds: company, before, limit.
_DELETE_REFRESHES = """
with old as materialized (
  select r.id from lodestar.runs r
  where r.company_id = :company and r.kind = 'refresh' and r.finished_at is not null
    and r.created_at < cast(:before as timestamptz)
    and not exists (select from lodestar.outcomes o where o.company_id = :company and o.run_id = r.id)
  limit :limit
),
emptied as (
  delete from lodestar.batches b using old where b.company_id = :company and b.run_id = old.id
),
gone as (
  delete from lodestar.runs r using old where r.company_id = :company and r.id = old.id returning r.id
)
select count(*) from gone"""
# Binds: company, outcome_days, answer_days.
_SAVE_RETENTION = """
insert into lodestar.retention (company_id, outcome_days, answer_days)
values (:company, :outcome_days, :answer_days)
on conflict (company_id) do update
  set outcome_days = excluded.outcome_days, answer_days = excluded.answer_days"""
# Binds: company, at, outcomes, refreshes, answers.
_NOTE_DELETED = """
insert into lodestar.retention
  (company_id, deleted_at, deleted_outcomes, deleted_refreshes, deleted_answers)
values (:company, :at, :outcomes, :refreshes, :answers)
on conflict (company_id) do update set deleted_at = excluded.deleted_at,
  deleted_outcomes = excluded.deleted_outcomes, deleted_refreshes = excluded.deleted_refreshes,
  deleted_answers = excluded.deleted_answers"""


class SqlOperationsStore(SqlStore):
    """The stored answers of one user of the bound company; without a user they can only be deleted.

    And the failures of the company's tasks.
    """

    def claim_key(self, key: str) -> bool:
        """Claim a key until the transaction ends; False: another request has claimed it."""
        return bool(self._session.value(_CLAIM, user=self._session.actor_id, key=key))

    def stored_answer(self, key: str) -> StoredAnswer | None:
        """What was answered under a key.

        It is a statement of its own behind `claim_key`, so that it sees what the request before committed.
        """
        row = self._session.row(_FIND, user=self._session.actor_id, key=key)
        return None if row is None else StoredAnswer(**row)

    def store_answer(self, key: str, answer: StoredAnswer) -> None:
        """Insert an answer. Contended: another one is there by now."""
        try:
            self._session.run(
                _STORE, user=self._session.actor_id, key=key, at=self._session.now, **asdict(answer)
            )
        except DBAPIError as error:
            if sqlstate(error) != UNIQUE_VIOLATION:
                raise
            raise Contended("This request was answered a moment ago; try again shortly.") from error

    def retention(self) -> Retention:
        """How long the company keeps what it can do without."""
        row = self._session.row(
            "select outcome_days, answer_days from lodestar.retention where company_id = :company"
        )
        return Retention() if row is None else Retention(**row)

    def save_retention(self, retention: Retention) -> None:
        """Let the company keep what it can do without for so many days."""
        self._session.run(
            _SAVE_RETENTION, outcome_days=retention.outcome_days, answer_days=retention.answer_days
        )

    def delete_answers(self, before: datetime, limit: int) -> int:
        """Delete answers from before an instant, `limit` at most; how many."""
        return self._session.run(_DELETE_ANSWERS, before=before, limit=limit)

    def delete_outcomes(self, before: datetime, limit: int) -> int:
        """Delete outcomes of runs from before an instant, `limit` at most; how many.

        Their runs count them.
        """
        return int(self._session.value(_DELETE_OUTCOMES, before=before, limit=limit))

    def delete_refreshes(self, before: datetime, limit: int) -> int:
        """Delete old finished refreshes that have no outcomes, `limit` at most; how many."""
        return int(self._session.value(_DELETE_REFRESHES, before=before, limit=limit))

    def note_deleted(self, deleted: Deleted, at: datetime) -> None:
        """Note what was deleted last."""
        self._session.run(
            _NOTE_DELETED,
            at=at,
            outcomes=deleted.outcomes,
            refreshes=deleted.refreshes,
            answers=deleted.answers,
        )

    def note_failure(self, kind: TaskKind, error: str, at: datetime) -> None:
        """A task of that kind failed, once more in a row."""
        self._session.run(_NOTE_FAILURE, kind=kind, error=error, at=at)

    def note_success(self, kind: TaskKind) -> None:
        """A task of that kind worked: what failed before is over, and stays to be read."""
        self._session.run(
            "update lodestar.task_failures set in_a_row = 0 "
            "where company_id = :company and kind = :kind and in_a_row > 0",
            kind=kind,
        )
