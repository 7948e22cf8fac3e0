"""The stored form of a data source. The API has its own: either may change without the other."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lodestar.domain.sources import (
    AggregationMethod,
    DatabaseSource,
    DataSource,
    EnteredBy,
    FormulaInput,
    FormulaSource,
    InputSubject,
    IntercomMetric,
    IntercomSource,
    KpiInput,
    ManualSource,
    RecordsSource,
    SourceKind,
    Statistic,
    UnreadableSource,
)


def source_to_stored(source: DataSource | KpiInput) -> Any:  # noqa: ANN401 — an unreadable one is any JSON
    """The JSON of a source in a row; numbers stay numbers, and what could not be read stays as it was."""
    match source:
        case ManualSource():
            return {
                "type": source.kind,
                "allowed_range": {"min": source.allowed_min, "max": source.allowed_max},
                "entered_by": source.entered_by,
                "requires_note_below": source.requires_note_below,
            }
        case DatabaseSource():
            return {"type": source.kind, "query": source.query, "parameters": dict(source.parameters)}
        case RecordsSource():
            return {
                "type": source.kind,
                "source": source.source,
                "method": source.method,
                "field": source.field,
                "filters": dict(source.filters),
            }
        case KpiInput():
            return {"type": source.kind, "key": source.key, "offset": source.offset, "of": source.of}
        case FormulaSource():
            inputs = [
                {"variable": given.variable, "source": source_to_stored(given.source)}
                for given in source.inputs
            ]
            return {"type": source.kind, "formula": source.formula, "inputs": inputs}
        case IntercomSource():
            return {
                "type": source.kind,
                "metric": source.metric,
                "statistic": source.statistic,
                "filters": dict(source.filters),
            }
        case UnreadableSource():
            return source.stored


def source_from_stored(stored: Mapping[str, Any]) -> DataSource:
    """The source of a row's JSON. Fields that were added later may be absent of older rows.

    Raises:
        KeyError, ValueError: a kind, a field or a word in it is not known here.
        InvalidContent: it breaks a rule of the source itself.
    """
    match SourceKind(stored["type"]):
        case SourceKind.MANUAL:
            return _manual(stored)
        case SourceKind.DATABASE:
            return _database(stored)
        case SourceKind.RECORDS:
            return _records(stored)
        case SourceKind.FORMULA:
            inputs = tuple(_formula_input(given) for given in stored.get("inputs", ()))
            return FormulaSource(stored["formula"], inputs)
        case SourceKind.INTERCOM:
            metric = IntercomMetric(stored["metric"])
            return IntercomSource(metric, Statistic(stored["statistic"]), _filters(stored))
        case SourceKind.KPI:
            raise ValueError("Another KPI is an input of a formula, and no source by itself.")


def _manual(stored: Mapping[str, Any]) -> ManualSource:
    allowed = stored.get("allowed_range") or {}
    return ManualSource(
        _number(allowed.get("min")),
        _number(allowed.get("max")),
        EnteredBy(stored.get("entered_by", EnteredBy.MANAGER)),
        _number(stored.get("requires_note_below")),
    )


def _database(stored: Mapping[str, Any]) -> DatabaseSource:
    parameters = stored.get("parameters") or {}
    return DatabaseSource(stored["query"], {name: _exact(value) for name, value in parameters.items()})


def _records(stored: Mapping[str, Any]) -> RecordsSource:
    method = AggregationMethod(stored.get("method", AggregationMethod.COUNT))
    return RecordsSource(stored["source"], method, stored.get("field") or "value", _filters(stored))


def _filters(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _exact(value) for name, value in (stored.get("filters") or {}).items()}


def _formula_input(stored: Mapping[str, Any]) -> FormulaInput:
    variable, source = stored["variable"], stored["source"]
    match SourceKind(source["type"]):
        case SourceKind.KPI:
            subject = InputSubject(source.get("of", InputSubject.SAME))
            return FormulaInput(variable, KpiInput(source["key"], source.get("offset", 0), subject))
        case SourceKind.DATABASE:
            return FormulaInput(variable, _database(source))
        case SourceKind.RECORDS:
            return FormulaInput(variable, _records(source))
        case other:
            raise ValueError(f"A {other} source is no input of a formula.")


def _number(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _exact(value: Any) -> Any:  # noqa: ANN401 — a word, a number or a truth value
    """The driver reads JSON's numbers as int and float; as text they are again what was written."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return Decimal(str(value)) if is_number else value
