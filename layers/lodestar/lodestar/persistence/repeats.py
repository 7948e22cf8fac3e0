"""The answers of writes that came with an Idempotency-Key, to be given again."""

from datetime import datetime

from sqlalchemy.exc import DBAPIError

from lodestar.application.repositories import KeptAnswer
from lodestar.domain.refusals import Contended
from lodestar.persistence.database import UNIQUE_VIOLATION, sqlstate
from lodestar.persistence.session import Session

_CLAIM = """select pg_try_advisory_xact_lock(hashtextextended(
  'lodestar.idempotency ' || cast(:user as bigint) || ' ' || cast(:key as text), :company))"""
_FIND = """select request_hash, status, body from lodestar.idempotency_keys
where company_id = :company and user_id = :user and key = :key"""
_KEEP = """insert into lodestar.idempotency_keys
  (company_id, user_id, key, request_hash, status, body, created_at)
values (:company, :user, :key, :request_hash, :status, :body, :at)"""


class RepeatRepository:
    """The kept answers of one user of the bound company; without a user there is nothing but to forget."""

    def __init__(self, session: Session, user_id: int | None, at: datetime) -> None:
        self._session = session
        self._user_id = user_id
        self._at = at

    def claim(self, key: str) -> bool:
        """Hold a key until the transaction ends; False: another request holds it."""
        return bool(self._session.value(_CLAIM, user=self._user_id, key=key))

    def find(self, key: str) -> KeptAnswer | None:
        """What was answered under a key.

        It is a statement of its own behind `claim`, so that it sees what the last holder committed.
        """
        row = self._session.row(_FIND, user=self._user_id, key=key)
        return None if row is None else KeptAnswer(**row)

    def keep(self, key: str, answer: KeptAnswer) -> None:
        """Insert an answer. Contended: another one is there by now."""
        values = {"request_hash": answer.request_hash, "status": answer.status, "body": answer.body}
        try:
            self._session.run(_KEEP, user=self._user_id, key=key, at=self._at, **values)
        except DBAPIError as error:
            if sqlstate(error) != UNIQUE_VIOLATION:
                raise
            raise Contended("This request was answered a moment ago; try again shortly.") from error

    def forget(self, before: datetime) -> int:
        """Delete the company's answers from before an instant; how many."""
        return self._session.run(
            "delete from lodestar.idempotency_keys where company_id = :company and created_at < :before",
            before=before,
        )
