"""Runs, batches and whom they measure, in the bound company."""

from lodestar.persistence.calculation.ledger import SqlLedger
from lodestar.persistence.calculation.subjects import SqlSubjects


class SqlCalculationStore(SqlLedger, SqlSubjects):
    """Runs, batches and whom they measure, in the bound company."""
