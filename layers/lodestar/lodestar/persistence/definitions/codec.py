"""The stored form of a definition, which is not the API's: what a row and a version hold."""

from collections.abc import Mapping
from typing import Any

from lodestar.application.definitions.data_sources import source_from_json, source_to_json
from lodestar.application.definitions.defining import thresholds_to_json
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


def definition_from(row: Mapping[str, Any]) -> Definition:
    """A definition of its row."""
    return Definition(
        id=row["id"],
        key=row["key"],
        name=row["name"],
        description=row["description"],
        category=Category(row["category"]),
        data_source=source_from_json(row["data_source"]),
        unit=Unit(row["unit"]),
        precision=row["precision"],
        aggregation_period=Cadence(row["aggregation_period"]),
        target_type=TargetType(row["target_type"]),
        thresholds=Thresholds(**row["thresholds"]),
        missing_data=MissingData(row["missing_data"]),
        rollup=Rollup(row["rollup"]),
        is_active=row["is_active"],
        version=row["version"],
        created_by=row["created_by"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        lookback_periods=row["lookback_periods"],
    )


def _columns(definition: Definition) -> dict[str, Any]:
    """What a save may change."""
    return {
        "name": definition.name,
        "description": definition.description,
        "category": definition.category,
        "calculation_type": definition.calculation_type,
        "data_source": source_to_json(definition.data_source),
        "unit": definition.unit,
        "precision": definition.precision,
        "aggregation_period": definition.aggregation_period,
        "target_type": definition.target_type,
        "thresholds": thresholds_to_json(definition.thresholds),
        "missing_data": definition.missing_data,
        "rollup": definition.rollup,
        "lookback_periods": definition.lookback_periods,
        "is_active": definition.is_active,
        "version": definition.version,
        "updated_at": definition.updated_at,
    }
