"""The stored form of a definition, which is not the API's: what a row, a version and the audit log hold."""

from collections.abc import Callable, Mapping
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
    faulty: dict[str, Any] = {}
    words = {name: _readable(row, name, type(word), word, faulty) for name, word in _WORDS.items()}
    thresholds = _readable(row, "thresholds", _thresholds, Thresholds(), faulty)
    source = _readable(row, "data_source", source_from_stored, None, faulty)
    if faulty:
        stored = row["data_source"]
        kind = stored.get("type") if isinstance(stored, Mapping) else None
        beside = {name: found for name, found in faulty.items() if name != "data_source"}
        source = UnreadableSource(str(kind), stored, beside, is_source_faulty="data_source" in faulty)
    return _definition(row, words, source, thresholds)


def _readable(
    row: Mapping[str, Any], name: str, read: Callable[[Any], Any], stand_in: object, faulty: dict[str, Any]
) -> Any:  # noqa: ANN401 — whatever the column holds
    """A column as the domain knows it; one that cannot be read is noted as it is, and something stands in.

    Column by column, for what can be read stays: rights follow the category, plans the cadence.
    """
    try:
        return read(row[name])
    except _NOT_READABLE:
        faulty[name] = row[name]
        return stand_in


def columns_of(definition: Definition) -> dict[str, Any]:
    """What a save may change.

    Of a definition that could not be read that is only whether it is active: the rest of its row is not
    known here, and stays as whoever wrote it left it.
    """
    if isinstance(definition.data_source, UnreadableSource):
        return {
            "is_active": definition.is_active,
            "retired_on": definition.retired_on,
            "updated_at": definition.updated_at,
        }
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
    if isinstance(definition.data_source, UnreadableSource):
        stored |= definition.data_source.columns  # what was found there, and not what stands in for it
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
        retired_on=row["retired_on"],
        **words,
    )


def _thresholds(stored: Mapping[str, Any]) -> Thresholds:
    return Thresholds(**{name: Decimal(str(limit)) for name, limit in stored.items()})
