"""Layer 4, running: values of subjects, one statement for many of them.

Promises that every subject gets a finite number of a sensible size, no data, or a failure that tells no data;
and that what one person's rows do to a query is that person's failure. Made against a person whose data
breaks or slows the query for everybody, and against errors of the server that quote the data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pg8000.core import Context
from pg8000.exceptions import DatabaseError

from lodestar.domain.values import Failure, NoData, Value
from lodestar.persistence.kernel.connection import Address
from lodestar.sources.sql.budget import Budget
from lodestar.sources.sql.errors import MANY_ROWS, OUT_OF_RANGE, SPENT, failure_of
from lodestar.sources.sql.rewrite import BatchQuery, Statement
from lodestar.sources.sql.session import Bindings, Session, session

MAX_VALUE = Decimal(10) ** 15
NO_ROWS = NoData("no_rows")
NOT_A_NUMBER = Failure("query_not_a_number", "The query gives something that is not a finite number.")
OTHER_SUBJECT = Failure("query_not_about_subject", "The query is about another kind of subject: mend it.")


@dataclass(frozen=True, slots=True)
class _Batch:
    """A batch query in its session."""

    session: Session
    query: BatchQuery


class Sandbox:
    """Runs a company's checked queries under its own login, which sees its own views and nothing else."""

    def __init__(self, login: Address, bindings: Bindings, budget: Budget | None = None) -> None:
        """`budget` is what the query shares with others; without one it has a whole one for itself."""
        self._login = login
        self._bindings = bindings
        self._budget = budget or Budget()

    def of_users(self, query: BatchQuery, user_ids: Sequence[int]) -> dict[int, Value]:
        """A value for each user in one statement; a user whose data breaks it is found and fails alone.

        Raises:
            Unavailable: the sandbox cannot be reached.
        """
        with session(self._login, self._bindings) as opened:
            return self._bisected(_Batch(opened, query), list(user_ids))

    def of_one(self, statement: Statement, **subject: object) -> Value:
        """The value of one subject, bound as `team_id` or `user_id`; the company needs no binding.

        Raises:
            Unavailable: the sandbox cannot be reached.
        """
        if self._budget.is_spent:
            return SPENT
        with session(self._login, self._bindings) as opened:
            try:
                return _single(self._run(opened, statement, subject))
            except KeyError:
                return OTHER_SUBJECT
            except DatabaseError as error:
                return failure_of(error)

    def _run(
        self,
        opened: Session,
        statement: Statement,
        subject: Mapping[str, object],
        *,
        is_search: bool = False,
    ) -> Context:
        with self._budget.spending():
            return opened.run(statement, subject, self._budget.of_statement(is_search=is_search))

    def _bisected(self, batch: _Batch, user_ids: list[int], *, is_search: bool = False) -> dict[int, Value]:
        """Halves of a failing batch until the users who break it are alone."""
        if self._budget.is_spent:
            return dict.fromkeys(user_ids, SPENT)
        try:
            return self._values(batch, user_ids, is_search=is_search)
        except KeyError:
            return dict.fromkeys(user_ids, OTHER_SUBJECT)
        except DatabaseError as error:
            failure = failure_of(error)
            if len(user_ids) == 1:
                return {user_ids[0]: failure}
        half = len(user_ids) // 2
        first = self._bisected(batch, user_ids[:half], is_search=True)
        return first | self._bisected(batch, user_ids[half:], is_search=True)

    def _values(self, batch: _Batch, user_ids: list[int], *, is_search: bool) -> dict[int, Value]:
        context = self._run(batch.session, batch.query.many, {"user_ids": user_ids}, is_search=is_search)
        found: dict[int, Value] = {}
        for user_id, raw in context.rows:
            found[user_id] = MANY_ROWS if user_id in found else value_of(raw)
        missing = [user_id for user_id in user_ids if user_id not in found]
        if missing and batch.query.empty is not None:
            found |= dict.fromkeys(missing, self._without_rows(batch.session, batch.query.empty))
        return {user_id: found[user_id] for user_id in user_ids}

    def _without_rows(self, opened: Session, empty: Statement) -> Value:
        """That dividing by no rows fails is the value of those who have none, and nobody else's."""
        try:
            return _single(self._run(opened, empty, {}))
        except DatabaseError as error:
            return failure_of(error)


def value_of(raw: Any) -> Value:  # noqa: ANN401 — whatever the driver decodes
    """What the server answered as a value: a finite number of a sensible size, no data, or a failure."""
    if raw is None:
        return NO_ROWS
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return NOT_A_NUMBER
    # 15 digits are what Postgres keeps of a double when it casts it to numeric.
    value = Decimal(f"{raw:.15g}") if isinstance(raw, float) else Decimal(raw)
    if not value.is_finite():
        return NOT_A_NUMBER
    return value if abs(value) < MAX_VALUE else OUT_OF_RANGE


def _single(context: Context) -> Value:
    if len(context.rows) > 1:
        return MANY_ROWS
    return value_of(context.rows[0][0]) if context.rows else NO_ROWS
