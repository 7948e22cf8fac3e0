"""Measurements, scores and records of the bound company."""

from lodestar.persistence.values.measurements import SqlMeasurements
from lodestar.persistence.values.records import SqlRecords
from lodestar.persistence.values.scores import SqlScores


class SqlValueStore(SqlMeasurements, SqlScores, SqlRecords):
    """Measurements, scores and records of the bound company."""
