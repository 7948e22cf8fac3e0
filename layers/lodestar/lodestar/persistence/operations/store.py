"""The answers of writes that came with an Idempotency-Key, to be given again; and how tasks fare."""

from datetime import datetime

from sqlalchemy.exc import DBAPIError

from lodestar.application.operations.ports import StoredAnswer
from lodestar.domain.refusals import Contended
from lodestar.domain.tasks import TaskKind
from lodestar.persistence.kernel.database import UNIQUE_VIOLATION, sqlstate
from lodestar.persistence.kernel.session import SqlStore

_CLAIM = """select pg_try_advisory_xact_lock(hashtextextended(
  'lodestar.idempotency ' || cast(:user as bigint) || ' ' || cast(:key as text), :company))"""
_FIND = """select request_hash, status, body from lodestar.idempotency_keys
where company_id = :company and user_id = :user and key = :key"""
_STORE = """insert into lodestar.idempotency_keys
  (company_id, user_id, key, request_hash, status, body, created_at)
values (:company, :user, :key, :request_hash, :status, :body, :at)"""
# Binds: company, kind, at, error.
_NOTE_FAILURE = """insert into lodestar.task_failures as f (company_id, kind, in_a_row, failed_at, error)
values (:company, :kind, 1, :at, :error)
on conflict (company_id, kind) do update
  set in_a_row = f.in_a_row + 1, failed_at = excluded.failed_at, error = excluded.error"""


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
        values = {"request_hash": answer.request_hash, "status": answer.status, "body": answer.body}
        try:
            self._session.run(_STORE, user=self._session.actor_id, key=key, at=self._session.now, **values)
        except DBAPIError as error:
            if sqlstate(error) != UNIQUE_VIOLATION:
                raise
            raise Contended("This request was answered a moment ago; try again shortly.") from error

    def delete_answers(self, before: datetime) -> int:
        """Delete the company's answers from before an instant; how many."""
        return self._session.run(
            "delete from lodestar.idempotency_keys where company_id = :company and created_at < :before",
            before=before,
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
