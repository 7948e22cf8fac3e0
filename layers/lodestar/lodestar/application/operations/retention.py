"""What a company can do without after a while is deleted, in small bites.

Outcomes, and the whole of a refresh, go after `outcome_days`; stored answers after `answer_days`.
Measurements, their revisions, scores and the audit log stay for ever.
"""

from collections.abc import Callable
from datetime import timedelta

from lodestar.application.operations.ports import Deleted, OperationsWork
from lodestar.application.work import OpenWork

BITE = 5_000
"""Rows that one statement deletes at most: it holds their locks for some tens of milliseconds."""
MAX_BITES = 20
"""Of each kind in one call: what is left then is deleted by the next one."""

type _DeleteBite = Callable[[OperationsWork], int]


def delete_old(company_id: int, open_work: OpenWork[OperationsWork]) -> Deleted:
    """Delete what is older than the company keeps it, and note that; how many of each kind."""
    deleted = Deleted(
        # In this order: a refresh goes when it has no outcomes any more.
        outcomes=_in_bites(company_id, open_work, _delete_outcomes),
        refreshes=_in_bites(company_id, open_work, _delete_refreshes),
        answers=_in_bites(company_id, open_work, _delete_answers),
    )
    if deleted != Deleted():
        with open_work(company_id) as work:
            work.operations.note_deleted(deleted, work.now)
            work.commit()
    return deleted


def _in_bites(company_id: int, open_work: OpenWork[OperationsWork], delete: _DeleteBite) -> int:
    deleted = 0
    for _ in range(MAX_BITES):
        with open_work(company_id) as work:
            bite = delete(work)
            work.commit()
        deleted += bite
        if bite < BITE:
            break
    return deleted


def _delete_outcomes(work: OperationsWork) -> int:
    kept = timedelta(days=work.operations.retention().outcome_days)
    return work.operations.delete_outcomes(work.now - kept, BITE)


def _delete_refreshes(work: OperationsWork) -> int:
    kept = timedelta(days=work.operations.retention().outcome_days)
    return work.operations.delete_refreshes(work.now - kept, BITE)


def _delete_answers(work: OperationsWork) -> int:
    kept = timedelta(days=work.operations.retention().answer_days)
    return work.operations.delete_answers(work.now - kept, BITE)
