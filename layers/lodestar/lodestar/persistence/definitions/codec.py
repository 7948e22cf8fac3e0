"""The stored form of a definition, which is not the API's: what a row, a version and the audit log hold."""

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from enum import StrEnum
from typing import Any

from lodestar.domain.definitions import (
    Category,
    Definition,
    MissingData,
    Rollup,
    TargetType,
    Thresholds,
    Unit,
)
from lodestar.domain.periods import Cadence
from lodestar.domain.refusals import InvalidContent
from lodestar.domain.sources import DataSource, UnreadableSource
from lodestar.persistence.definitions.stored_sources import source_from_stored, source_to_stored

_WORDS: Mapping[str, StrEnum] = {
    "category": Category.CUSTOM,
    "unit": Unit.NUMBER,
    "aggregation_period": Cadence.DAILY,
    "target_type": TargetType.HIGHER_BETTER,
    "missing_data": MissingData.EXCLUDE,
    "rollup": Rollup.NONE,
}
"""The columns that hold one of a few words, with the word that stands in for one that is not known here."""
_NOT_READABLE = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, InvalidContent)
"""All that can be wrong with JSON that another version of the platform, or somebody by hand, has written."""


def definition_from(row: Mapping[str, Any]) -> Definition:
    """A definition of its row.

    What cannot be read makes it a definition with an unreadable source, and no error: a company's
    definitions are read together, and one row must not take all others with it.
    """
    try:
        words = {name: type(word)(row[name]) for name, word in _WORDS.items()}
        return _definition(row, words, source_from_stored(row["data_source"]), _thresholds(row["thresholds"]))
    except _NOT_READABLE:
        # Readable words stay: rights follow the category, and plans the cadence.
        words = {name: _word_or_stand_in(row[name], word) for name, word in _WORDS.items()}
        stored = row["data_source"]
        kind = stored.get("type") if isinstance(stored, Mapping) else None
        return _definition(row, words, UnreadableSource(str(kind), stored), Thresholds())


def columns_of(definition: Definition) -> dict[str, Any]:
    """What a save may change.

    Of a definition that could not be read that is only whether it is active: the rest of its row is not
    known here, and stays as whoever wrote it left it.
    """
    if isinstance(definition.data_source, UnreadableSource):
        return {"is_active": definition.is_active, "updated_at": definition.updated_at}
    left_out = {"id", "key", "created_by", "created_at"}
    stored = definition_to_stored(definition)
    return {name: value for name, value in stored.items() if name not in left_out}


def definition_to_stored(definition: Definition) -> dict[str, Any]:
    """Every field of a definition as JSON: what versions and the audit log hold."""
    stored = {field.name: getattr(definition, field.name) for field in fields(definition)}
    stored["calculation_type"] = definition.calculation_type
    stored["data_source"] = source_to_stored(definition.data_source)
    limits = definition.thresholds
    stored["thresholds"] = {field.name: getattr(limits, field.name) for field in fields(limits)}
    return stored


def _definition(
    row: Mapping[str, Any], words: Mapping[str, Any], source: DataSource, thresholds: Thresholds
) -> Definition:
    return Definition(
        id=row["id"],
        key=row["key"],
        name=row["name"],
        description=row["description"],
        data_source=source,
        precision=row["precision"],
        thresholds=thresholds,
        is_active=row["is_active"],
        version=row["version"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        lookback_periods=row["lookback_periods"],
        **words,
    )


def _thresholds(stored: Mapping[str, Any]) -> Thresholds:
    return Thresholds(**{name: Decimal(str(limit)) for name, limit in stored.items()})


def _word_or_stand_in(value: str, stand_in: StrEnum) -> StrEnum:
    words = type(stand_in)
    return words(value) if value in words else stand_in
