"""Measurements, scores and records of the bound company."""

from lodestar.persistence.values.dates_in_use import SqlDatesInUse
from lodestar.persistence.values.measurements import SqlMeasurements
from lodestar.persistence.values.records import SqlRecords
from lodestar.persistence.values.scores import SqlScores


class SqlValueStore(SqlMeasurements, SqlScores, SqlRecords, SqlDatesInUse):
    """Measurements, scores and records of the bound company."""
